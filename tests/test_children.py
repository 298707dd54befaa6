"""Children that run for a moment; what `claif plugins check` needs of them is tested there."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from claif import children
from claif.children import MOST_BYTES, Ended, run_child


async def test_code_output_variables_and_folder_are_what_they_should_be(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), os.environ['X'], sys.stdin.read()); os.write(2, b'oops'); sys.exit(3)"
    ended = await run_child([sys.executable, "-c", code], timeout=30, environ={"X": "y"}, folder=tmp_path)
    assert (ended.code, ended.out.split(), ended.err) == (3, [bytes(tmp_path), b"y"], b"oops")


def test_who_takes_too_long_is_killed(tmp_path: Path) -> None:
    """The clock stands until it has said something, and then its time is over."""
    said, clock = tmp_path / "said", MockClock()
    code = f"import pathlib, time; print(1, flush=True); pathlib.Path({str(said)!r}).touch(); time.sleep(60)"

    async def pass_time() -> None:
        guard = time.monotonic() + 25
        while not said.exists() and time.monotonic() < guard:
            await trio.to_thread.run_sync(time.sleep, 0.01)
        clock.jump(100)

    async def run() -> Ended:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pass_time)
            return await run_child([sys.executable, "-c", code], timeout=100)

    ended = trio.run(run, clock=clock)
    assert (ended.code, ended.out) == (None, b"1\n")


async def test_a_killed_child_that_goes_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test kit looks for processes that are left."""
    late: list[threading.Timer] = []

    def kill(process: trio.Process) -> None:
        late.append(threading.Timer(1.5, process.kill))
        late[0].start()

    monkeypatch.setattr(children, "_kill", kill)
    assert (await run_child([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.1)).code is None
    assert late[0].finished.is_set()
    late[0].join()


async def test_output_beyond_the_limit_is_read_and_not_kept() -> None:
    ended = await run_child(
        [sys.executable, "-c", "import os\nfor _ in range(64): os.write(2, b'x' * 65536)"], timeout=30
    )
    assert (ended.code, len(ended.err)) == (0, MOST_BYTES)


async def test_the_limit_can_be_another_one() -> None:
    command = [sys.executable, "-c", "import os\nfor _ in range(64): os.write(1, b'x' * 65536)"]
    assert len((await run_child(command, timeout=30, most=2**30)).out) == 64 * 65536
    assert len((await run_child(command, timeout=30, most=10)).out) == 10


async def test_a_cancelled_child_is_gone_at_once(tmp_path: Path) -> None:
    started = tmp_path / "started"
    code = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(60)"
    with trio.move_on_after(20) as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: run_child([sys.executable, "-c", code], timeout=60))
            while not started.exists():  # noqa: ASYNC110 - another process makes it
                await trio.sleep(0.01)
            scope.cancel()
    # The test kit looks for processes that are left.


async def test_what_cannot_be_started_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await run_child([str(tmp_path / "nothing")], timeout=5)
