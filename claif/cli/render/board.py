"""Boards: what several answers to one question look like, one below the other or side by side."""

from __future__ import annotations

import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import InvalidConfigError
from ..report import describe, say_error
from ..sanitize import one_line, sanitize
from ..style import is_dumb, is_terminal, out_style
from .base import SPIN
from .choose import OUTPUTS
from .output import Output
from .remarks import describe as footer

if TYPE_CHECKING:
    from ...client.outcome import Outcome
    from ...models import Event
    from .remarks import Remarks
    from .status import Status

NARROWEST = 40
"""Columns that each answer needs, with the bar between, to stand beside others."""


class Board(ABC):
    """Shows several answers.

    Args:
        remarks: what is said beside the answers.
        status: the status line.
    """

    interval: float | None = None
    """Seconds between two calls of `tick`, if it wants them."""

    def __init__(self, remarks: Remarks, status: Status) -> None:
        self.remarks = remarks
        self.status = status
        self._output = Output(sys.stdout)

    @abstractmethod
    async def show(self, name: str, event: Event) -> None:
        """Show an event of one answer."""

    @abstractmethod
    async def end(self, outcome: Outcome) -> None:
        """One answer is complete, or has failed."""

    def tick(self) -> None:  # noqa: B027 - not every board cares
        """Time has passed."""

    def remark(self, text: str) -> None:
        """Something happened beside the answers."""
        self.status.clear()
        self.remarks.line(text)

    def interrupt(self) -> None:
        """The user stops the answers; what was shown stays."""
        self.status.stop()

    def close(self) -> None:
        """No more follows."""
        self.status.stop()

    async def write(self, text: str) -> None:
        """Write more to standard output."""
        await self._output.write(text)


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


def heading(outcome: Outcome) -> str:
    """Whose answer follows, and what it took."""
    assert outcome.reply is not None  # noqa: S101 - a failure has no heading
    name = one_line(outcome.provider or "", 100)
    rest = footer(outcome.reply).removeprefix(one_line(outcome.reply.provider or "", 100))
    return out_style(f"== {name}{rest} ==", bold=True)


def choose_board(
    names: Sequence[str], output: str, remarks: Remarks, status: Status, *, silent: bool, columns: bool
) -> Board:
    """The board for the answers of so many.

    Args:
        names: who is asked.
        output: what is configured for text, see `choose_renderer`.
        remarks: what is said beside the answers.
        status: the status line.
        silent: show no answers.
        columns: side by side, where there is room.

    Raises:
        InvalidConfigError: the configured output is none.
    """
    if output not in OUTPUTS:
        raise InvalidConfigError(
            f"The output format {output!r} is not known.", hint=f"general.output is one of: {', '.join(OUTPUTS)}."
        )
    live = is_terminal(sys.stdout) and not is_dumb()
    rendered = output == "markdown" or (live and output == "auto")
    room = shutil.get_terminal_size().columns // max(1, len(names)) >= NARROWEST
    if columns and live and rendered and room and not silent and len(names) > 1:
        from .columns import Columns

        return Columns(names, remarks, status)
    return Stack(names, remarks, status, rendered=rendered, silent=silent)
