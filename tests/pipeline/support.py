"""A rewriter to test with."""

from __future__ import annotations


class Secret:
    """Replaces `ab` by `*`, so that an `a` is held back until the next letter."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        text = (self._held + text).replace("ab", "*")
        self._held = "a" if text.endswith("a") else ""
        return text.removesuffix(self._held)

    def end(self, *, cut: bool = False) -> str:
        held, self._held = self._held, ""
        return "?" if held and cut else held
