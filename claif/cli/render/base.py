"""What all renderers have in common: they take events one by one, and then the end, whichever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from ...models import Event, Reply, ThinkingDelta
from .transcript import Step, Transcript

if TYPE_CHECKING:
    from ...errors import ClaifError
    from .remarks import Remarks
    from .status import Status


SPIN = 0.1
"""Seconds between two pictures of a spinner."""


class Renderer(ABC):
    """Shows one answer."""

    interval: float | None = None
    """Seconds between two calls of `tick`, if it wants them."""

    @abstractmethod
    async def show(self, event: Event) -> None:
        """Show an event."""

    @abstractmethod
    async def finish(self, reply: Reply) -> None:
        """The answer is complete."""

    async def fail(self, error: ClaifError) -> None:  # noqa: B027 - not every renderer cares
        """The answer ends with an error; what of it arrived is shown, the error itself is the caller's to report."""

    def interrupt(self) -> None:  # noqa: B027 - not every renderer cares
        """The user stops the answer; what was shown stays."""

    def remark(self, text: str) -> None:  # noqa: B027 - not every renderer cares
        """Something happened beside the answer."""

    async def pause(self) -> None:  # noqa: B027 - not every renderer draws
        """Make room below what is there, for a remark or a question."""

    def tick(self) -> None:  # noqa: B027 - not every renderer cares
        """Time has passed."""


class TextRenderer(Renderer):
    """Shows the text of the answer, and remarks beside it.

    Args:
        remarks: what is said beside the answer.
        status: the status line.
    """

    def __init__(self, remarks: Remarks, status: Status) -> None:
        self.remarks = remarks
        self.status = status
        self.interval = SPIN if status.spins else None
        self._transcript = Transcript()
        status.wait()

    async def show(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, ThinkingDelta):
            await self._think(event.text)
            return
        steps = self._transcript.take(event)
        for step in steps:
            await self._do(step)
        if not steps and (lines := self.remarks.about(event)):
            await self.pause()
            self.remarks.lines(lines)
            self.status.wait()

    async def fail(self, error: ClaifError) -> None:
        """Show what of the answer arrived and was not shown yet."""
        if error.partial is not None:
            for step in self._transcript.complete(error.partial.text):
                await self._do(step)
        await self.close()

    def remark(self, text: str) -> None:
        """Say it below what is there."""
        self.interrupt()
        self.remarks.line(text)

    async def finish(self, reply: Reply) -> None:
        """End the text, then the footer."""
        await self.close()
        self.remarks.footer(reply)

    async def _think(self, text: str) -> None:
        if self.remarks.thinking:
            await self.pause()
            self.status.stop()
            self.remarks.think(text)
        else:
            self.status.wait("thinking")

    async def _do(self, step: Step) -> None:
        self.status.stop()
        self.remarks.end_thinking()
        if step.kind == "write":
            await self.write(step.text)
        elif step.kind == "end":
            await self.end_message()
        else:
            await self.withdraw(f"The answer starts over: {step.text}" if step.text else "The answer starts over.")

    @abstractmethod
    async def write(self, text: str) -> None:
        """Show more text of the message."""

    @abstractmethod
    async def withdraw(self, notice: str) -> None:
        """What was shown of the message does not count; the notice says so where it cannot be taken away."""

    @abstractmethod
    async def end_message(self) -> None:
        """The message is complete; another may follow."""

    @abstractmethod
    async def pause(self) -> None:
        """Make room below what is there, for a remark or a question."""

    @abstractmethod
    async def close(self) -> None:
        """No more text follows."""
