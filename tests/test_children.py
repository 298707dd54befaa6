"""Children that run for a moment; what `claif plugins check` needs of them is tested there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import trio

from claif.children import MOST_BYTES, run_child


async def test_code_output_variables_and_folder_are_what_they_should_be(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), os.environ['X'], sys.stdin.read()); os.write(2, b'oops'); sys.exit(3)"
    ended = await run_child([sys.executable, "-c", code], timeout=30, environ={"X": "y"}, folder=tmp_path)
    assert (ended.code, ended.out.split(), ended.err) == (3, [bytes(tmp_path), b"y"], b"oops")


async def test_who_takes_too_long_is_killed(tmp_path: Path) -> None:
    ended = await run_child([sys.executable, "-c", "import time; print(1, flush=True); time.sleep(60)"], timeout=2)
    assert (ended.code, ended.out) == (None, b"1\n")


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
