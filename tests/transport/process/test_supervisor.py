"""The supervisor runs one program, and leaves nothing of it, whatever happens to whom."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import trio
from attrs import evolve
from transport.process.support import (
    ECHO,
    MARK,
    NASTY,
    START,
    THOROUGH,
    marked,
    new_mark,
    processes_in,
    python,
    start,
    survivors,
)

from claif.errors import DependencyError, InvalidQueryError, SandboxError
from claif.transport.process import supervised as supervised_module
from claif.transport.process.environment import RUN_ID
from claif.transport.process.supervised import start_supervised
from claif.transport.process.tree import children, parent
from claif.transport.sandbox.policy import Policy

pytestmark = pytest.mark.patience(120)


async def ready(processes: object, folder: Path, mark: str) -> tuple[object, int]:
    """The nasty agent, and the pid of its supervisor."""
    process = await start(processes, NASTY, folder, mark=mark)
    assert await process.receive() == {"ready": True}
    return process, parent(process.pid)


def of_process(pid: int, what: str) -> bytes:
    return Path(f"/proc/{pid}/{what}").read_bytes()


async def test_it_tells_nobody_what_it_runs_and_has_none_of_the_programs_variables(tmp_path: Path) -> None:
    async with processes_in(tmp_path) as processes:
        process = await start(processes, ECHO, tmp_path, SECRET_OF_PROGRAM="canary")
        supervisor = parent(process.pid)
        assert children(supervisor) == [process.pid]
        assert b"program" not in of_process(supervisor, "cmdline")
        assert b"canary" not in of_process(supervisor, "environ")
        assert [os.readlink(f"/proc/{supervisor}/fd/{stream}") for stream in range(3)] == ["/dev/null"] * 3
        await process.kill()


async def test_attack_43_nothing_survives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    mark = new_mark()
    async with processes_in(tmp_path) as processes:
        process, supervisor = await ready(processes, tmp_path, mark)
        os.kill(supervisor, signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
        await process.close()
        assert not survivors(mark)


async def test_attack_43_nothing_survives_a_supervisor_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised_module, "SWEEP_TIMEOUT", 0.2)
    mark = new_mark()
    async with processes_in(tmp_path) as processes:
        process, supervisor = await ready(processes, tmp_path, mark)
        os.kill(supervisor, signal.SIGSTOP)
        await process.kill()
        assert not survivors(mark)


async def test_attack_43_nothing_survives_a_start_that_is_given_up_while_the_supervisor_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised_module, "SWEEP_TIMEOUT", 1.0)
    mark, command = new_mark(), python(NASTY, tmp_path)
    argv = [str(command.program), *command.arguments]
    child = await start_supervised(argv, {MARK: mark, RUN_ID: mark}, command.directory, None, run_id=mark)
    assert await child.stdout.receive_some() == b'{"ready": true}\n'
    os.kill(parent(child.pid), signal.SIGSTOP)
    await child.give_up()
    assert not survivors(mark)


async def test_it_passes_signals_on(tmp_path: Path) -> None:
    script = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("{}", flush=True)
time.sleep(1000)
"""
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path)
        await process.receive()
        os.kill(parent(process.pid), signal.SIGTERM)
        assert await process.wait() == 7
        await process.close()


async def test_orphans_are_reaped_while_the_program_runs(tmp_path: Path) -> None:
    script = """
import os, time
for _ in range(20):
    if not os.fork():
        if not os.fork():
            time.sleep(0.05)
        os._exit(0)
    os.wait()
print("{}", flush=True)
time.sleep(1000)
"""
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path)
        await process.receive()
        supervisor = parent(process.pid)
        while of_process(supervisor, f"task/{supervisor}/children").split() != [b"%d" % process.pid]:  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.01)
        await process.kill()


async def test_what_cannot_be_run_is_told_with_its_reason(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    plain = tmp_path / "plain"
    plain.write_text("no program")
    plain.chmod(0o755)
    unreadable = tmp_path / "unreadable"
    unreadable.write_text("#!/bin/sh\n")
    unreadable.chmod(0o644)
    async with processes_in(tmp_path) as processes:
        command = python(ECHO, tmp_path)
        policy = Policy(wish="off", directory=command.directory)
        for changes, kind, why in [
            ({"program": script}, DependencyError, "first line"),
            ({"program": plain}, DependencyError, "Exec format"),
            ({"program": unreadable}, DependencyError, "Permission denied"),
            ({"program": tmp_path / "none"}, DependencyError, "No such file"),
            ({"directory": tmp_path / "none"}, InvalidQueryError, "working directory"),
            ({"arguments": ("a\0b",)}, InvalidQueryError, "NUL"),
            ({"arguments": ("\ud800",)}, InvalidQueryError, "Unicode"),
            ({"arguments": ("x" * 200_000,)}, InvalidQueryError, "too long"),
        ]:
            with pytest.raises(kind, match=why):
                await processes.start(evolve(command, **changes), policy, start_timeout=START)


async def test_a_program_that_cannot_be_confined_is_not_run(tmp_path: Path) -> None:
    command = python("open('ran', 'w')", tmp_path)
    with pytest.raises(SandboxError, match="could not be confined"):
        await start_supervised(
            [str(command.program), *command.arguments],
            {},
            command.directory,
            {"limits": {}, "calls": "00"},
            run_id=new_mark(),
        )
    assert not (command.directory / "ran").exists()


async def test_a_supervisor_that_cannot_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    async with processes_in(tmp_path) as processes:
        with pytest.raises(DependencyError, match="supervisor"):
            await start(processes, ECHO, tmp_path)


CLAIF = """
import sys, trio
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from transport.process.support import NASTY, processes_in, start
from claif.transport.sandbox import prepare
from claif.transport.sandbox.choose import Choice

prepare.choose = lambda *_: Choice(sys.argv[4])

async def main():
    async with processes_in(Path(sys.argv[1])) as processes:
        process = await start(processes, NASTY, Path(sys.argv[1]), mark=sys.argv[2])
        await process.receive()
        variables = Path("/proc", str(process.pid), "environ").read_bytes().decode()
        print(variables.partition("TMPDIR=")[2].partition("\\0")[0], flush=True)
        await trio.sleep_forever()

trio.run(main)
"""


def test_attack_43_nothing_survives_a_claif_that_is_killed(tmp_path: Path, level: str) -> None:
    for _ in range(100 if THOROUGH else 3):
        mark = new_mark()
        tests = str(Path(__file__).parents[2])
        with subprocess.Popen(
            [sys.executable, "-c", CLAIF, str(tmp_path), mark, tests, level],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        ) as claif:
            assert claif.stdout is not None
            folder = claif.stdout.readline().strip()
            assert len(marked(mark)) >= 4
            assert os.path.isdir(folder) or level == "bubblewrap"
            claif.kill()
        assert not survivors(mark)
        if level != "bubblewrap":  # whose end nobody sees
            while os.path.isdir(folder):
                time.sleep(0.01)
