"""A child that belongs to the broker: we have its pipes, the broker ends it."""

from __future__ import annotations

import select
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import trio

if TYPE_CHECKING:
    from .wire import Wire


def is_silent(descriptor: int) -> bool:
    """Whether nothing waits to be read from a pipe, not even its end."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return not poll.poll(0)


class BrokeredInput:
    """The standard input of a child whose pipe the broker has open too.

    Args:
        pipe: our end of it.
        child: the child, whose broker is told when the input is to end.
    """

    def __init__(self, pipe: trio.lowlevel.FdStream, child: BrokeredChild) -> None:
        self._pipe, self._child = pipe, child

    async def send_all(self, data: bytes) -> None:
        """Write."""
        await self._pipe.send_all(data)

    def close(self) -> None:
        """Let the program see the end."""
        self._pipe.close()
        self._child.tell("eof")

    def fileno(self) -> int:
        """Its descriptor."""
        return self._pipe.fileno()


class BrokeredChild:
    """A child of the broker; one connection to the broker for it alone.

    Args:
        wire: the connection.
        pid: its process id.
        fds: its standard streams, which are ours from now on.
    """

    def __init__(self, wire: Wire, pid: int, fds: list[int]) -> None:
        self.pid = pid
        self._wire = wire
        stdin, self.stdout, self.stderr = [trio.lowlevel.FdStream(descriptor) for descriptor in fds]
        self._input = stdin
        self.stdin = BrokeredInput(stdin, self)
        self._orders: list[dict[str, Any]] = []
        self._news = trio.Event()
        self._gone, self._answered = trio.Event(), trio.Event()
        self._kept = False

    async def wait(self) -> int:
        """Wait for the end of the program, and for whatever else the broker says."""
        code: int | None = None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._speak)
            while (heard := await self._wire.receive()) is not None:
                message, _ = heard
                if "ended" in message:
                    code = int(message["ended"])
                    break
                if "gone" in message:
                    self._gone.set()
                if "kept" in message:
                    self._kept = True
                    self._answered.set()
            nursery.cancel_scope.cancel()
        self._gone.set()
        self._answered.set()
        return -9 if code is None else code

    def tell(self, what: str, more: Mapping[str, Any] | None = None) -> None:
        """Tell the broker to do something, without waiting for it."""
        self._orders.append({"do": what, **(more or {})})
        self._news.set()

    def terminate(self) -> None:
        """Ask the program to end."""
        self.tell("terminate")

    async def kill(self) -> None:
        """Have the broker end it and all that it has started."""
        self.tell("kill")
        await self._gone.wait()

    @property
    def silent(self) -> bool:
        """Whether nothing that it has written waits to be read."""
        return is_silent(self.stdout.fileno())

    async def keep(self, what: Mapping[str, Any]) -> bool:
        """Leave it to the broker, for whoever needs it next; whether the broker has taken it."""
        self.tell("keep", what)
        await self._answered.wait()
        return self._kept

    def release(self) -> None:
        """Give back all descriptors; the broker ends what was not left to it."""
        self._input.close()
        self.stdout.close()
        self.stderr.close()
        self._wire.close()

    async def _speak(self) -> None:
        while True:
            while self._orders:
                with suppress(OSError):  # it is gone, which `wait` finds out
                    await self._wire.send(self._orders[0])
                del self._orders[0]
            self._news = trio.Event()
            await self._news.wait()
