"""Which endpoints the others leave alone with whom this user shares state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from ..client import Client
    from ..routing.sharing import Sharing


async def left_alone(client: Client, names: Iterable[str]) -> dict[str, float]:
    """Providers that others leave alone because they failed, and for how many seconds still.

    Nobody is asked where nothing is shared; of a server that cannot be reached, nothing is known.

    Args:
        client: its configuration says through what state is shared.
        names: those of the providers.

    Raises:
        ConfigurationError: nobody brings what is configured.
    """
    if client.config.shared.store is None:
        return {}
    from ..client.sharing_opening import open_sharing

    found: dict[str, float] = {}
    async with trio.open_nursery() as nursery:
        sharing = await open_sharing(client.config, client.plugins, nursery)
        async with trio.open_nursery() as asking:
            for name in names:
                asking.start_soon(_ask, sharing, name, found)
        nursery.cancel_scope.cancel()
    return found


async def _ask(sharing: Sharing, name: str, found: dict[str, float]) -> None:
    from ..routing.shared_state import Claim

    verdict = await sharing.take(Claim(name))
    if verdict is not None and verdict.closed_for:
        found[name] = verdict.closed_for
