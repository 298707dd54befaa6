"""Forms of an answer for programs: one JSON object, one event a line, or a code block."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ...models import Role
from ..extract import first_code_block
from ..jsonout import to_json, write_line
from ..sanitize import sanitize
from .base import SPIN, Renderer
from .output import Output

if TYPE_CHECKING:
    from ...errors import ClaifError
    from ...models import Event, Reply
    from .remarks import Remarks
    from .status import Status


class ReplyRenderer(Renderer):
    """Shows nothing but remarks until the answer is complete.

    Args:
        remarks: what is said beside the answer.
        status: the status line.
    """

    def __init__(self, remarks: Remarks, status: Status) -> None:
        self.remarks = remarks
        self.status = status
        self.interval = SPIN if status.spins else None
        status.wait()

    async def show(self, event: Event) -> None:
        """Make remarks."""
        for line in self.remarks.about(event):
            self.remark(line)

    def remark(self, text: str) -> None:
        """Say it."""
        self.status.clear()
        self.remarks.line(text)

    async def pause(self) -> None:
        """Take the spinner away."""
        self.status.clear()

    async def fail(self, error: ClaifError) -> None:  # noqa: ARG002 - a part of an answer is no answer for a program
        """Show nothing."""
        self.status.stop()

    async def finish(self, reply: Reply) -> None:
        """Write what the reply comes to."""
        self.status.stop()
        self.write(reply)
        self.remarks.footer(reply)

    def interrupt(self) -> None:
        """Show nothing."""
        self.status.stop()

    def tick(self) -> None:
        """Turn the spinner."""
        self.status.tick()

    def write(self, reply: Reply) -> None:
        """Write the reply as one JSON object, with its whole text as `text`."""
        from ...codec import dump

        data: dict[str, Any] = {"type": "reply", "text": reply.text}
        data.update(dump(reply))
        write_line(data)


class CodeRenderer(ReplyRenderer):
    """Writes the first code block of the answer.

    Args:
        remarks: what is said beside the answer.
        status: the status line.
        raw: pass the model's text on unchanged.
    """

    def __init__(self, remarks: Remarks, status: Status, *, raw: bool = False) -> None:
        super().__init__(remarks, status)
        self._raw = raw

    def write(self, reply: Reply) -> None:
        """Write the code.

        Raises:
            ClaifError: there is none.
        """
        code = first_code_block(*[message for message in reply.messages if message.role is Role.ASSISTANT])
        sys.stdout.write(code if self._raw else sanitize(code))
        sys.stdout.flush()


class EventsRenderer(Renderer):
    """Writes each event as one line of JSON, as it arrives."""

    def __init__(self) -> None:
        from ...codec import dump

        self._dump = dump
        self._output = Output(sys.stdout)

    async def show(self, event: Event) -> None:
        """Write the event."""
        await self._output.write(to_json(self._dump(event)) + "\n")

    async def finish(self, reply: Reply) -> None:
        """Write the reply as the last line."""
        await self._output.write(to_json({"type": "reply", "text": reply.text, **self._dump(reply)}) + "\n")
