"""What a query passes on its way, for `claif config chain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio

from ..models import Query
from ..pipeline.types import Layer, Slot
from .open_client import open_client

if TYPE_CHECKING:
    from ..config.cache_schema import CacheSettings
    from .session import Session

SAMPLE = "An example."


def chain_rows(state: Session) -> list[dict[str, Any]]:
    """The layers around a query and around each attempt, outermost first.

    Args:
        state: the switches of the command line.

    Returns:
        Rows with `slot`, `layer`, `plugin`, and `around`: `query` or `attempt`.
    """
    layers, cache = trio.run(_layers, state)
    rows = [_row(layer) for layer in layers]
    attempts = next((index for index, row in enumerate(rows) if row["around"] == "attempt"), len(rows))
    route = "route" if cache.mode == "off" else f"route, cache ({cache.mode}, {cache.store})"
    rows.insert(attempts, {"around": "query", "slot": Slot.ROUTE.name.lower(), "layer": route, "plugin": "claif"})
    return rows


async def _layers(state: Session) -> tuple[list[Layer], CacheSettings]:
    async with open_client(state) as client:
        return client.chain(Query(SAMPLE)), client.config.cache


def _row(layer: Layer) -> dict[str, Any]:
    return {
        "around": "query" if layer.slot < Slot.RETRY else "attempt",
        "slot": layer.slot.name.lower(),
        "layer": layer.name,
        "plugin": layer.distribution,
    }
