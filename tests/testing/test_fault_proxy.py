"""The proxy forwards faithfully, hurts as it is told, and leaves nothing behind."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from testing.loopback import ANSWER, ask, backend, everything, exactly, wait_until_open
from transport.support import refusing

from claif.testing import FaultProxy
from claif.testing.faults import (
    Bandwidth,
    BlackHole,
    Corrupt,
    Cut,
    Fault,
    HalfClose,
    Latency,
    Refuse,
    Reset,
    SlowClose,
)

GUARD = 20.0
"""Seconds after which what is on its way hangs."""


async def test_without_faults_everything_passes_both_ways_and_is_counted() -> None:
    large = b"0123456789abcdef" * 40_000
    async with backend(large) as server, FaultProxy(server.port) as proxy:
        async with await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream:
            for _ in range(2):
                await stream.send_all(b"hi")
                assert await exactly(stream, len(large)) == large
            await stream.send_eof()
            assert await everything(stream) == (b"", "eof")
        await wait_until_open(proxy, 0)
        counts = proxy.counts
        assert (counts.connections, counts.requests, counts.bytes_up, counts.bytes_down) == (1, 2, 4, 2 * len(large))
        assert not counts.applied
        assert server.ends == ["eof"]


@given(st.binary(min_size=1, max_size=5000), st.binary(min_size=1, max_size=5000))
async def test_bytes_pass_unchanged_whatever_they_are(question: bytes, answer: bytes) -> None:
    async with backend(answer) as server, FaultProxy(server.port, Latency(0.0, jitter=0.001)) as proxy:
        async with await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream:
            await stream.send_all(question)
            assert await exactly(stream, len(answer)) == answer
        assert bytes(server.read) == question


async def test_a_url_leads_through_the_proxy() -> None:
    async with backend() as server, FaultProxy(f"http://localhost:{server.port}/v1") as proxy:
        assert proxy.url == f"http://127.0.0.1:{proxy.port}/v1"
        assert proxy.through(f"http://127.0.0.1:{server.port}/a=b/v1?c") == f"http://127.0.0.1:{proxy.port}/a=b/v1?c"
        proxy.set(Cut(5))
        assert await ask(proxy) == (ANSWER[:5], "eof")


@pytest.mark.parametrize("url", ["http://example.org:80/v1", "http://127.0.0.1/v1", "nonsense"])
def test_a_url_that_leads_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="this machine"):
        FaultProxy(url)


def test_what_is_no_fault_is_refused() -> None:
    with pytest.raises(TypeError, match="'reset' is no fault"):
        FaultProxy(1, "reset")  # type: ignore[arg-type]  # that is the mistake


@pytest.mark.parametrize("after", [0, 1, 50, 100])
@pytest.mark.parametrize(("kind", "end"), [(Cut, "eof"), (Reset, "reset"), (HalfClose, "eof"), (BlackHole, "silence")])
async def test_an_ending_comes_after_exactly_so_many_bytes(kind: type, end: str, after: int) -> None:
    async with backend() as server, FaultProxy(server.port, kind(after)) as proxy:
        async with await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream:
            await stream.send_all(b"hi")
            found = b"" if end == "reset" else await exactly(stream, after)
            rest = await everything(stream, 0.1 if end == "silence" else GUARD)
        assert (found + rest[0], rest[1]) == (ANSWER[:after], end)
        await wait_until_open(proxy, 0)
        await server.wait_until_open(0)
        assert proxy.counts.applied == {kind: 1}
        assert proxy.counts.bytes_down == after


async def test_the_bytes_are_counted_in_each_answer_of_a_connection() -> None:
    async with (
        backend() as server,
        FaultProxy(server.port, Cut(150)) as proxy,
        await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream,
    ):
        for _ in range(3):
            await stream.send_all(b"hi")
            assert await exactly(stream, 100) == ANSWER
        proxy.set(Cut(30))
        await stream.send_all(b"hi")
        assert await everything(stream) == (ANSWER[:30], "eof")


async def test_after_a_half_close_the_server_still_hears_the_client() -> None:
    async with (
        backend() as server,
        FaultProxy(server.port, HalfClose(10)) as proxy,
        await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream,
    ):
        await stream.send_all(b"hi")
        assert await everything(stream) == (ANSWER[:10], "eof")
        await stream.send_all(b" there")
        with trio.fail_after(GUARD):
            while bytes(server.read) != b"hi there":  # noqa: ASYNC110 - a test's patience
                await trio.sleep(0.002)
        assert (server.open, proxy.counts.open) == (1, 1)


async def test_a_cut_keeps_nothing_of_the_connection_to_the_server() -> None:
    async with (
        backend() as server,
        FaultProxy(server.port, Cut(10)) as proxy,
        await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream,
    ):
        await stream.send_all(b"hi")
        assert await everything(stream) == (ANSWER[:10], "eof")
        await server.wait_until_open(0)


async def test_a_black_hole_reads_and_never_asks_the_server() -> None:
    async with backend() as server, FaultProxy(server.port, BlackHole()) as proxy:
        async with await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream:
            with trio.fail_after(GUARD):
                await stream.send_all(b"x" * 20_000_000)  # more than any buffer holds
            assert await everything(stream, 0.05) == (b"", "silence")
        assert (bytes(server.read), proxy.counts.bytes_up) == (b"", 0)


async def test_nobody_listens_while_connections_are_refused_and_the_port_stays() -> None:
    async with backend() as server, FaultProxy(server.port, Refuse()) as proxy:
        port = proxy.port
        for _ in range(3):
            with pytest.raises(OSError, match="all attempts"):
                await ask(proxy)
            proxy.set(Cut(3))
            assert await ask(proxy) == (ANSWER[:3], "eof")
            proxy.set(Refuse())
        assert proxy.port == port
        assert proxy.counts.connections == 3
        assert proxy.counts.applied[Refuse] == 4


async def test_refusing_leaves_open_connections_and_a_death_does_not() -> None:
    async with (
        backend() as server,
        FaultProxy(server.port) as proxy,
        await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream,
    ):
        await stream.send_all(b"hi")
        assert await exactly(stream, 100) == ANSWER
        proxy.set(Refuse())
        await stream.send_all(b"hi")
        assert await exactly(stream, 100) == ANSWER
        proxy.set(Refuse(), Reset())
        assert await everything(stream) == (b"", "reset")
        with pytest.raises(OSError, match="all attempts"):
            await ask(proxy)


async def test_what_is_well_again_answers_again() -> None:
    async with backend() as server, FaultProxy(server.port) as proxy:
        for fault in (Cut(), Reset(), HalfClose(), BlackHole()):
            proxy.set(fault)
            assert (await ask(proxy, 0.05))[0] == b""
            proxy.set()
            async with await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream:
                await stream.send_all(b"hi")
                assert await exactly(stream, len(ANSWER)) == ANSWER


@pytest.mark.parametrize(("direction", "times"), [("up", 1), ("down", 1), ("both", 2)])
async def test_latency_delays_each_way(direction, times: int) -> None:
    async with (
        backend() as server,
        FaultProxy(server.port, Latency(0.05, jitter=0.01, direction=direction)) as proxy,
        await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream,
    ):
        began = trio.current_time()
        await stream.send_all(b"hi")
        assert await exactly(stream, 100) == ANSWER
        assert trio.current_time() - began >= 0.05 * times
        assert proxy.counts.applied == {Latency: 1}


async def test_latency_is_no_narrow_line() -> None:
    """Pieces are on their way together: fifteen of them, 10 ms apart, do not take fifteen delays."""

    async def drip(stream: trio.SocketStream) -> None:
        async with stream:
            for _ in range(15):
                await stream.send_all(b"x")
                await trio.sleep(0.01)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, drip, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]
        async with FaultProxy(port, Latency(1, direction="down")) as proxy:
            began = trio.current_time()
            assert (await ask(proxy, GUARD))[0] == b"x" * 15
            assert 1.1 <= trio.current_time() - began < 10
        nursery.cancel_scope.cancel()


async def test_a_narrow_line_takes_its_time() -> None:
    async with (
        backend(b"x" * 2000) as server,
        FaultProxy(server.port, Bandwidth(10_000, direction="down")) as proxy,
        await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream,
    ):
        began = trio.current_time()
        await stream.send_all(b"hi")
        first = await stream.receive_some(65_536)
        assert len(first) < 2000
        await exactly(stream, 2000 - len(first))
        assert trio.current_time() - began >= 0.2


@pytest.mark.parametrize("ending", [Cut(10), HalfClose(10)])
async def test_a_slow_close_comes_late(ending: Fault) -> None:
    async with backend() as server, FaultProxy(server.port, ending, SlowClose(0.1)) as proxy:
        async with await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream:
            began = trio.current_time()
            await stream.send_all(b"hi")
            assert await exactly(stream, 10) == ANSWER[:10]
            assert await everything(stream) == (b"", "eof")
            assert trio.current_time() - began >= 0.1
        assert proxy.counts.applied == {type(ending): 1, SlowClose: 1}


async def test_the_servers_own_close_can_be_slow() -> None:
    async with backend() as server, FaultProxy(server.port, SlowClose(0.1)) as proxy:
        async with await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream:
            began = trio.current_time()
            await stream.send_eof()
            assert await everything(stream) == (b"", "eof")
            assert trio.current_time() - began >= 0.1
        await wait_until_open(proxy, 0)


@pytest.mark.parametrize("position", [0, 42, 99])
async def test_exactly_one_byte_is_corrupt(position: int) -> None:
    async with backend() as server, FaultProxy(server.port, Corrupt(position), Cut(100)) as proxy:
        found, _ = await ask(proxy)
        assert [place for place in range(100) if found[place] != ANSWER[place]] == [position]
        assert proxy.counts.applied == {Corrupt: 1, Cut: 1}


async def fortunes(seed: int) -> list[bytes]:
    faults = (Cut(10, probability=0.3), Corrupt(within=100, probability=0.5), Cut(100))
    async with backend() as server, FaultProxy(server.port, *faults, seed=seed) as proxy:
        return [(await ask(proxy))[0] for _ in range(30)]


async def test_the_seed_decides() -> None:
    first = await fortunes(7)
    assert first == await fortunes(7)
    assert first != await fortunes(8)
    assert 1 < len([found for found in first if len(found) == 10]) < 20
    assert any(len(found) == 100 and found != ANSWER for found in first)


async def test_a_server_that_is_not_there_is_a_reset() -> None:
    with refusing() as port:
        async with FaultProxy(port) as proxy:
            assert await ask(proxy) == (b"", "reset")
            await wait_until_open(proxy, 0)
            assert not proxy.counts.applied


async def test_a_reset_of_one_side_is_one_of_the_other() -> None:
    async with (
        backend() as server,
        FaultProxy(server.port) as first,
        FaultProxy(first.port) as second,
        await trio.open_tcp_stream("127.0.0.1", second.port) as stream,
    ):
        await stream.send_all(b"hi")
        assert await exactly(stream, 100) == ANSWER
        first.set(Reset())
        assert await everything(stream) == (b"", "reset")
        await wait_until_open(second, 0)
        await server.wait_until_open(0)
        assert server.ends == ["reset"]


async def test_an_ending_is_not_missed_by_a_client_that_speaks_again_at_once() -> None:
    """The client has the last byte before the proxy gets to do anything more."""
    async with backend() as server, FaultProxy(server.port, Cut(100)) as proxy:
        for _ in range(50):
            async with await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream:
                await stream.send_all(b"hi")
                assert await exactly(stream, 100) == ANSWER
                await stream.send_all(b"hi")
                assert await everything(stream) == (b"", "eof")
        assert proxy.counts.applied == {Cut: 50}


async def test_every_request_is_counted_however_fast_they_follow() -> None:
    async with (
        backend() as server,
        FaultProxy(server.port) as proxy,
        await trio.open_tcp_stream("127.0.0.1", proxy.port) as stream,
    ):
        for _ in range(200):
            await stream.send_all(b"hi")
            assert await exactly(stream, 100) == ANSWER
        assert proxy.counts.requests == 200
