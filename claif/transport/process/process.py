"""A process: one child that is spoken to in JSON lines, from its start to the end of all that it has started."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import trio

from ..._json import dumps
from ...errors import ClaifError, TransportError
from ...logs import logger
from ...pipeline.watchdog import current_watch
from ...system import how_it_ended
from .child import Leavable
from .output import Output
from .tree import descendants, memory
from .words import Words

if TYPE_CHECKING:
    from pathlib import Path

    from ..sandbox.policy import Level
    from .child import Child

CLOSE_TIMEOUT = 5.0
"""Seconds that a process has to end after the end of its input, and again after SIGTERM."""
KILL_TIMEOUT = 2.0
"""Seconds within which a killed process is gone, unless the system itself is stuck."""
LAST_WORDS = 2.0
"""Seconds for the rest of what a process has written to arrive, which a survivor of it could keep open for ever."""


class Process:
    """A running program; `Processes.start` makes it.

    Args:
        child: what the operating system has of it.
        name: what it is called in errors.
        level: what confines it.
        notes: what confines it less than was wished, and why.
        folder: where what nobody has taken yet is kept if it is much.
    """

    def __init__(
        self, child: Child, name: str, *, level: Level, notes: tuple[str, ...] = (), folder: Path | None = None
    ) -> None:
        self.pid = child.pid
        self.name = name
        self.level: Level = level
        self.notes = notes
        self.returncode: int | None = None
        self._child = child
        self._words = Words()
        self._output = Output(folder, self._words.noise)
        self._sending = trio.Lock()
        self._torn = False
        self._exited, self._gone, self._let_go = trio.Event(), trio.Event(), trio.Event()
        self._running, self._listening = trio.CancelScope(), trio.CancelScope()
        self._left = False
        self._patience = trio.CancelScope(shield=True)
        self._reading = trio.CancelScope(shield=True)

    @property
    def alive(self) -> bool:
        """Whether the program runs and nobody ends it."""
        return self.returncode is None and not self._running.cancel_called

    @property
    def quiet(self) -> bool:
        """Whether it has written nothing that was not taken."""
        return self._output.quiet

    def memory(self) -> int:
        """Bytes of memory in which it and all below it reside; 0 where that cannot be told."""
        return memory([self.pid, *descendants(self.pid)])

    def when_disturbed(self, call: Callable[[], None] | None) -> None:
        """Have a function called when it writes something or ends, until this is called again with `None`."""
        self._output.disturbed = call

    async def receive(self) -> dict[str, Any] | None:
        """The next JSON object that it writes; `None` at the end of its output. One task at a time.

        Raises:
            ProtocolError: it wrote no JSON, too long a line, or more than anybody could take.
        """
        record = await self._output.receive()
        if record is None:
            # How it ended, and why, is asked next.
            with trio.move_on_after(LAST_WORDS):
                await self._exited.wait()
                await self._words.drained.wait()
        return record

    async def send(self, record: Mapping[str, Any]) -> None:
        """Write a JSON object as one line to its standard input.

        Raises:
            InvalidQueryError: the record has what JSON cannot say.
            TransportError: it does not read any more.
        """
        await self._write(dumps(record) + b"\n")

    async def send_text(self, text: str) -> None:
        """Write a text as it is to its standard input.

        Raises:
            TransportError: it does not read any more.
        """
        await self._write(text.encode())

    async def _write(self, data: bytes) -> None:
        async with self._sending:
            if self._torn:
                raise self.ended(self.name)
            try:
                self._torn = True  # a line that is cut by a cancellation must not be followed by another one
                await self._child.stdin.send_all(data)
                self._torn = False
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                with trio.move_on_after(LAST_WORDS):
                    await self._exited.wait()
                    await self._words.drained.wait()
                raise self.ended(self.name) from None

    def send_eof(self) -> None:
        """Close its standard input."""
        self._torn = True
        self._child.stdin.close()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Have its output count as signs of life of the query that the running task works for."""
        watch = current_watch.get()
        if watch is not None:
            watch.connected()
        before, self._output.watch = self._output.watch, watch
        try:
            yield
        finally:
            self._output.watch = before

    def terminate(self) -> None:
        """Ask it to end."""
        self._child.terminate()

    def last_words(self) -> str:
        """What it wrote beside its records that tells the most, in one line without secrets; may be empty."""
        return self._words.text()

    def ended(self, what: str) -> ClaifError:
        """An error that says how it ended.

        Args:
            what: what the user calls it.
        """
        how = "has closed its output" if self.returncode is None else how_it_ended(self.returncode)
        words = self.last_words()
        return TransportError(
            f"{what} {how}{f' ({words})' if words else ''}.",
            hint="Run it by hand to see whether it works; `claif doctor` looks at what it needs.",
            retryable=False,
        )

    async def wait(self) -> int:
        """Wait for its end: its exit code, or minus the signal that killed it."""
        await self._exited.wait()
        assert self.returncode is not None  # noqa: S101 - set before the event
        return self.returncode

    async def close(self) -> None:
        """End it gently, so that it can save what it has: the end of its input, after 5 s SIGTERM, after 5 s SIGKILL.

        It takes 13 s at most, also when cancelled, and can be called again.
        """
        self._let_go.set()
        self._running.cancel()
        self._output.drop()
        with trio.CancelScope(shield=True):
            await self._gone.wait()

    async def kill(self) -> None:
        """End it and all that it has started at once; also when cancelled, and again."""
        self._patience.cancel()
        await self.close()

    async def leave(self, what: Mapping[str, Any]) -> bool:
        """Leave it running to the broker, if it is the broker's and quiet: of what it says nothing is lost.

        Args:
            what: what the broker is told of it.

        Returns:
            Whether it was left; if not, it is still ours, but deaf.
        """
        if not (self.alive and self.quiet and isinstance(self._child, Leavable) and self._child.silent):
            return False
        self._listening.cancel()  # whoever reads waits for the next byte, and so has taken none
        await self._output.over.wait()
        self._left = await self._child.keep(what)
        if self._left:
            await self.close()
        return self._left

    async def live(self) -> None:
        """Read what it writes until it has ended, or is to end; then leave nothing of it. Its owner calls this once."""
        try:
            await self._run()
            await self._let_go.wait()  # what it has written last may still be wanted
        finally:
            self._output.drop()

    async def _run(self) -> None:
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._attend)
                try:
                    with self._running:
                        await self._exited.wait()
                finally:
                    with trio.CancelScope(shield=True):
                        await self._end()
        finally:
            self._output.end()
            self._child.release()
            self._gone.set()

    async def _attend(self) -> None:
        with self._reading:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._listen)
                self.returncode = await self._child.wait()
                logger.debug("{} (pid {}) {}", self.name, self.pid, how_it_ended(self.returncode))
                self._exited.set()

    async def _listen(self) -> None:
        with self._listening:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._output.read, self._child.stdout)
                nursery.start_soon(self._words.drain, self._child.stderr)

    async def _end(self) -> None:
        try:
            if self._left:
                return
            with self._patience:
                await self._coax()
            with trio.move_on_after(KILL_TIMEOUT) as limit:
                await self._child.kill()
                await self._exited.wait()
            if limit.cancelled_caught:
                logger.warning("{} (pid {}) could not be ended within {} s", self.name, self.pid, KILL_TIMEOUT)
            if not self._patience.cancel_called:
                with trio.move_on_after(LAST_WORDS):
                    await self._output.over.wait()
                    await self._words.drained.wait()
        finally:
            self._reading.cancel()

    async def _coax(self) -> None:
        if self._patience.cancel_called:
            return
        self.send_eof()
        for step in (None, self._child.terminate):
            if step is not None:
                step()
            with trio.move_on_after(CLOSE_TIMEOUT):
                await self._exited.wait()
                return
