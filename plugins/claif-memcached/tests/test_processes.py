"""Several real processes share a real memcached."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import MemcachedServer

WORKER = Path(__file__).with_name("worker.py")
PROCESSES = 3


@pytest.fixture
def server() -> Iterator[MemcachedServer]:
    with MemcachedServer() as running:
        yield running


def test_of_three_processes_one_asks_and_the_others_get_its_answer(server: MemcachedServer) -> None:
    """Each answer is asked for once, large ones too, and nobody sees half of one."""
    command = [sys.executable, str(WORKER), server.url, "30"]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(PROCESSES)
    ]
    for worker in workers:
        assert worker.stdout.readline() == b"ready\n"
    for worker in workers:
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    said = [worker.communicate(timeout=60) for worker in workers]
    assert not any(worker.returncode for worker in workers), said
    assert sum(json.loads(out) for out, _ in said) == 30
