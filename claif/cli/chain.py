"""What a query passes on its way, for `claif config chain`."""

from __future__ import annotations

from typing import Any

import trio

from ..client import Client
from ..models import Query
from ..pipeline.types import Layer, Slot
from .open_client import manager_for

SAMPLE = "An example."


def chain_rows(*, no_plugins: bool) -> list[dict[str, Any]]:
    """The layers around a query and around each attempt, outermost first.

    Returns:
        Rows with `slot`, `layer`, `plugin`, and `around`: `query` or `attempt`.
    """
    return [_row(layer) for layer in trio.run(_layers, no_plugins)]


async def _layers(no_plugins: bool) -> list[Layer]:
    async with Client(plugins=manager_for(no_plugins=no_plugins)) as client:
        return client.chain(Query(SAMPLE))


def _row(layer: Layer) -> dict[str, Any]:
    return {
        "around": "query" if layer.slot < Slot.RETRY else "attempt",
        "slot": layer.slot.name.lower(),
        "layer": layer.name,
        "plugin": layer.distribution,
    }
