"""Answers side by side: they grow in columns, of which the ends are shown until all are complete."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from functools import cached_property
from itertools import zip_longest
from time import monotonic
from typing import TYPE_CHECKING

from ...errors import ClaifError
from ..report import describe
from ..sanitize import Sanitizer, one_line
from ..style import out_style
from ..table import display_width
from .board import Board
from .live import LiveRegion
from .transcript import Transcript

if TYPE_CHECKING:
    from ...client.outcome import Outcome
    from ...models import Event
    from .markdown import BlockRenderer
    from .remarks import Remarks
    from .status import Status

_REDRAW = 0.06
"""Seconds between two looks at what is new."""
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_AROUND = 5
"""Lines of the screen that the texts of the columns cannot have: names, rules, states, and where the cursor is."""


class Column:
    """The answer of one provider as it grows."""

    def __init__(self, name: str) -> None:
        self.name = one_line(name, 100)
        self.outcome: Outcome | None = None
        self._transcript = Transcript()
        self._sanitizer = Sanitizer()
        self._text = ""
        self._settled = 0
        """Where the message begins that is still growing."""
        self._width = 0
        self._lines: list[str] = []
        self._rendered = 0
        """Characters of the text that `_lines` has."""
        self._shown: tuple[object, list[str]] = (None, [])
        """What `lines` gave last, and for what."""

    def take(self, event: Event) -> bool:
        """Take an event; whether it changes the text."""
        steps = self._transcript.take(event)
        for step in steps:
            if step.kind == "write":
                self._text += self._sanitizer.feed(step.text)
            elif step.kind == "end":
                self._text += "\n\n"
                self._settled, self._sanitizer = len(self._text), Sanitizer()
            else:
                self._text, self._sanitizer = self._text[: self._settled], Sanitizer()
                self._width = 0
        return bool(steps)

    def end(self, outcome: Outcome) -> None:
        """What became of it."""
        self.outcome = outcome
        error = outcome.error
        if isinstance(error, ClaifError) and error.partial is not None:
            for step in self._transcript.complete(error.partial.text):
                self._text += self._sanitizer.feed(step.text) if step.kind == "write" else ""

    def lines(self, blocks: BlockRenderer, width: int) -> list[str]:
        """The text as lines of that width, then why it failed, if it did."""
        state = (width, self._text, self.outcome)
        if state == self._shown[0]:
            return self._shown[1]
        if width != self._width:
            self._width, self._lines, self._rendered = width, [], 0
        complete, rest = blocks.split(self._text[self._rendered :])
        for block in complete:
            self._rendered += len(block)
            _add(self._lines, blocks.lines(block, width))
        shown = self._lines.copy()
        _add(shown, blocks.lines(rest, width))
        if self.outcome is not None and self.outcome.error is not None:
            _add(shown, _failure(self.outcome.error, width))
        self._shown = state, shown
        return shown

    def state(self, frame: str, began: float) -> str:
        """How far it is."""
        if self.outcome is None:
            return f"{frame or 'stopped after'} {monotonic() - began:.0f} s"
        seconds = f"{self.outcome.seconds:.1f} s"
        if self.outcome.reply is None:
            return f"failed after {seconds}"
        tokens = self.outcome.reply.usage.output_tokens
        return seconds if tokens is None else f"{seconds} · {tokens:,} tokens"


class Columns(Board):
    """Shows the answers side by side.

    Args:
        names: who was asked.
        remarks: what is said beside the answers.
        status: the status line.
    """

    interval = _REDRAW

    def __init__(self, names: Sequence[str], remarks: Remarks, status: Status) -> None:
        super().__init__(remarks, status)
        unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        self._bar, self._rule, self._cross = ("│", "─", "┼") if unicode else ("|", "-", "+")
        self._frames = _FRAMES if unicode else "|/-\\"
        self._columns = {name: Column(name) for name in names}
        self._live = LiveRegion(self._put)
        self._began = monotonic()
        self._next = 0.0
        self._frame = 0

    @cached_property
    def _blocks(self) -> BlockRenderer:
        from .markdown import BlockRenderer

        return BlockRenderer()

    async def show(self, name: str, event: Event) -> None:
        """Take what it adds to the text, or make a remark."""
        if not self._columns[name].take(event):
            for line in self.remarks.about(event):
                self.remark(f"{name}: {line}")

    async def end(self, outcome: Outcome) -> None:
        """Note it."""
        self._columns[outcome.provider or ""].end(outcome)

    def remark(self, text: str) -> None:
        """Say it above the columns."""
        self._live.update((), ())
        super().remark(text)

    def tick(self) -> None:
        """Draw the ends of the columns; after a drawing that took long, the next is given time."""
        began = monotonic()
        if began < self._next:
            return
        self._frame = int((began - self._began) / 0.1)
        height = shutil.get_terminal_size().lines
        self._live.update((), self._picture(max(1, height - _AROUND)))
        self._next = monotonic() + 3 * (monotonic() - began)

    def interrupt(self) -> None:
        """Print what has come for good."""
        self.close()

    def close(self) -> None:
        """Print the columns for good."""
        super().close()
        self._live.update([*self._picture(None), ""], ())

    def _picture(self, height: int | None) -> list[str]:
        """Names, texts and states; of the texts the last lines, as many as there is room for."""
        columns = list(self._columns.values())
        width = max(4, (shutil.get_terminal_size().columns + 3) // len(columns) - 3)
        texts = [column.lines(self._blocks, width) for column in columns]
        shown = [lines if height is None else lines[-height:] for lines in texts]
        frame = "" if height is None else self._frames[self._frame % len(self._frames)]
        rule = f"{self._rule}{self._cross}{self._rule}".join([self._rule * width] * len(columns))
        names = [out_style(_fit(column.name, width), bold=True) for column in columns]
        states = [out_style(_fit(column.state(frame, self._began), width), dim=True) for column in columns]
        rows = [names, *zip_longest(*shown, fillvalue=""), states]
        lines = [self._row(cells, width) for cells in rows]
        return [lines[0], rule, *lines[1:-1], rule, lines[-1]]

    def _row(self, cells: Sequence[str], width: int) -> str:
        from .markdown import plain

        padded = [cell + " " * (width - display_width(plain(cell))) for cell in cells]
        return f" {self._bar} ".join(padded).rstrip()

    @staticmethod
    def _put(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _add(lines: list[str], more: Sequence[str]) -> None:
    """Add the lines of a block, after a blank line."""
    if more and lines:
        lines.append("")
    lines += more


def _failure(error: Exception, width: int) -> list[str]:
    told = describe(error)
    lines = [out_style(line, fg="red") for line in _folded(one_line(told["message"]), width)]
    return lines + [out_style(line, dim=True) for line in _folded(one_line(told.get("hint") or ""), width)]


def _folded(text: str, width: int) -> list[str]:
    """The lines of a text, none of which takes more columns of a terminal."""
    from rich.console import Console
    from rich.text import Text

    return [line.plain.rstrip() for line in Text(text).wrap(Console(width=width), width)] if text else []


def _fit(text: str, width: int) -> str:
    return text if display_width(text) <= width else text[: width - 1] + "…"
