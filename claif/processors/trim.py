"""`trim`: takes blank space from the beginning and the end of the answer, while it streams."""

from __future__ import annotations

from ..hookspecs import hookimpl
from ..pipeline.rewrite import rewriting
from ..pipeline.types import Layer, Slot


class Trimmer:
    """Trims one text that comes in pieces; blank space is held back until something follows it."""

    def __init__(self) -> None:
        self._begun = False
        self._blank: list[str] = []

    def feed(self, text: str) -> str:
        """Take a piece, and give what can be shown."""
        shown = text.rstrip() if self._begun else text.strip()
        if not shown:
            if self._begun:
                self._blank.append(text)
            return ""
        if self._begun:
            shown = "".join([*self._blank, shown])
        self._begun = True
        self._blank = [text[len(text.rstrip()) :]]
        return shown

    def end(self, *, cut: bool = False) -> str:  # noqa: ARG002 - an error changes nothing about it
        """What is held back at the end is blank."""
        self._begun, self._blank = False, []
        return ""


LAYER = Layer(slot=Slot.PROCESSORS, order=10, wrap=rewriting(Trimmer, text_only=True), name="trim")
"""Further in than the other processors, so that they are given the trimmed text."""


@hookimpl
def claif_query() -> Layer:
    """Trim deltas and messages."""
    return LAYER
