"""Many rounds with an agent that does not want to end: nothing survives any of them, and each is over soon."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import trio
from transport.process import as_nobody
from transport.process.support import NASTY, THOROUGH, marked, new_mark, processes_in, start, survivors

from claif.transport.sandbox.policy import Level

ROUNDS = 200 if THOROUGH else 10


def test_attack_43_nothing_of_a_nasty_agent_survives_any_of_many_rounds(tmp_path: Path, level: Level) -> None:
    async def one(mark: str) -> float:
        async with processes_in(tmp_path) as processes:
            process = await start(processes, NASTY, tmp_path, mark=mark)
            assert await process.receive() == {"ready": True}
            assert len(marked(mark)) >= 4
            began = time.monotonic()
            with trio.CancelScope() as scope:
                scope.cancel()
                await process.kill()
            return time.monotonic() - began

    times = []
    for _ in range(ROUNDS):
        mark = new_mark()
        times.append(trio.run(one, mark))
        assert not survivors(mark)
    times.sort()
    print(f"{level}: cancel to gone p50 {times[len(times) // 2] * 1000:.0f} ms, most {times[-1] * 1000:.0f} ms")
    assert times[-1] < 10, "a guard against what hangs, no measurement"


@pytest.mark.skipif(os.getuid() != 0, reason="whoever runs these tests without being root has no rights anyway")
def test_attack_43_nothing_survives_what_a_user_without_rights_ends(level: Level) -> None:
    with tempfile.TemporaryDirectory(prefix="claif-nobody-") as name:
        os.chown(name, as_nobody.NOBODY, as_nobody.NOBODY)
        mark = new_mark()
        done = subprocess.run(
            [sys.executable, as_nobody.__file__, name, level, mark],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert not survivors(mark)
