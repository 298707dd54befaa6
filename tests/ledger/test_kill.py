"""The ledger under `kill -9`, and written by several processes at once; real processes in real time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from claif.ledger.report import open_report

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

HERE = Path(__file__).parent
ROUNDS = 200
TIMEOUT = 240


def run(home: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(HERE / "killed.py"), str(home), *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_that_was_acknowledged_is_lost_when_writers_are_killed(tmp_path: Path) -> None:
    found = run(tmp_path, "kill", str(ROUNDS))
    assert found["rounds"] == ROUNDS
    assert found["acknowledged"] >= 10 * ROUNDS
    assert (found["lost"], found["not held"], found["integrity"], found["complaints"]) == (0, 0, "ok", [])
    assert found["accounts are right"]
    assert found["cut off"] > 0, "nobody was killed in the middle of anything"
    with open_report(tmp_path) as report:
        assert report is not None
        states = [call["state"] for call in report.calls(1_000_000, 0, time.time() + 1)]
        sums = report.sums(None, 0, time.time() + 1)[0]
    assert states.count("interrupted") == sums.errors == found["cut off"]
    assert "running" not in states


def test_processes_and_tasks_that_write_at_once_share_one_budget(tmp_path: Path) -> None:
    found = run(tmp_path, "crowd")
    assert found["statuses"] == [0, 0, 0, 0]
    assert found["calls"] == found["done"] == found["expected"] == 800
    assert found["complaints"] == []
    assert found["held"] == 0
    assert found["spent"] <= 2.0 + 1e-6
    assert found["let begin"] + found["refused"] == 800
    assert found["let begin"] >= 190, "what was held is given back, so that nearly all of it can be spent"
