"""Kills a process that writes to a SQLite store, again and again; prints what was lost: `python killed.py FILE ROUNDS`.

The children are forked from a process that has everything loaded, and nothing opened; so a round takes little more than
the time for which the child writes.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import trio

from claif.cache.sqlite import SqliteStore
from claif.cache.store import Labels

TASKS = 4
LEAST = 6
"""Rows that each has acknowledged at least before it is killed, however slow the machine is."""


def key_of(child: int, task: int, number: int) -> str:
    return f"{child:016x}{task:016x}{number:032x}"


def value_of(key: str) -> bytes:
    return (key * (1 + int(key[-4:], 16) % 60)).encode()


async def write(path: Path, child: int, acknowledged: int) -> None:
    """Put rows until killed; each key goes down the pipe when its row is acknowledged."""
    store = SqliteStore(path, 10**9)

    async def task(number: int) -> None:
        for count in range(10**9):
            key = key_of(child, number, count)
            now = time.time()
            await store.put(key, value_of(key), Labels("p", "m", "", now, now + 1000))
            os.write(acknowledged, key.encode())

    async with trio.open_nursery() as nursery:
        for number in range(TASKS):
            nursery.start_soon(task, number)


def one_round(path: Path, child: int, least: int, seconds: float) -> list[str]:
    """Have a child write so many rows, kill it so much later, and tell which keys it was told are kept."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        try:
            trio.run(write, path, child, writing)
        finally:
            os._exit(1)
    os.close(writing)
    data = b""
    while len(data) < 64 * least and (part := os.read(reading, 1 << 16)):
        data += part
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while part := os.read(reading, 1 << 16):
        data += part
    os.close(reading)
    text = data.decode()
    return [text[at : at + 64] for at in range(0, len(text) - 63, 64)]


def main(path: Path, rounds: int) -> None:
    chance = random.Random(7)
    acknowledged: list[str] = []
    for child in range(rounds):
        acknowledged += one_round(path, child, chance.randrange(LEAST, 6 * LEAST), chance.uniform(0, 0.005))
    with closing(sqlite3.connect(path)) as connection:
        intact = connection.execute("PRAGMA integrity_check").fetchone()[0]
        rows = dict(connection.execute("SELECT key, row FROM rows").fetchall())
        totals = connection.execute("SELECT rows, size FROM totals").fetchone()
        counted = connection.execute("SELECT count(*), sum(size) FROM rows").fetchone()
    lost = [key for key in acknowledged if rows.get(key) != value_of(key)]
    result = {
        "rounds": rounds,
        "acknowledged": len(acknowledged),
        "lost": len(lost),
        "integrity": intact,
        "totals_hold": totals == counted,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
