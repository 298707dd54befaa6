"""Decides what an event adds to the text shown so far: nothing is shown twice, nothing that was withdrawn stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from ...models import Event, Message, Role, TextDelta, TextReset


class Step(NamedTuple):
    """What to do: `write` more text, `withdraw` the text since the last `end` because of `text`, or `end` a message."""

    kind: Literal["write", "withdraw", "end"]
    text: str = ""


_END = Step("end")


class Transcript:
    """Follows one answer.

    1. A delta is written.
    2. A reset withdraws the deltas since the last complete message.
    3. A complete message of the assistant supersedes the deltas before it. If they are its beginning, only the rest is
       written; if they are something else, they are withdrawn and the message is written.
    """

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def take(self, event: Event) -> Sequence[Step]:
        """What to do about an event; nothing if it has no text of the answer."""
        if isinstance(event, TextDelta):
            self._pieces.append(event.text)
            return (Step("write", event.text),)
        if isinstance(event, TextReset):
            return self._withdraw(event.reason)
        if isinstance(event, Message) and event.role is Role.ASSISTANT:
            return [*self.complete(event.text), *([_END] if event.text else [])]
        return ()

    def complete(self, text: str) -> Sequence[Step]:
        """What makes of the deltas shown this text, whole or as far as it came; they are settled then."""
        shown = "".join(self._pieces)
        if text.startswith(shown):
            self._pieces = []
            return (Step("write", text[len(shown) :]),) if len(text) > len(shown) else ()
        withdrawn = self._withdraw("a later version of the answer follows")
        return (*withdrawn, Step("write", text)) if text else withdrawn

    def _withdraw(self, reason: str) -> Sequence[Step]:
        shown, self._pieces = self._pieces, []
        return (Step("withdraw", reason),) if any(shown) else ()
