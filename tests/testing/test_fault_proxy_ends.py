"""Whatever a fault proxy is doing, it leaves nothing behind."""

from __future__ import annotations

import pytest
import trio
from testing.loopback import ask, backend, everything, living_tasks, wait_for_tasks, wait_until_open

from claif.testing import FaultProxy, LeakCheck
from claif.testing.faults import Bandwidth, BlackHole, Cut, Fault, HalfClose, Latency, Refuse, Reset, SlowClose
from claif.testing.steps import cancelled_at_every_step


@pytest.mark.parametrize(
    "faults",
    [(), (Latency(9),), (Bandwidth(1),), (BlackHole(),), (HalfClose(5),), (Cut(5), SlowClose(9)), (BlackHole(5),)],
)
async def test_the_end_of_the_block_ends_connections_whatever_they_wait_for(faults: tuple[Fault, ...]) -> None:
    async with backend() as server:
        before, tasks = LeakCheck(), living_tasks()
        async with FaultProxy(server.port, *faults) as proxy:
            stream = await trio.open_tcp_stream("127.0.0.1", proxy.port)
            await stream.send_all(b"hi")
            await wait_until_open(proxy, 1)
            await trio.sleep(0.02)  # for the fault to take hold
        async with stream:
            assert (await everything(stream))[1] in {"eof", "reset"}
        assert proxy.counts.open == 0
        await server.wait_until_open(0)
        await wait_for_tasks(tasks)
        before.assert_clean()
        with pytest.raises(OSError, match="all attempts"):
            await trio.open_tcp_stream("127.0.0.1", proxy.port)


@pytest.mark.parametrize(
    "faults", [(), (Cut(5),), (Reset(5),), (HalfClose(5), SlowClose(0.001)), (Refuse(probability=0),)]
)
async def test_a_proxy_cancelled_at_any_step_leaks_nothing(faults: tuple[Fault, ...]) -> None:
    async with backend() as server:

        async def once() -> None:
            async with FaultProxy(server.port, *faults) as proxy:
                await ask(proxy, 0.01)
                proxy.set(Refuse())
                proxy.set(BlackHole())
                await ask(proxy, 0.01)

        await once()
        await server.wait_until_open(0)
        before, tasks = LeakCheck(), living_tasks()
        async for _ in cancelled_at_every_step(once):
            await server.wait_until_open(0)
        await wait_for_tasks(tasks)
        before.assert_clean()


async def test_an_error_of_the_test_arrives_as_it_is() -> None:
    with pytest.raises(LookupError):
        async with FaultProxy(1):
            raise LookupError
