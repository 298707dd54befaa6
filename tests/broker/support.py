"""An agent that says what it hears and who it is, kept warm by a real broker."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from processes import gone
from transport.process.echo_agent import EchoAgent

from claif.api import Client
from claif.config import ConfigLoader
from claif.transport.broker.client import Broker
from claif.transport.broker.place import connected, opened

GUARD = 20.0
"""Seconds after which a test hangs."""


@asynccontextmanager
async def client_in(folder: Path, agent: type[EchoAgent] = EchoAgent, **table: Any) -> AsyncIterator[Client]:
    """A client whose home is in a folder, and that keeps its agent warm."""
    (folder / "work").mkdir(exist_ok=True)
    home = folder / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    settings = {"directory": str(folder / "work"), **table}
    config = {"general": {"keep_warm": True, "default_provider": "echo"}, "providers": {"echo": settings}}
    async with Client(ConfigLoader.from_mapping(config, home=home), providers={"echo": agent}) as client:
        yield client


async def ask(
    folder: Path, prompt: str = "hi", agent: type[EchoAgent] = EchoAgent, **table: Any
) -> tuple[int, int, str]:
    """The process id of who answered, how often it has answered, and what it knows of its conversation."""
    async with client_in(folder, agent, **table) as client:
        pid, turns, said = (await client.query(prompt)).text.split(" ", 2)
        return int(pid), int(turns), said


async def status(folder: Path) -> list[dict[str, Any]] | None:
    """What the broker of a folder keeps; `None` if there is none."""
    told = await Broker(folder / "home").tell("status")
    return None if told is None else told["status"]


def pid_of_broker(folder: Path) -> int:
    """The process id of the broker that takes clients; others may be about to find that there is one."""
    with opened(folder / "home") as place:
        connection = connected(place)
    assert connection is not None, "there is no broker"
    with connection:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid: int = struct.unpack("3i", credentials)[0]
    return pid


def brokers(folder: Path) -> list[int]:
    """The process ids of all that are, were or want to be the broker."""
    wanted = str(folder / "home").encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if wanted in words and any(b"claif.broker.main" in word for word in words):
            found.append(int(path.parent.name))
    return found


def end(folder: Path) -> None:
    """End the broker of a folder, if there is one, and whoever wanted to be it."""
    for pid in brokers(folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        assert gone(pid, GUARD)


KILLED = """
import sys, trio
from pathlib import Path
from broker.support import client_in

async def main():
    async with client_in(Path(sys.argv[1]), env={"MODE": "other"}) as client:
        print((await client.query("hi")).text, flush=True)
        await trio.sleep_forever()

trio.run(main)
"""


def killed_client(folder: Path) -> int:
    """Kill a client that holds a process, and give the process id of that."""
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", KILLED, str(folder)]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        pid = int(client.stdout.readline().split()[0])
        client.kill()
    return pid


def switches(pid: int) -> int:
    """How often a process was given a processor."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)


def resident(pid: int) -> int:
    """The bytes of memory in which a process resides."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def seen_by_others(folder: Path, pid: int) -> bytes:
    """The arguments and variables of a process, and all files of the home."""
    found = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
    for path in (folder / "home").rglob("*"):
        if path.is_file():
            found += path.read_bytes()
    return found


def environment_of(pid: int) -> dict[str, str]:
    """The variables of a process."""
    words = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict([word.split("=", 1) for word in words if word])
