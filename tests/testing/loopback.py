"""A server of raw bytes, and what arrives from it through a `FaultProxy`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import trio
from attrs import define, field
from patience import until

from claif.testing import FaultProxy

ANSWER = bytes(range(100))


@define
class Backend:
    """A server that answers whatever it reads with `answer`, and what it has seen."""

    answer: bytes = ANSWER
    port: int = 0
    read: bytearray = field(factory=bytearray)
    ends: list[str] = field(factory=list)
    open: int = 0

    async def handle(self, stream: trio.SocketStream) -> None:
        self.open += 1
        try:
            async with stream:
                while data := await stream.receive_some(65_536):
                    self.read += data
                    await stream.send_all(self.answer)
            self.ends.append("eof")
        except trio.BrokenResourceError:
            self.ends.append("reset")
        finally:
            self.open -= 1

    async def wait_until_open(self, count: int) -> None:
        await until(lambda: self.open == count)


@asynccontextmanager
async def backend(answer: bytes = ANSWER) -> AsyncIterator[Backend]:
    made = Backend(answer)
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, made.handle, 0, host="127.0.0.1"))
        made.port = listeners[0].socket.getsockname()[1]
        try:
            yield made
        finally:
            nursery.cancel_scope.cancel()


async def everything(stream: trio.SocketStream, seconds: float = 20.0) -> tuple[bytes, str]:
    """What arrives until the end, and how it ends: `eof`, `reset`, or `silence` after so many seconds."""
    found = b""
    with trio.move_on_after(seconds):
        try:
            while data := await stream.receive_some(65_536):
                found += data
        except trio.BrokenResourceError:
            return found, "reset"
        return found, "eof"
    return found, "silence"


async def ask(proxy: FaultProxy, seconds: float = 20.0) -> tuple[bytes, str]:
    """Say `hi` on a new connection; see `everything`."""
    async with await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream:
        try:
            await stream.send_all(b"hi")
        except trio.BrokenResourceError:
            return b"", "reset"
        return await everything(stream, seconds)


async def exactly(stream: trio.SocketStream, size: int) -> bytes:
    found = b""
    with trio.fail_after(20):
        while len(found) < size:
            data = await stream.receive_some(size - len(found))
            assert data, f"the end came after {len(found)} bytes"
            found += data
    return found


async def wait_until_open(proxy: FaultProxy, count: int) -> None:
    """Wait until so many connections are open."""
    await until(lambda: proxy.counts.open == count)


def living_tasks() -> int:
    return trio.lowlevel.current_statistics().tasks_living


async def wait_for_tasks(count: int) -> None:
    """Wait until no more live; those of the server end a step after its connections."""
    await until(lambda: living_tasks() <= count)
