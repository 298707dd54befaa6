"""Processes that write to a ledger and are killed in the middle of it; `python killed.py HOME kill ROUNDS | crowd`.

Each is forked from this one, which has loaded everything, so that a round takes hundredths of a second. What has been
acknowledged is told through a pipe: `b ID` when a call was let begin, `e ID` when it was completed.
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
from support import a_call, a_hold

from claif.costs.budget import Limit
from claif.ledger.ledger import Ledger

TASKS = 4
LEAST = 10
"""What each has acknowledged at least before it is killed, however slow the machine is."""
HELD, COST = 0.02, 0.01
KEEP = 86_400.0 * 400


async def write(home: Path, told: int, most: int, limits: tuple[Limit, ...]) -> None:
    ledger = Ledger(home, keep=KEEP)

    async def calls() -> None:
        for _ in range(most):
            call, hold = a_call(), a_hold()
            begun = await ledger.begin(call, hold, limits, HELD)
            if begun.refused is None:
                os.write(told, f"b {call.id}\n".encode())
                hold.cost = COST
            else:
                call.error = "BudgetExceededError"
            hold.ended = True
            await ledger.end(call, limits)
            os.write(told, f"e {call.id}\n".encode())
            for complaint in ledger.complaints():
                os.write(told, f"! {complaint}\n".encode())

    async with trio.open_nursery() as nursery:
        for _ in range(TASKS):
            nursery.start_soon(calls)
    await ledger.aclose()


def fork(home: Path, most: int, limits: tuple[Limit, ...]) -> tuple[int, int]:
    read, told = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        status = 1
        try:
            trio.run(write, home, told, most, limits)
            status = 0
        finally:
            os._exit(status)
    os.close(told)
    return child, read


def lines(read: int, first: bytes = b"") -> list[tuple[str, str]]:
    parts = [first]
    while part := os.read(read, 65536):
        parts.append(part)
    os.close(read)
    complete = b"".join(parts).decode().rpartition("\n")[0]
    return [(line[0], line[2:]) for line in complete.split("\n") if line]


def kill(home: Path, rounds: int) -> dict[str, object]:
    """Kill so many writers, each at another moment; what was acknowledged, and what of it is lost."""
    chance = random.Random(1)
    limit = (Limit("all", "", "month", 1e9),)
    begun, ended, complaints = set(), set(), []
    for _ in range(rounds):
        child, read = fork(home, 1_000_000, limit)
        first, least = b"", chance.randrange(LEAST, 4 * LEAST)
        while first.count(b"\n") < least and (part := os.read(read, 65536)):
            first += part
        time.sleep(chance.uniform(0, 0.005))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        for kind, what in lines(read, first):
            {"b": begun.add, "e": ended.add, "!": complaints.append}[kind](what)
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        states = dict(db.execute("SELECT id, state FROM calls"))
        held = {call for (call,) in db.execute("SELECT call FROM reservations")}
        (spent,) = db.execute("SELECT total(dollars) FROM spending").fetchone()
        (reserved,) = db.execute("SELECT total(dollars) FROM reservations").fetchone()
        (integrity,) = db.execute("PRAGMA integrity_check").fetchone()
    done = [call for call, state in states.items() if state == 1]
    return {
        "rounds": rounds,
        "acknowledged": len(begun) + len(ended),
        "lost": len([call for call in begun if call not in states])
        + len([call for call in ended if states.get(call) != 1]),
        "not held": len([call for call in begun - ended if states.get(call) != 1 and call not in held]),
        "accounts are right": abs(spent - COST * len(done)) < 1e-6 and abs(reserved - HELD * len(held)) < 1e-6,
        "cut off": len(states) - len(done),
        "integrity": integrity,
        "complaints": complaints,
    }


def crowd(home: Path, processes: int = 4, most: int = 50) -> dict[str, object]:
    """Several processes write at once, within one budget."""
    limit = (Limit("all", "", "day", 2.0),)
    children = [fork(home, most, limit) for _ in range(processes)]
    told = [line for _, read in children for line in lines(read)]
    statuses = [os.waitpid(child, 0)[1] for child, _ in children]
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        (calls, done, refused) = db.execute(
            "SELECT count(*), total(state = 1), total(error IS NOT NULL) FROM calls"
        ).fetchone()
        (spent,) = db.execute("SELECT total(dollars) FROM spending").fetchone()
        (held,) = db.execute("SELECT count(*) FROM reservations").fetchone()
    return {
        "statuses": statuses,
        "expected": processes * TASKS * most,
        "calls": calls,
        "done": done,
        "let begin": len([kind for kind, _ in told if kind == "b"]),
        "refused": refused,
        "spent": spent,
        "held": held,
        "complaints": [what for kind, what in told if kind == "!"],
    }


if __name__ == "__main__":
    folder, what, *numbers = sys.argv[1:]
    found = kill(Path(folder), int(numbers[0])) if what == "kill" else crowd(Path(folder))
    print(json.dumps(found))
