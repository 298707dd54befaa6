"""The layers that know what the queries of a client cost; loaded where that can be known, or is to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..middleware.accounts import Accounts
from ..middleware.spending import spending_layer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import trio

    from ..config import Config
    from ..pipeline.types import Layer
    from ..routing.sharing import Sharing


def open_accounts(
    config: Config, nursery: trio.Nursery, sharing: Callable[[], Awaitable[Sharing]]
) -> tuple[Accounts, list[Layer]]:
    """What a client knows of costs, and the layers around its queries that use it.

    Args:
        config: the client's.
        nursery: likewise.
        sharing: opens what is shared with other clients, if anything is.
    """
    accounts = Accounts(config, nursery, sharing if config.shared.store is not None else None)
    layers = [spending_layer(accounts)]
    if accounts.ledger is not None:
        from ..middleware.ledger import ledger_layer

        layers.append(ledger_layer(accounts))
    return accounts, layers
