"""The ladders: how a process is ended gently or at once, and that nothing survives either."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio
from transport.process.support import NASTY, marked, new_mark, processes_in, start, survivors

from claif.transport.process import process as process_module
from claif.transport.process.process import Process
from claif.transport.sandbox.policy import Level

pytestmark = pytest.mark.patience(120)
POLITE = """
import signal, sys, time
def saved(*_):
    with open("history", "w") as file:
        file.write("last line")
    sys.exit(0)
signal.signal(signal.SIGTERM, saved)
print("{}", flush=True)
%s
"""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is given seconds."""
    monkeypatch.setattr(process_module, "CLOSE_TIMEOUT", 0.3)


async def test_a_program_that_ends_with_its_input_is_not_signalled(tmp_path: Path, level: Level) -> None:
    script = POLITE % "sys.stdin.read()\nwith open('history', 'w') as file:\n    file.write('by end of input')"
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path)
        await process.receive()
        await process.close()
    assert process.returncode == 0
    assert (tmp_path / "work" / "history").read_text() == "by end of input"


async def test_one_that_ignores_the_end_of_its_input_is_asked_by_a_signal(
    tmp_path: Path, level: Level, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = POLITE % "while True:\n    time.sleep(100)"
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path)
        await process.receive()
        terminate = process._child.terminate

        def ask() -> None:
            monkeypatch.setattr(process_module, "CLOSE_TIMEOUT", 20.0)
            terminate()

        monkeypatch.setattr(process._child, "terminate", ask)
        await process.close()
    assert process.returncode == 0
    assert (tmp_path / "work" / "history").read_text() == "last line"


async def test_output_is_read_while_it_ends_so_that_it_is_not_held_up(tmp_path: Path, level: Level) -> None:
    script = POLITE % "sys.stdin.read()\nprint('x' * 3_000_000, flush=True)"
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path)
        await process.receive()
        await process.close()
    assert process.returncode == 0


async def ready(processes: object, folder: Path, mark: str) -> Process:
    """The nasty agent, with all its four processes."""
    process = await start(processes, NASTY, folder, mark=mark)
    assert await process.receive() == {"ready": True}
    assert len(marked(mark)) >= 4
    return process


Ending = Callable[[Process], Awaitable[None]]


async def cancelled(process: Process) -> None:
    """Killed within a scope that is cancelled."""
    with trio.CancelScope() as scope:
        scope.cancel()
        await process.kill()


async def upgraded(process: Process) -> None:
    """Closed, which would take a minute, and killed meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process_module, "CLOSE_TIMEOUT", 60.0)
        await kill_while_closing(process)


async def kill_while_closing(process: Process) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(process.close)
        await trio.sleep(0.05)
        began = time.monotonic()
        await process.kill()
        assert time.monotonic() - began < 20


async def all_at_once(process: Process) -> None:
    """Killed and closed by many."""
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(process.kill)
            nursery.start_soon(process.close)


@pytest.mark.parametrize("end", [Process.kill, cancelled, upgraded, all_at_once])
async def test_attack_43_nothing_of_a_nasty_agent_survives_a_kill(tmp_path: Path, level: Level, end: Ending) -> None:
    mark = new_mark()
    async with processes_in(tmp_path) as processes:
        process = await ready(processes, tmp_path, mark)
        await end(process)
        assert not process.alive
        assert not survivors(mark, patience=0.0 if level != "bubblewrap" else 20.0)


@pytest.mark.usefixtures("impatient")
async def test_attack_43_nothing_of_a_nasty_agent_survives_a_gentle_end(tmp_path: Path, level: Level) -> None:
    mark = new_mark()
    async with processes_in(tmp_path) as processes:
        process = await ready(processes, tmp_path, mark)
        await process.close()
        assert not survivors(mark)
    assert process.returncode == -9


async def test_attack_43_nothing_of_a_nasty_agent_survives_its_own_end(tmp_path: Path, level: Level) -> None:
    mark = new_mark()
    script = NASTY.rpartition("while True:")[0]
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path, mark=mark)
        assert await process.receive() == {"ready": True}
        assert await process.wait() == 0
        assert not survivors(mark)
        await process.close()


async def test_attack_43_nothing_of_many_nasty_agents_survives_a_cancelled_client(
    tmp_path: Path, level: Level, impatient: None
) -> None:
    mark = new_mark()
    with trio.CancelScope() as scope:
        async with processes_in(tmp_path) as processes:
            for _ in range(3):
                await ready(processes, tmp_path, mark)
            began = time.monotonic()
            scope.cancel()
            await trio.sleep_forever()
    assert scope.cancelled_caught
    assert not survivors(mark)
    assert time.monotonic() - began < 20


def is_folder(path: str) -> bool:
    return Path(path).is_dir()


async def test_the_private_folder_goes_with_the_process(tmp_path: Path, level: Level) -> None:
    script = """
import json, os, time
folder = os.environ["TMPDIR"]
os.makedirs(os.path.join(folder, "a", "b"))
open(os.path.join(folder, "a", "b", "file"), "w").close()
os.chmod(os.path.join(folder, "a", "b"), 0o500)
os.symlink("/", os.path.join(folder, "root"))
print(json.dumps({"folder": folder, "mode": os.stat(folder).st_mode & 0o777}), flush=True)
time.sleep(1000)
"""
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path)
        record = await process.receive()
        assert record is not None
        assert record["mode"] == 0o700
        assert is_folder(record["folder"])
        await process.kill()
    assert not is_folder(record["folder"])
    assert is_folder("/usr")
