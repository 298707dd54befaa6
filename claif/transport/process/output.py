"""What a child writes to its standard output: read as it comes, whoever waits or not, and taken as JSON objects."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from ..._json import loads
from ...errors import ClaifError, ProtocolError
from ..limits import Limits
from ..lines import LineParser
from .spool import LINE, Spool

if TYPE_CHECKING:
    from ...pipeline.watchdog import Watch

READ = 64 * 1024
"""Bytes that are read at once: what a pipe holds."""
_BREATH = 32
"""Records that are given without letting other tasks run."""


class Output:
    """Reads a stream to its end and keeps what nobody has taken.

    Args:
        folder: where what waits is kept if it is much.
        noise: told each line that is no JSON object.

    Attributes:
        watch: the limits of the query that waits for it; every byte is a sign of life.
        disturbed: called when bytes come, and at the end.
        over: set when nothing more comes.
    """

    def __init__(self, folder: Path | None, noise: Callable[[str], None]) -> None:
        self.watch: Watch | None = None
        self.disturbed: Callable[[], None] | None = None
        self._spool = Spool(folder)
        self._parser = _parser()
        self._lines: deque[str] = deque()
        self._noise = noise
        self._failure: ClaifError | None = None
        self._dropping = False
        self._news = trio.Event()
        self._given = 0
        self.over = trio.Event()

    @property
    def quiet(self) -> bool:
        """Whether nothing waits, not even the beginning of a line."""
        return not self._spool.size and not self._lines and self._failure is None and not self._spool.ended

    async def read(self, stream: trio.abc.ReceiveStream) -> None:
        """Read the stream to its end, for ever ahead of who takes it."""
        try:
            while data := await stream.receive_some(READ):
                if self.watch is not None:
                    self.watch.touch()
                if not self._dropping:
                    self._keep(bytes(data))
                if self.disturbed is not None:
                    self.disturbed()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            self.end()

    def end(self) -> None:
        """Nothing more comes."""
        self._spool.ended = True
        self.over.set()
        self._news.set()
        if self.disturbed is not None:
            self.disturbed()

    def drop(self) -> None:
        """Keep nothing any more; what is written is still read, so that the child is not held up."""
        self._dropping = True
        self._spool.clear()
        self._lines.clear()
        self._parser = _parser()

    async def receive(self) -> dict[str, Any] | None:
        """The next JSON object; `None` at the end. One task at a time.

        Raises:
            ProtocolError: what begins like an object is no JSON, a line is too long, or too much was written.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        self._given += 1
        if not self._given % _BREATH:
            await trio.lowlevel.cancel_shielded_checkpoint()
        while True:
            while self._lines:
                line = self._lines.popleft()
                if line.startswith("{"):
                    return _record(line)
                self._noise(line)
            if piece := self._spool.read():
                self._lines.extend(self._parser.feed(piece))
            elif self._failure is not None:
                raise self._failure
            elif self._spool.ended:
                rest = self._parser.close()
                if not rest:
                    return None
                self._lines.extend(rest)
            else:
                self._news = trio.Event()
                await self._news.wait()

    def _keep(self, data: bytes) -> None:
        try:
            self._spool.write(data)
        except ClaifError as error:
            self._failure = error
            self.drop()
            self._news.set()
        else:
            if self._spool.readable:
                self._news.set()


def _parser() -> LineParser:
    return LineParser(Limits(line=LINE), errors="replace")


def _record(line: str) -> dict[str, Any]:
    try:
        record: dict[str, Any] = loads(line)
    except ProtocolError as error:
        raise ProtocolError(
            f"The program wrote a line that is no JSON: {error.message}", hint="Is this the right program, and version?"
        ) from None
    return record
