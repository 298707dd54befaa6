"""What the keeper lends has said nothing while it waited, however little time there was to see that."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from broker.support import GUARD
from patience import until
from transport.process.support import ECHO, home_of, start
from trio.testing import wait_all_tasks_blocked

from claif.broker.held import Held
from claif.broker.keeper import Keeper
from claif.transport.process.pool_key import pool_key
from claif.transport.process.processes import Processes

KEY = pool_key("echo")


@asynccontextmanager
async def keeping(folder: Path, *, renewing: bool = False) -> AsyncIterator[tuple[Keeper, Held, trio.Event]]:
    """A keeper of one process that waits, and an event that is set when that has gone."""
    gone = trio.Event()
    async with trio.open_nursery() as nursery, Processes(home_of(folder), nursery, made=Held) as processes:
        keeper = Keeper(nursery, gone.set)
        held: Any = await start(processes, ECHO, folder)
        held.renewing = renewing
        keeper.all.add(held)
        keeper.keep(KEY, held, seconds=60.0)
        await wait_all_tasks_blocked()
        yield keeper, held, gone
        nursery.cancel_scope.cancel()


def speak(held: Held) -> None:
    os.write(held.fds()[0], b'"late"\n')


def die(held: Held) -> None:
    os.kill(held.pid, signal.SIGKILL)


async def test_what_is_silent_is_lent(tmp_path: Path) -> None:
    async with keeping(tmp_path) as (keeper, held, _):
        assert await keeper.take(KEY) is held
        assert await keeper.take(KEY) is None


@pytest.mark.parametrize("act", [speak, die])
async def test_what_speaks_or_dies_just_before_it_is_taken_is_not_lent(
    tmp_path: Path, act: Callable[[Held], None]
) -> None:
    async with keeping(tmp_path) as (keeper, held, gone):
        act(held)
        # No task of the keeper's can see it meanwhile.
        assert select.select([held.fds()[1]], [], [], GUARD)[0]
        assert await keeper.take(KEY) is None
        with trio.fail_after(GUARD):
            await gone.wait()
        assert keeper.empty


@pytest.mark.parametrize("renewing", [False, True])
async def test_what_ends_before_its_silence_is_seen_to_end_is_gone(tmp_path: Path, renewing: bool) -> None:
    """Its descriptors are given back while they are watched, which is no fault of the broker's."""
    async with keeping(tmp_path, renewing=renewing) as (keeper, held, gone):
        held._child.stdout.close()
        held._child.stderr.close()
        await wait_all_tasks_blocked()
        die(held)
        with trio.fail_after(GUARD):
            await gone.wait()
        assert keeper.empty


@pytest.mark.parametrize("renewing", [False, True])
async def test_what_has_ended_before_it_waits_is_gone(tmp_path: Path, renewing: bool) -> None:
    async with keeping(tmp_path) as (keeper, held, _):
        assert await keeper.take(KEY) is held
        await held.kill()
        held.renewing = renewing
        keeper.keep(KEY, held, seconds=60.0)
        await until(lambda: keeper.empty)
