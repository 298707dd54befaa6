"""Answers one below the other, each as soon as it is complete."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..report import describe, say_error
from ..sanitize import sanitize
from .base import SPIN
from .board import Board, heading

if TYPE_CHECKING:
    from ...client.outcome import Outcome
    from ...models import Event
    from .remarks import Remarks
    from .status import Status


class Stack(Board):
    """Writes each answer below its name as soon as it is complete.

    Args:
        names: who was asked.
        remarks: what is said beside the answers.
        status: the status line.
        rendered: render Markdown.
        silent: write no answers, and no failures: they are compared in another way.
    """

    def __init__(
        self, names: Sequence[str], remarks: Remarks, status: Status, *, rendered: bool, silent: bool = False
    ) -> None:
        super().__init__(remarks, status)
        self.interval = SPIN if status.spins else None
        self._waiting = list(names)
        self._rendered = rendered
        self._silent = silent
        self._wait()

    async def show(self, name: str, event: Event) -> None:
        """Make remarks."""
        for line in self.remarks.about(event):
            self.remark(f"{name}: {line}")

    async def end(self, outcome: Outcome) -> None:
        """Write the answer, or say why there is none."""
        self._waiting.remove(outcome.provider or "")
        self.status.stop()
        if not self._silent:
            await self._write(outcome)
        self._wait()

    async def _write(self, outcome: Outcome) -> None:
        if outcome.reply is not None:
            await self.write(f"{heading(outcome)}\n{self._text(outcome.reply.text)}\n\n")
        elif outcome.error is not None:
            told = describe(outcome.error)
            named = str(told["message"]).startswith(outcome.provider or "")
            say_error(told["message"] if named else f"{outcome.provider}: {told['message']}", told.get("hint"))

    def tick(self) -> None:
        """Turn the spinner."""
        self.status.tick()

    def _wait(self) -> None:
        if self._waiting:
            self.status.stop()
            self.status.wait(f"waiting for {', '.join(self._waiting)}")

    def _text(self, text: str) -> str:
        shown = sanitize(text).strip("\n")
        if not self._rendered:
            return shown
        from .markdown import BlockRenderer

        return "\n".join(BlockRenderer().lines(shown, shutil.get_terminal_size().columns))
