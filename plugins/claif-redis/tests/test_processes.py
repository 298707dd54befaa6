"""Several real processes share a real Redis or Valkey, and keep together to what one alone may do."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest
from claif_redis.state import RedisState
from servers import RedisServer, opened

from claif.api import Claim, Place

WORKER = Path(__file__).with_name("worker.py")
PROCESSES = 4
TASKS = 10
"""Of each, as in `worker.py`."""
TIMEOUT = 20.0
"""Seconds."""
TOLERANCE = 1.05
"""How much of a limit may be used in any window; the moments that are compared were measured in several processes."""


@pytest.fixture(params=["redis", "valkey"])
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    with RedisServer(kind=request.param) as running:
        yield running


def run(*arguments: object) -> list[list]:
    """What each of the processes said."""
    workers = [started(*arguments) for _ in range(PROCESSES)]
    for worker in workers:
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    said = [worker.communicate(timeout=60) for worker in workers]
    assert not any(worker.returncode for worker in workers), said
    return [json.loads(out) for out, _ in said]


def started(*arguments: object) -> subprocess.Popen[bytes]:
    """A process that has loaded all that it needs, and begins when it is sent a line."""
    command = [sys.executable, str(WORKER), *map(str, arguments)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"ready\n"
    return worker


def test_four_processes_keep_to_one_rate_in_any_window(server: RedisServer) -> None:
    """And use it: limits that are shared are not limits that are smaller."""
    per_second, burst, seconds = 60, 30, 3
    of_each = run("rates", server.url, per_second, burst, seconds)
    granted = sorted((tuple(one) for said in of_each for one in said), key=lambda one: one[1])
    assert sum(bool(said) for said in of_each) == PROCESSES
    ends = [after for _, after in granted]
    for begin in sorted({before for before, _ in granted}):
        inside = 0
        for before, after in granted[bisect_right(ends, begin) :]:
            inside += before >= begin
            assert inside <= TOLERANCE * (per_second * (after - begin) + burst)
    begun, ended = min(before for before, _ in granted), max(ends)
    # What is not asked for within half a second, since all are busy elsewhere, is lost.
    assert len(granted) > 0.7 * per_second * min(ended - begun, seconds)


def test_four_processes_have_no_more_places_than_there_are(server: RedisServer) -> None:
    """Nobody is let in while all are taken, and all of them are used."""
    held = [tuple(one) for said in run("places", server.url, 3, 5) for one in said]
    changes = sorted([(begin, 1) for begin, _ in held] + [(end, -1) for _, end in held])
    busy = most = 0
    for _, change in changes:
        busy += change
        most = max(most, busy)
    assert most == 3
    assert len(held) == PROCESSES * TASKS * 5


def test_four_processes_never_overrun_a_budget(server: RedisServer) -> None:
    """With a hundred claims each at once, exactly as many are allowed as there is money for."""
    assert sum(allowed for (allowed,) in run("budget", server.url, 1.0, 0.01, 100)) == 100
    assert server.command(b"GET", "claif:budget:b") == b"1000000"


def test_of_four_processes_one_asks_and_the_others_get_its_answer(server: RedisServer) -> None:
    """Each answer is asked for once."""
    assert sum(asked for (asked,) in run("locks", server.url, 50)) == 50


async def test_the_place_of_a_process_that_was_killed_is_free_after_its_lease(server: RedisServer) -> None:
    """And not before."""
    lease = 0.5
    worker = started("hold", server.url, lease)
    try:
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
        began = float(worker.stdout.readline())
    finally:
        worker.kill()
        worker.communicate()
    async with opened(RedisState(server.url, timeout=TIMEOUT)) as shared:
        claim = Claim("e", place=Place("p", 1, "me", 60))
        while (await shared.take(claim)).wait == inf:
            assert time.time() - began < lease + TIMEOUT
        assert time.time() - began >= lease
