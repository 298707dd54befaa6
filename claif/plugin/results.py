"""Checks what hooks return, so that a wrong type is found where it comes from and not where it hurts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..models import Message
from ..pipeline.types import Layer
from .guard import Failed

if TYPE_CHECKING:
    from ..routing.strategies import Standing

MOST_LAYERS = 100
"""Layers that one plugin may add to one query."""


def layers(result: object) -> tuple[Layer, ...]:
    """The layers that `claif_query` returned.

    Raises:
        Failed: it is neither a `Layer`, nor a list or tuple of them, nor `None`.
    """
    if result is None:
        return ()
    found = (result,) if isinstance(result, Layer) else result
    if not isinstance(found, list | tuple):
        raise Failed(f"it returned a value of type {type(result).__name__}; wanted is a Layer, a list of them, or None")
    if len(found) > MOST_LAYERS:
        raise Failed(f"it returned {len(found)} layers; at most {MOST_LAYERS} are taken")
    for layer in found:
        if not isinstance(layer, Layer):
            raise Failed(f"it returned a list with a value of type {type(layer).__name__}; wanted are Layers")
        if not callable(layer.wrap):
            raise Failed(
                f"the layer {layer.name!r} wraps with a value of type {type(layer.wrap).__name__}, not with a function"
            )
    return tuple(found)


class LayersOf:
    """Checks what a plugin's `claif_query` returns; what is the same as the last time was looked at then.

    Args:
        distribution: brings the layers.
    """

    __slots__ = ("_distribution", "_last", "_made")

    def __init__(self, distribution: str) -> None:
        self._distribution = distribution
        self._last: object = None
        self._made: list[Layer] = []

    def __call__(self, result: object) -> list[Layer]:
        """The layers, each with the distribution that brought it.

        Raises:
            Failed: see `layers`.
        """
        if result.__class__ is not list or result != self._last:
            self._made = owned(layers(result), self._distribution)
            self._last = list(result) if isinstance(result, list) else None
        return self._made


def owned(made: Sequence[Layer], distribution: str) -> list[Layer]:
    """The layers with the distribution that brought them, whatever they say themselves."""
    return [
        layer
        if layer.distribution == distribution
        else Layer(layer.slot, layer.wrap, layer.name, layer.order, distribution)
        for layer in made
    ]


def message(result: object, before: Message, *, keeps_text: bool) -> Message | None:
    """The message that `claif_process_message` returned.

    Raises:
        Failed: it is neither a `Message` nor `None`, or the text of a `@keeps_text` processor is another.
    """
    if result is not None and not isinstance(result, Message):
        raise Failed(f"it returned a value of type {type(result).__name__}; wanted is a Message or None")
    if keeps_text and (result is None or (result.content is not before.content and result.text != before.text)):
        raise Failed("it is marked with @keeps_text and changed the text all the same")
    return result


def order(result: object, candidates: Sequence[Standing]) -> tuple[Standing, ...] | None:
    """The members that `claif_route` returned.

    Raises:
        Failed: it is neither `None` nor a list of some of the candidates.
    """
    if result is None:
        return None
    if not isinstance(result, list | tuple):
        raise Failed(
            f"it returned a value of type {type(result).__name__}; wanted is a list of the candidates, or None"
        )
    if not result or not all(any(one is known for known in candidates) for one in result):
        raise Failed("it returned a list that is empty, or has something that is none of the candidates")
    return tuple(dict.fromkeys(result))


def made(result: object, kind: type) -> object:
    """What a hook made: an object of a kind, or `None`.

    Raises:
        Failed: it is neither.
    """
    if result is None or isinstance(result, kind):
        return result
    raise Failed(f"it returned a value of type {type(result).__name__}; wanted is a {kind.__name__} or None")


def verdict(result: object) -> bool | None:
    """What `claif_approve` returned.

    Raises:
        Failed: it is neither `True`, nor `False`, nor `None`.
    """
    if result is None or isinstance(result, bool):
        return result
    raise Failed(f"it returned a value of type {type(result).__name__}; wanted is True, False or None")
