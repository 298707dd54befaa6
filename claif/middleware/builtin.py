"""Claif's own layers, registered through the same hook as everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..hookspecs import hookimpl

if TYPE_CHECKING:
    from ..client import Client
    from ..config import Config
    from ..models import Query
    from ..pipeline.types import Layer


@hookimpl
def claif_query(query: Query, config: Config, client: Client) -> list[Layer]:  # noqa: ARG001 - the hook's signature
    """The layers that every query needs; they hold no state of a query, so the client keeps them."""
    return client.state("claif.layers", client.standard_layers)
