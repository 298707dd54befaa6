"""Plugins that add a layer to a query, and what they are called with."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from claif.config import Processors
from claif.models import Query
from claif.plugin.manager import PluginManager

QUERY = Query("hello")
CONFIG: Any = SimpleNamespace(processors=Processors())
CLIENT: Any = SimpleNamespace()

LAYER = """
from claif.pipeline.types import Layer, Slot

@hookimpl
def claif_query(query, config, client):
    return Layer(slot=Slot.GUARD, wrap=lambda handler: handler, name={name!r}, distribution="spoofed")
"""


def layer(name: str) -> str:
    """A hook module that adds one layer."""
    return LAYER.replace("{name!r}", repr(name))


def layers(manager: PluginManager) -> list[str]:
    """The layers of a query, as `distribution/name`."""
    return [f"{each.distribution}/{each.name}" for each in manager.query_layers(QUERY, CONFIG, CLIENT)]
