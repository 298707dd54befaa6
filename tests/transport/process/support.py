"""Programs that behave badly, and a way to start them."""

from __future__ import annotations

import hashlib
import os
import resource
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from claif.transport.process.command import Command
from claif.transport.process.process import Process
from claif.transport.process.processes import Processes
from claif.transport.process.tree import Marked
from claif.transport.sandbox.policy import Limits, Policy

ECHO = """
import sys
print("hello, not JSON")
for line in sys.stdin:
    sys.stdout.write('{"echo": ' + line.strip() + '}\\n')
    sys.stdout.flush()
sys.stderr.write("good bye\\n")
"""

SILENT = "import time; time.sleep(1000)"

NASTY = """
import os, signal, sys, time
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
told, telling = os.pipe()
def sleep():
    os.write(telling, b".")
    while True:
        time.sleep(100)
if not os.fork():
    sleep()
if not os.fork():
    os.setsid()
    sleep()
middle = os.fork()
if not middle:
    os.setsid()
    if os.fork():
        os._exit(0)
    for stream in (0, 1, 2):
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    sleep()
os.waitpid(middle, 0)
for _ in range(3):
    os.read(told, 1)
sys.stdout.write('{"ready": true}\\n')
sys.stdout.flush()
while True:
    time.sleep(100)
"""
"""Four processes that nobody can ask to end: the program, a child, one in a session of its own, and a daemon."""

START = 60.0
"""Seconds that a start may take on a machine that has much else to do."""
THOROUGH = bool(os.environ.get("CLAIF_TEST_THOROUGH"))
"""Whether as many rounds are run, and as much is written, as is promised; `tox -e thorough` does."""
MARK = "CLAIF_TEST_MARK"


def home_of(folder: Path) -> Path:
    """Claif's own folder, beside the working directory."""
    home = folder / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    return home


@asynccontextmanager
async def processes_in(folder: Path) -> AsyncIterator[Processes]:
    """Processes of a client whose home is in a folder."""
    async with trio.open_nursery() as nursery, Processes(home_of(folder), nursery) as processes:
        yield processes


def python(script: str, folder: Path, *, mark: str = "", **environment: str) -> Command:
    """A command that runs a script by a bare interpreter, in the folder `work`."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    path = work / f"program-{hashlib.sha256(script.encode()).hexdigest()[:8]}.py"
    if not path.exists():  # one that is just being started may be reading it
        path.write_text(script)
    if mark:
        environment[MARK] = mark
    return Command(
        program=Path(sys.executable), arguments=("-I", "-S", str(path)), environment=environment, directory=work
    )


async def start(
    processes: Processes, script: str, folder: Path, *, mark: str = "", limits: Limits | None = None, **environment: str
) -> Process:
    """Start a script; what confines it is for the fixture `level` to say."""
    command = python(script, folder, mark=mark, **environment)
    policy = Policy(wish="off", directory=command.directory, writable=True, limits=limits or Limits())
    return await processes.start(command, policy, start_timeout=START)


def new_mark() -> str:
    """A value that no other process has in its environment."""
    return uuid.uuid4().hex


def marked(mark: str) -> list[int]:
    """The living processes with a mark."""
    return Marked(f"{MARK}={mark}".encode()).members()


def survivors(mark: str, patience: float = 20.0) -> list[int]:
    """The processes with a mark that are still there after some seconds."""
    deadline = time.monotonic() + patience
    while (found := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def used_memory() -> int:
    """The most memory in bytes in which this process has resided so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def exists(pid: int) -> bool:
    """Whether there is a process, dead ones that nobody has reaped among them."""
    return os.path.exists(f"/proc/{pid}")
