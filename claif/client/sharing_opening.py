"""Opening what clients share state through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..routing.shared_state import SharedState
from ..routing.sharing import Sharing

if TYPE_CHECKING:
    import trio

    from ..config import Config
    from ..plugin.manager import PluginManager


async def open_sharing(config: Config, plugins: PluginManager, nursery: trio.Nursery) -> Sharing:
    """What a client shares with others; it is open as long as the nursery is.

    Raises:
        ConfigurationError: nobody brings what is configured.
    """
    state = plugins.shared_state(config, SharedState)
    if state is None:
        store = config.shared.store
        raise ConfigurationError(
            f"Nothing is installed that shares state through {store}.",
            hint=f"Install what brings it (pip install claif-{store}), or remove shared.store.",
        )
    await nursery.start(state.run)
    return Sharing(state, config.shared.timeout)
