"""Composing layers to one handler."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..errors import ClaifError, PluginError
from .types import Emit, Handler, Layer, Slot

if TYPE_CHECKING:
    from ..models import Query

HOME = "claif"
"""The distribution whose layers need no guard."""


def in_order(layers: Iterable[Layer]) -> list[Layer]:
    """Outermost first: by slot, order, and name of the distribution; the order of discovery decides nothing."""
    return sorted(layers, key=lambda layer: (layer.slot, layer.order, layer.distribution, layer.name))


def split(layers: Sequence[Layer]) -> tuple[list[Layer], list[Layer]]:
    """The layers around the whole query, and those around each attempt at one provider."""
    return [layer for layer in layers if layer.slot < Slot.RETRY], [
        layer for layer in layers if layer.slot >= Slot.RETRY
    ]


def compose(layers: Sequence[Layer], handler: Handler) -> Handler:
    """Wrap `handler` in all layers; the first one is the outermost.

    Raises:
        PluginError: a layer of a plugin could not wrap, or fails later with something that is no `ClaifError`.
    """
    for layer in reversed(layers):
        handler = layer.wrap(handler) if layer.distribution == HOME else _guarded(layer, handler)
    return handler


def _guarded(layer: Layer, handler: Handler) -> Handler:
    """Wrap so that a layer which fails is named: inner failures are `ClaifError` or no `Exception` at all."""
    try:
        wrapped = layer.wrap(handler)
    except ClaifError:
        raise
    except Exception as error:
        raise _failed(layer, error) from error

    async def guarded(query: Query, emit: Emit) -> None:
        try:
            await wrapped(query, emit)
        except ClaifError:
            raise
        except Exception as error:
            raise _failed(layer, error) from error

    return guarded


def _failed(layer: Layer, error: Exception) -> PluginError:
    who = f"The layer {layer.name or layer.wrap} of the plugin {layer.distribution or '(unnamed)'}"
    return PluginError(f"{who} failed: {type(error).__name__}: {error}")
