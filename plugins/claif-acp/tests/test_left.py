"""A command leaves the agent while that begins the next session, and the next command finishes what was begun."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import trio
from claif_acp import driver
from patience import until
from processes import gone

from claif import Query
from claif.transport.broker.client import Broker
from claif.transport.process import pool

Opened = Callable[..., AbstractAsyncContextManager[Any]]
Place = Any
GUARD = 20.0
"""Seconds after which a test hangs."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no broker elsewhere")


@pytest.fixture(autouse=True)
def _it_tells_its_commands_however_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "COMMANDS_TIMEOUT", GUARD)


@pytest.fixture
def go(place: Place) -> Iterator[Path]:
    """A file for which the agent waits before it begins its second session; the broker ends with the test."""
    yield place.home.parent / "go"
    trio.run(Broker(place.home).tell, "stop")


async def table(place: Place) -> list[dict[str, Any]]:
    """What the broker keeps."""
    return (await Broker(place.home).tell("status") or {"status": []})["status"]


async def taken(place: Place) -> None:
    """Wait until a command has taken the one process that the broker keeps."""
    with trio.fail_after(GUARD):
        while (await table(place))[0]["state"] == "idle":  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.01)


def touch(path: Path) -> None:
    """Make a file."""
    path.touch()


async def ask(opened: Opened, behaviour: str, go: Path, **how: Any) -> str:
    """One command."""
    async with opened(behaviour, str(go), preset="qwen", keep_warm=True) as client:
        return str((await client.query("hi", **how)).text)


async def left(opened: Opened, place: Place, behaviour: str, go: Path) -> int:
    """Have one command leave its agent, and give the process id of that."""
    assert await ask(opened, behaviour, go) == "The answer of session-1."
    (row,) = await table(place)
    assert row["state"] == "idle"
    # It was sent before the process was left; the agent notes it when it gets to it.
    await until(lambda: len(place.told("session/new")) == 2, GUARD)
    return int(row["pid"])


@pytest.mark.parametrize("when", ["before", "at the same time", "after"])
async def test_the_next_command_gets_the_session_for_which_the_last_did_not_wait(
    opened: Opened, place: Place, go: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "HEALTH_TIMEOUT", GUARD)
    pid = await left(opened, place, "ahead", go)

    async def begin() -> None:
        if when == "after":
            await taken(place)
        touch(go)

    if when == "before":
        await begin()
        await until(lambda: len(place.told("said")) >= 2, GUARD)
        assert [row["state"] for row in await table(place)] == ["idle"], "it may speak while it waits"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(begin)
        assert await ask(opened, "ahead", go) == "The answer of session-2."
    assert await ask(opened, "ahead", go) == "The answer of session-3."
    (row,) = await table(place)
    assert (row["pid"], row["turns"]) == (pid, 3)
    assert [told["modeId"] for told in place.told("session/set_mode")][:3] == ["default"] * 3
    assert len(place.told("initialize")) == 1


@pytest.mark.parametrize("behaviour", ["ahead-error", "ahead-garbage", "ahead-nameless", "ahead-other", "ahead-exit"])
async def test_an_agent_that_does_not_begin_it_is_ended_and_the_next_command_starts_another(
    opened: Opened, place: Place, go: Path, behaviour: str
) -> None:
    pid = await left(opened, place, behaviour, go)
    touch(go)
    assert await ask(opened, behaviour, go) == "The answer of session-1."
    assert gone(pid, GUARD)
    assert len(place.told("initialize")) == 2


async def test_one_that_was_offered_files_is_for_commands_that_offer_them(
    opened: Opened, place: Place, go: Path
) -> None:
    await left(opened, place, "ahead", go)
    touch(go)
    async with opened("ahead", str(go), preset="qwen", keep_warm=True, serve_files=False) as client:
        assert (await client.query("hi")).text == "The answer of session-1."
    offers = [greeting["clientCapabilities"]["fs"]["readTextFile"] for greeting in place.told("initialize")]
    assert offers == [True, False]


async def test_one_that_never_begins_it_is_given_up(opened: Opened, place: Place, go: Path) -> None:
    pid = await left(opened, place, "ahead", go)
    assert await ask(opened, "ahead", go) == "The answer of session-1."
    assert gone(pid, GUARD)


async def test_one_that_dies_while_it_waits_is_kept_no_longer(opened: Opened, place: Place, go: Path) -> None:
    pid = await left(opened, place, "ahead", go)
    os.kill(pid, signal.SIGKILL)
    with trio.fail_after(GUARD):
        while await table(place):  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.01)


async def test_a_command_that_is_cancelled_while_it_finishes_it_leaves_nothing(
    opened: Opened, place: Place, go: Path
) -> None:
    pid = await left(opened, place, "ahead", go)
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, opened, "ahead", go)
            await taken(place)
            scope.cancel()
    assert gone(pid, GUARD)
    assert await table(place) == []
    assert await ask(opened, "ahead", go) == "The answer of session-1."


COMMAND = """
import json, sys, trio
from claif import Client
from claif.config import ConfigLoader

async def main():
    async with Client(ConfigLoader.from_mapping(json.loads(sys.argv[1]), home=sys.argv[2])) as client:
        await client.query("hi")

trio.run(main)
"""


async def test_a_command_that_is_killed_while_it_finishes_it_leaves_nothing(
    opened: Opened, place: Place, go: Path
) -> None:
    pid = await left(opened, place, "ahead", go)
    config = json.dumps(place.config("ahead", str(go), preset="qwen", keep_warm=True))
    command = await trio.lowlevel.open_process([sys.executable, "-c", COMMAND, config, str(place.home)])
    await taken(place)
    command.kill()
    await command.wait()
    assert gone(pid, GUARD)


async def test_a_driver_goes_on_where_another_one_was(opened: Opened, place: Place, go: Path) -> None:
    async def ignore(_event: object) -> None:
        pass

    async with opened("ahead", str(go), preset="qwen") as client:
        provider = client.provider("small")
        job = provider.job(Query("hi"))
        process = await provider.context.processes.start(job.command, job.policy, start_timeout=10)
        one, other = provider.driver(process, job), provider.driver(process, job)
        await one.open()
        assert await one.turn(job, ignore)
        assert one.resumable
        await one.begin_renewal()
        assert one.resumable
        other.go_on(json.loads(json.dumps(one.state())))
        touch(go)
        assert await other.renew()
        state = other.state()
        assert (state["ahead"]["id"], state["sessions"], state["begun"]) == ("session-2", 2, None)
        assert state["untold"] == []
        await process.kill()
    assert place.told("session/prompt")[0]["sessionId"] == "session-1"
