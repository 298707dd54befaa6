"""The clients of the benchmarks do what the rows rely on, and what is left over is found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from server import Server

CLIENTS = Path(__file__).parents[2] / "benchmarks" / "clients"
OURS = ["claif_client", "raw_httpcore2"]
"""Those that run in the environment of the tests."""
TIMEOUT = 120

LEAKING = """
from contextlib import asynccontextmanager
import httpcore2, trio
from on_trio import run

@asynccontextmanager
async def opened(options):
    url, kept = f"{options.url}/v1/chat/completions", []
    pool = httpcore2.AsyncConnectionPool(max_connections=1000)

    async def call():
        return (await pool.request("POST", url, content=b"{}")).content.decode()

    async def stream():
        kept.append(pool.stream("POST", url, content=b'{"stream":true}'))
        await kept[-1].__aenter__()
        await trio.sleep_forever()

    yield call, call if options.seed == 2 else stream

run(opened)
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Server() as server:
        yield server.url


def run(*command: object) -> str:
    environment = os.environ | {"PYTHONPATH": str(CLIENTS), "OPENAI_API_KEY": "sk-test"}
    done = subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, env=environment, timeout=TIMEOUT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", OURS)
def test_a_first_query_prints_its_answer(name: str, url: str) -> None:
    assert run(CLIENTS / f"{name}.py", "first", "--url", url, "--tokens", 3) == " tok0 tok1 tok2\n"


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("mode", ["call", "stream"])
def test_a_warm_client_counts_what_it_asked(name: str, mode: str, url: str) -> None:
    arguments = (mode, "--url", url, "--in-flight", 4, "--window", 0.05)
    found = json.loads(run(CLIENTS / f"{name}.py", *arguments))
    assert found["calls"] >= 4
    assert found["cpu_ms"] > 0
    assert found["rss"] > 1


def test_cancelled_streams_leave_nothing_of_claif_behind(url: str) -> None:
    found = json.loads(run(CLIENTS / "claif_client.py", "cancel", "--url", url, "--tokens", 500))
    assert found == {"cancelled": 400, "leaked": 0, "left": 0}


def test_connections_that_nobody_gives_back_are_found(url: str) -> None:
    """The measurement can fail: this client loses each connection whose stream is cancelled."""
    found = json.loads(run("-c", LEAKING, "cancel", "--url", url, "--tokens", 500))
    assert found["leaked"] > 10
    assert found["left"] > 10


def test_idle_connections_are_not_called_leaked(url: str) -> None:
    found = json.loads(run("-c", LEAKING, "cancel", "--url", url, "--seed", 2))
    assert found["leaked"] == 0
    assert found["left"] > 0
