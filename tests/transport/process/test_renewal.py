"""A renewal is finished by whoever needs the process next, and nobody else waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from attrs import define, field
from transport.process.pool_support import KEY, FakeDriver, FakeProcess, Starter, pool_of, use

from claif.errors import ProviderRuntimeError
from claif.transport.broker.client import Adopted
from claif.transport.process.pool import HEALTH_TIMEOUT, Pool
from claif.transport.process.pool_key import PoolKey

ANSWERS_AFTER = 1.5
"""Seconds."""


@define(eq=False)
class Asking(FakeDriver):
    """Asks for what it needs to be ready, hears a first record, and then the answer."""

    sending: float = 0.0
    first: float = ANSWERS_AFTER / 2
    asked: int = 0
    heard: bool = False
    steps: list[str] = field(factory=list)

    @property
    def resumable(self) -> bool:
        return not self.heard

    async def begin_renewal(self) -> None:
        await trio.sleep(self.sending)
        self.steps.append("ask")

    async def renew(self) -> bool:
        await trio.sleep(self.first)
        self.heard = True
        await trio.sleep(ANSWERS_AFTER - self.first)
        self.steps.append("answer")
        return await self.healthy()

    def state(self) -> Mapping[str, Any]:
        return {"steps": list(self.steps)}


@define(eq=False)
class Taking(Asking):
    """Takes what waits."""

    async def renew(self) -> bool:
        ready = await super().renew()
        self.process.quiet = True
        return ready


async def left_after(driver: FakeDriver, seconds: float, meanwhile: Callable[[], None] | None = None) -> float:
    """Use a driver, have its pool left some time later, and tell how long that took."""

    async def start() -> FakeDriver:
        return driver

    async with pool_of() as pool:
        await use(pool, start)
        await trio.sleep(seconds)
        began = trio.current_time()
        if meanwhile is not None:
            meanwhile()
        await pool.leave()
        return trio.current_time() - began


@pytest.mark.mock_clock
async def test_one_that_has_asked_and_heard_nothing_is_left_as_it_is() -> None:
    driver = Asking()
    assert await left_after(driver, 0.1) == 0
    assert driver.process.left == {
        "owner": "k",
        "key": "",
        "seconds": 60,
        "turns": 1,
        "renewing": True,
        "state": {"steps": ["ask"]},
    }
    assert not driver.process.ended


@pytest.mark.mock_clock
@pytest.mark.parametrize("sending", [0.0, 0.2])
async def test_one_that_has_not_asked_yet_does_so_first(sending: float) -> None:
    driver = Asking(sending=sending)
    assert await left_after(driver, 0) == pytest.approx(sending)
    assert driver.process.left is not None
    assert driver.process.left["state"] == {"steps": ["ask"]}


@pytest.mark.mock_clock
@pytest.mark.parametrize("driver", [Asking(), FakeDriver(renewing=ANSWERS_AFTER)], ids=["heard", "cannot be gone on"])
async def test_one_that_nobody_else_can_finish_is_waited_for(driver: FakeDriver) -> None:
    assert await left_after(driver, 1) == pytest.approx(ANSWERS_AFTER - 1)
    assert driver.process.left is not None
    assert driver.process.left["renewing"] is False


@pytest.mark.mock_clock
async def test_what_it_says_between_its_answer_and_the_renewal_does_not_end_it() -> None:
    """The renewal takes that. Whoever leaves waits for it, as what waits to be read cannot be left."""
    driver = Taking(process=FakeProcess(quiet=False))
    assert await left_after(driver, 0) == pytest.approx(ANSWERS_AFTER)
    assert not driver.process.ended
    assert driver.process.left is not None
    assert driver.process.left["renewing"] is False


@pytest.mark.mock_clock
async def test_one_that_speaks_just_then_is_waited_for() -> None:
    driver = Taking()

    def speak() -> None:
        driver.process.quiet = False

    assert await left_after(driver, 0.1, speak) == pytest.approx(ANSWERS_AFTER - 0.1)
    assert driver.process.left is not None
    assert driver.process.left["renewing"] is False


@define(eq=False)
class LateProcess(FakeProcess):
    """Something comes between the cut and the leaving."""

    async def leave(self, what: Mapping[str, Any]) -> bool:
        return not what["renewing"] and await super().leave(what)


@pytest.mark.mock_clock
async def test_one_that_cannot_be_left_in_the_middle_is_finished_and_left_then() -> None:
    driver = Asking(process=LateProcess())
    assert await left_after(driver, 0.5) == pytest.approx(ANSWERS_AFTER)
    assert driver.process.left is not None
    assert driver.process.left["renewing"] is False
    assert driver.process.left["state"] == {"steps": ["ask", "answer"]}


@pytest.mark.mock_clock
async def test_one_that_does_not_get_ready_then_is_not_left() -> None:
    driver = Asking(process=LateProcess(), well=False)
    await left_after(driver, 0.5)
    assert driver.process.left is None
    assert driver.process.ended


@define
class OneElsewhere:
    """One process that another client has left while it was getting ready."""

    process: Any = field(factory=lambda: FakeProcess(quiet=False))

    async def take(self, key: PoolKey) -> Adopted | None:
        process, self.process = self.process, None
        return None if process is None else Adopted(process, {"steps": ["ask"]}, 3, renewing=True)


@asynccontextmanager
async def adopting(driver: FakeDriver, start: Callable[[], Awaitable[FakeDriver]]) -> AsyncIterator[Callable[[], Any]]:
    """A function that gives a lease, of what was left if that gets ready."""
    elsewhere = OneElsewhere(driver.process)

    def adopt(process: Any, state: Mapping[str, Any]) -> FakeDriver:
        assert state == {"steps": ["ask"]}
        return driver

    async with trio.open_nursery() as nursery:
        pool = Pool(nursery, elsewhere=elsewhere)
        yield lambda: pool.lease(KEY, start, adopt)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()


@pytest.mark.mock_clock
async def test_who_takes_it_finishes_it_whatever_waits_to_be_read(starter: Starter) -> None:
    driver = Taking(process=FakeProcess(quiet=False), first=0)
    async with adopting(driver, starter) as lend, lend() as lease:
        assert lease.value is driver
        assert driver.steps == ["answer"]
        assert (lease.turns, lease.renewing) == (3, False)
        assert trio.current_time() == pytest.approx(ANSWERS_AFTER)
        assert not starter.made


@pytest.mark.mock_clock
@pytest.mark.parametrize(
    ("driver", "how"),
    [
        (Taking(process=FakeProcess(quiet=False), well=False), "killed"),
        (Taking(process=FakeProcess(quiet=False), hang=True), "killed"),
        (Taking(process=FakeProcess(alive=False)), "killed"),
        (Asking(process=FakeProcess(quiet=False)), "closed"),
    ],
    ids=["refused", "no answer", "dead", "says more"],
)
async def test_one_that_does_not_get_ready_is_ended_and_another_one_started(
    starter: Starter, driver: Asking, how: str
) -> None:
    async with adopting(driver, starter) as lend, lend() as lease:
        assert lease.value is starter.made[0]
        await trio.testing.wait_all_tasks_blocked()
        assert driver.process.ended == how
        assert trio.current_time() <= HEALTH_TIMEOUT + 0.1


@pytest.mark.mock_clock
async def test_an_error_in_it_is_nobodys(starter: Starter) -> None:
    class Refusing(Taking):
        async def renew(self) -> bool:
            raise ProviderRuntimeError("no")

    driver = Refusing(process=FakeProcess(quiet=False))
    async with adopting(driver, starter) as lend, lend() as lease:
        assert lease.value is starter.made[0]
        await trio.testing.wait_all_tasks_blocked()
        assert driver.process.ended == "killed"


@pytest.mark.mock_clock
async def test_who_is_cancelled_while_finishing_it_ends_it(starter: Starter) -> None:
    driver = Taking(process=FakeProcess(quiet=False))
    async with adopting(driver, starter) as lend:
        with trio.move_on_after(1):
            async with lend():
                pytest.fail("it is not ready")
        await trio.testing.wait_all_tasks_blocked()
        assert driver.process.ended == "killed"
        assert not starter.made
