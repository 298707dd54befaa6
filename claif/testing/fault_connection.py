"""One connection through a `FaultProxy`: bytes in both directions, and the faults that hit them."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from random import Random

import trio
from attrs import define, field

from .fault_plan import PIECE, Pace, Plan, draw
from .faults import Bandwidth, BlackHole, Corrupt, Cut, Ending, Fault, HalfClose, Latency, Reset, SlowClose

WAITING = 16
"""The most pieces that are on their way in one direction."""
LINGER = 1.0
"""Seconds for which a closed connection still takes what the client sends: without them the end would be a reset."""

OnItsWay = tuple[float, bytes | None]
"""When it is due, and what: bytes, none of them at the end, `None` where the connection broke."""


@define
class FaultCounts:
    """What has happened at a proxy.

    Attributes:
        connections: how many connections were ever accepted.
        open: how many of them are open now.
        requests: how often a client spoke first, or again after an answer had begun.
        bytes_up: how much was sent on to the server.
        bytes_down: how much was sent on to clients.
        applied: how often each class of fault came to pass.
    """

    connections: int = 0
    open: int = 0
    requests: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    applied: Counter[type[Fault]] = field(factory=Counter)


class FaultConnection:
    """Forwards one connection until both sides have closed it, or until its ending.

    1. forwarding: each direction has a task that reads and says when the bytes are due, and one that sends them then.
    2. half closed: the same, but what comes down is thrown away.
    3. ended by anything else: no task of the forwarding is left, and the connection is reset, closed or kept silent.

    Args:
        client: the accepted connection; it is closed at the end.
        rng: where the connection's fortune comes from.
        counts: are kept up to date.
    """

    def __init__(self, client: trio.SocketStream, rng: Random, counts: FaultCounts) -> None:
        self._client = client
        self._target: trio.SocketStream | None = None
        self._rng = rng
        self._counts = counts
        self._plan = Plan()
        self._spoken = False
        self._answered = 0
        self._ended: Ending | None = None
        self._forwarding: trio.Nursery | None = None

    def draw(self, faults: Iterable[Fault]) -> None:
        """Have the faults that fortune chooses from these, from now on; what has ended stays so."""
        self._plan = draw(faults, self._rng)
        self._counts.applied.update(
            type(fault) for fault in self._plan.faults if isinstance(fault, (Latency, Bandwidth)) and not self._ended
        )
        if self._plan.ending is not None and not self._plan.ending.after:
            self._end(self._plan.ending)

    async def run(self, host: str, port: int) -> None:
        """Forward to this address."""
        try:
            async with trio.open_nursery() as self._forwarding:
                self._end(self._due())
                self._forwarding.start_soon(self._forward, host, port)
            await self._finish()
        except trio.BrokenResourceError:
            return
        finally:
            for stream in (self._client, self._target):
                if stream is not None:
                    stream.socket.close()

    async def _forward(self, host: str, port: int) -> None:
        try:
            self._target = target = await trio.open_tcp_stream(host, port)
        except OSError:
            self._break()
            return
        up_in, up_out = trio.open_memory_channel[OnItsWay](WAITING)
        down_in, down_out = trio.open_memory_channel[OnItsWay](WAITING)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._read, self._client, "up", up_in)
            nursery.start_soon(self._send_up, target, up_out)
            nursery.start_soon(self._read, target, "down", down_in)
            nursery.start_soon(self._send_down, down_out)

    def _pace(self, direction: str) -> Pace:
        return self._plan.up if direction == "up" else self._plan.down

    async def _read(self, source: trio.SocketStream, direction: str, line: trio.MemorySendChannel[OnItsWay]) -> None:
        due = 0.0
        with line, suppress(trio.BrokenResourceError):  # nobody sends any more
            while True:
                pace = self._pace(direction)
                try:
                    data = bytes(await source.receive_some(pace.piece))
                except trio.BrokenResourceError:
                    await line.send((due, None))
                    return
                due = self._pace(direction).due(trio.current_time(), due, len(data), self._rng)
                await line.send((due, data))
                if not data:
                    return

    async def _send_up(self, target: trio.SocketStream, line: trio.MemoryReceiveChannel[OnItsWay]) -> None:
        # Where the server takes no more it may have answered all the same; how it ends is seen on the way down.
        with line, suppress(trio.BrokenResourceError):
            async for due, data in line:
                await trio.sleep_until(due)
                if data is None:
                    self._break()
                elif data:
                    self._count_request()
                    await target.send_all(data)
                    self._counts.bytes_up += len(data)
                else:
                    await target.send_eof()

    async def _send_down(self, line: trio.MemoryReceiveChannel[OnItsWay]) -> None:
        with line:
            async for due, data in line:
                await trio.sleep_until(due)
                if data is None:
                    self._break()
                elif self._ended:
                    continue
                elif data:
                    await self._deliver(data)
                else:
                    await self._close_late()

    def _count_request(self) -> None:
        if self._answered or not self._spoken:
            self._counts.requests += 1
            self._spoken, self._answered = True, 0

    async def _deliver(self, data: bytes) -> None:
        part, wrong = self._plan.corrupted(data[: self._plan.room(self._answered, len(data))], self._answered)
        # Before the bytes are sent: the client may have them, and speak again, while this task still waits its turn.
        self._answered += len(part)
        self._counts.bytes_down += len(part)
        self._counts.applied.update({Corrupt: wrong} if wrong else {})
        ending = self._due()
        try:
            if part:
                await self._client.send_all(part)
        except trio.BrokenResourceError:
            self._break()
            return
        self._end(ending)

    def _due(self) -> Ending | None:
        ending = self._plan.ending
        return ending if ending is not None and self._answered >= ending.after else None

    def _end(self, ending: Ending | None) -> None:
        if ending is None or self._ended or self._forwarding is None:
            return
        self._ended = ending
        self._counts.applied[type(ending)] += 1
        if isinstance(ending, HalfClose):
            self._forwarding.start_soon(self._close_late)
        else:
            self._forwarding.cancel_scope.cancel()

    async def _close_late(self) -> None:
        if self._plan.slow_close:
            self._counts.applied[SlowClose] += 1
            await trio.sleep(self._plan.slow_close)
        with suppress(OSError):  # the client may have gone
            self._client.socket.shutdown(trio.socket.SHUT_WR)

    def _break(self) -> None:
        """Pass on that one side is broken; this is no fault of ours."""
        if not self._ended or isinstance(self._ended, HalfClose):
            self._ended = Reset()
        if self._forwarding is not None:
            self._forwarding.cancel_scope.cancel()

    async def _finish(self) -> None:
        match self._ended:
            case Reset():
                for stream in (self._client, self._target):
                    if stream is not None:
                        _reset_at_close(stream)
            case Cut():
                self._leave_target()
                await self._close_late()
                with trio.move_on_after(LINGER):
                    await self._drain()
            case BlackHole():
                self._leave_target()
                await self._drain()

    def _leave_target(self) -> None:
        if self._target is not None:
            self._target.socket.close()

    async def _drain(self) -> None:
        while await self._client.receive_some(PIECE):
            continue


def _reset_at_close(stream: trio.SocketStream) -> None:
    linger = struct.pack("ii", 1, 0)
    with suppress(OSError):  # the peer may have gone
        stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, linger)
