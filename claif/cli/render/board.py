"""Boards: what several answers to one question look like while they come."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from ..sanitize import one_line
from ..style import out_style
from .output import Output
from .remarks import describe as footer

if TYPE_CHECKING:
    from ...client.outcome import Outcome
    from ...models import Event
    from .remarks import Remarks
    from .status import Status


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


def heading(outcome: Outcome) -> str:
    """Whose answer follows, and what it took."""
    assert outcome.reply is not None  # noqa: S101 - a failure has no heading
    name = one_line(outcome.provider or "", 100)
    rest = footer(outcome.reply).removeprefix(one_line(outcome.reply.provider or "", 100))
    return out_style(f"== {name}{rest} ==", bold=True)
