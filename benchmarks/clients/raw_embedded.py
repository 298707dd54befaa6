"""The bare runtime: the same child process, asked with httpcore2 and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import httpcore2
import trio
from common import finish, resident
from questions import QUESTIONS, SYSTEM, TOKENS, WARM_UP


def start(model: str, folder: str) -> tuple[subprocess.Popen[bytes], str]:
    from claif_local import server

    packages = str(Path(server.__file__).parent.parent)
    threads = min(4, len(os.sched_getaffinity(0)))
    order = {"model": model, "name": "m", "key": "k", "socket_path": 100, "packages": packages}
    child = subprocess.Popen(
        [sys.executable, "-I", str(server.__file__)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0", "TMPDIR": folder},
    )
    assert child.stdin
    assert child.stdout
    child.stdin.write(json.dumps(order | {"threads": threads, "context": int(sys.argv[2])}).encode() + b"\n")
    child.stdin.flush()
    address: str = json.loads(child.stdout.readline())["address"]
    return child, address.removeprefix("unix://")


async def first(pool: httpcore2.AsyncConnectionPool, question: str) -> float:
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
    body = {"model": "m", "messages": messages, "max_tokens": TOKENS, "temperature": 0.0, "stream": True}
    headers = {
        "host": "localhost",
        "authorization": "Bearer k",
        "content-type": "application/json",
        "connection": "close",
    }
    began, found = time.perf_counter(), None
    async with pool.stream(
        "POST", "http://localhost/v1/chat/completions", headers=headers, content=json.dumps(body).encode()
    ) as response:
        assert response.status == 200
        async for chunk in response.aiter_stream():
            for line in chunk.decode().splitlines():
                if found is None and line.startswith("data: {") and '"content":"' in line:
                    found = time.perf_counter() - began
    assert found is not None
    return found * 1000


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        child, socket = start(sys.argv[1], folder)
        async with httpcore2.AsyncConnectionPool(uds=socket) as pool:
            waits = [await first(pool, question) for question in QUESTIONS]
        memory = resident()
        child.communicate()
    finish({"first_ms": median(waits[WARM_UP:]), "rss": memory})


trio.run(main)
