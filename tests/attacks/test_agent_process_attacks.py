"""Attacks 2, 5, 7, 18, 19, 42, 46 and 52: what a program gets of ours, and what it can do to us."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import pytest
import trio
from attacks.open_files import OPEN, inheritable
from attrs import evolve
from transport.process.conftest import bubblewrap, level, unhurried
from transport.process.support import (
    ECHO,
    START,
    THOROUGH,
    marked,
    new_mark,
    processes_in,
    python,
    start,
    survivors,
    used_memory,
)

from claif.errors import DependencyError, InvalidQueryError, ProtocolError
from claif.transport.process.find import find_program
from claif.transport.process.process import Process
from claif.transport.process.spool import BACKLOG
from claif.transport.sandbox.policy import Level, Limits, Policy

__all__ = ("bubblewrap", "inheritable", "level", "unhurried")

pytestmark = pytest.mark.patience(120)

MIB = 1024 * 1024
FLOOD = (10 * 1024 if THOROUGH else 256) * MIB
"""Bytes."""
GROWTH = 64 * MIB
"""Bytes by which we may grow."""


async def test_attack_02_a_long_prompt_goes_in_by_standard_input(tmp_path: Path, level: Level) -> None:
    prompt = "\u00e9\0" + "x" * (10 * MIB)
    async with processes_in(tmp_path) as processes:
        process = await start(processes, ECHO, tmp_path)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(process.send, {"prompt": prompt})
            record = await process.receive()
        assert record == {"echo": {"prompt": prompt}}
        await process.close()


async def test_attack_02_what_no_system_takes_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    mark = new_mark()
    async with processes_in(tmp_path) as processes:
        command = python(ECHO, tmp_path, mark=mark)
        policy = Policy(wish="off", directory=command.directory)
        for changes in (
            {"arguments": ("a\0b",)},
            {"arguments": ("\ud800",)},
            {"environment": {"A": "b\0"}},
            {"environment": {"A": "\udfff"}},
        ):
            with pytest.raises(InvalidQueryError):
                await processes.start(evolve(command, **changes), policy, start_timeout=START)
        process = await start(processes, ECHO, tmp_path)
        with pytest.raises(InvalidQueryError, match="surrogate"):
            await process.send({"prompt": "\ud800"})
        await process.kill()
    assert not survivors(mark)


def test_attack_05_a_program_is_never_found_where_anybody_could_have_put_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    for folder in (project, project / "bin", tmp_path / "loose"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "claude").write_text("#!/bin/sh\necho owned\n")
        (folder / "claude").chmod(0o755)
    (tmp_path / "loose").chmod(0o1777)
    monkeypatch.chdir(project)
    for entry in (".", "", "bin", "./bin", "../project", str(project), str(tmp_path / "loose"), f"{project}/."):
        with pytest.raises(DependencyError):
            find_program("claude", configured=None, environ={"PATH": entry})
    with pytest.raises(DependencyError, match="relative"):
        find_program("claude", configured="./claude", environ={"PATH": ""})
    found = find_program("claude", configured=None, environ={"PATH": f".::bin:{project / 'bin'}"})
    assert found == project / "bin" / "claude", "who names a folder of a project by its absolute path means it"


LOOK = f"""{OPEN}
import json
print(json.dumps({{"files": found, "environment": dict(os.environ)}}), flush=True)
"""
STEERING = ("LD_PRELOAD", "NODE_OPTIONS", "PYTHONPATH", "BASH_ENV", "GIT_DIR", "SSH_AUTH_SOCK", "DOCKER_HOST")
SECRETS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "CLAIF_HOME", "X_TOKEN")


async def look(folder: Path, environment: Mapping[str, str]) -> dict[str, object]:
    """What a program sees of what it got."""
    async with processes_in(folder) as processes:
        process = await start(processes, LOOK, folder, **environment)
        record = await process.receive()
        assert record is not None, process.ended("It")
        await process.close()
        return record


@pytest.mark.usefixtures("inheritable")
async def test_attack_46_a_program_begins_with_three_files(tmp_path: Path, level: Level) -> None:
    assert (await look(tmp_path, {}))["files"] == [0, 1, 2]


async def test_attack_07_a_program_gets_nothing_of_ours_that_steers_it_or_is_secret(
    tmp_path: Path, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / ".env").write_text("CLAIF_HOME=/evil\nLD_PRELOAD=/evil.so\nOPENAI_BASE_URL=http://evil\n")
    monkeypatch.chdir(tmp_path / "work")
    for name in (*STEERING, *SECRETS):
        monkeypatch.setenv(name, "" if name == "LD_PRELOAD" else "canary")
    found = (await look(tmp_path, {"ITS_OWN": "key"}))["environment"]
    assert isinstance(found, dict)
    assert found["ITS_OWN"] == "key"
    assert not found.keys() & {*STEERING, *SECRETS, "OPENAI_BASE_URL"}
    assert "canary" not in json.dumps(found)


CLAIF = """
import sys, trio
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from attacks import test_agent_process_attacks as attacks
trio.run(getattr(attacks, sys.argv[2]), Path(sys.argv[3]))
"""


def in_a_process_of_its_own(function: str, folder: Path, seconds: float = 600) -> None:
    """Run an attack where nothing else has used memory before."""
    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", CLAIF, tests, function, str(folder)], timeout=seconds, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


async def started(folder: Path, processes: object, script: str) -> tuple[Process, int]:
    """A program that is ready, and the memory that is used then."""
    process = await start(processes, script, folder)
    assert await process.receive() == {}
    return process, used_memory()


def flood(block: str, *, into: int = 1, then: str = "") -> str:
    """A program that says it is ready, and then writes a block of bytes again and again: `FLOOD` in all."""
    return f"""
import os
os.write(1, b'{{}}\\n')
block = {block}
for _ in range({FLOOD // MIB}):
    left = block
    while left:
        left = left[os.write({into}, left):]
{then}
"""


ENDLESS = flood(f"b'{{' + b'x' * {MIB - 1}")


async def endless_line(folder: Path) -> None:
    async with processes_in(folder) as processes:
        process, before = await started(folder, processes, ENDLESS)
        with pytest.raises(ProtocolError, match="64 MiB"):
            await process.receive()
        assert await process.wait() == 0, "it was held up"
        await process.close()
        assert used_memory() - before <= GROWTH


def test_attack_18_a_line_without_end_is_given_up_in_little_memory(tmp_path: Path) -> None:
    in_a_process_of_its_own("endless_line", tmp_path)


STDERR = flood(f"(b'error ' + b'x' * 1000 + b'\\n') * {MIB // 1007}", into=2, then="os.write(1, b'{\"done\": 1}\\n')")


async def flooded_stderr(folder: Path) -> None:
    async with processes_in(folder) as processes:
        process, before = await started(folder, processes, STDERR)
        assert await process.receive() == {"done": 1}
        await process.close()
        assert used_memory() - before <= GROWTH


def test_attack_19_a_flooded_standard_error_holds_nothing_up(tmp_path: Path) -> None:
    in_a_process_of_its_own("flooded_stderr", tmp_path)


STDOUT = flood(f"(b'{{\"text\": \"' + b'x' * 1000 + b'\"}}\\n') * {MIB // 1013}")


async def flooded_stdout(folder: Path) -> None:
    """Nobody reads for a while; more than waits on the disk is an error, and all of it is there below that."""
    async with processes_in(folder) as processes:
        process, before = await started(folder, processes, STDOUT)
        assert await process.wait() == 0, "it was held up"
        if FLOOD > BACKLOG:
            with pytest.raises(ProtocolError, match="1024 MiB that nobody took"):
                await process.receive()
        else:
            for _ in range(FLOOD // MIB * (MIB // 1013)):
                assert await process.receive()
            assert await process.receive() is None
        await process.close()
        assert used_memory() - before <= GROWTH


def test_attack_19_a_flooded_standard_output_that_nobody_reads_waits_on_the_disk(tmp_path: Path) -> None:
    in_a_process_of_its_own("flooded_stdout", tmp_path)


async def test_attack_19_a_program_that_reads_nothing_does_not_hold_up_its_end(tmp_path: Path, level: Level) -> None:
    async with processes_in(tmp_path) as processes:
        process = await start(processes, "import time\nprint('{}', flush=True)\ntime.sleep(1000)", tmp_path)
        await process.receive()
        with trio.move_on_after(0.1):
            await process.send({"prompt": "x" * (10 * MIB)})
        with trio.fail_after(20):
            await process.kill()


BOMB = """
import os, time
for _ in range(5):
    os.fork()
while True:
    time.sleep(0.005)
    if not os.fork():
        time.sleep(0.02)
        os._exit(0)
    while os.waitpid(-1, os.WNOHANG)[0]:
        pass
"""
"""Keeps to itself as far as a bomb can: 32 processes, each with a few children that come and go all the time."""


async def test_attack_42_a_bomb_of_forks_is_ended_while_it_explodes(tmp_path: Path, level: Level) -> None:
    mark = new_mark()
    async with processes_in(tmp_path) as processes:
        process = await start(processes, BOMB, tmp_path, mark=mark)
        while len(marked(mark)) < 50:  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.02)
        await process.kill()
        assert not survivors(mark)


HOGS = {
    "memory": ("x = b'x' * (1 << 30)", Limits(memory=256 * MIB)),
    "cpu": ("while True: pass", Limits(cpu=1)),
    "file_size": ("open('big', 'wb').write(b'x' * (64 << 20))", Limits(file_size=16 * MIB)),
}


@pytest.mark.parametrize("what", HOGS)
@pytest.mark.parametrize("level", ["bubblewrap", "landlock", "group"], indirect=True)
async def test_attack_42_one_that_takes_too_much_fails_alone(tmp_path: Path, level: Level, what: str) -> None:
    script, limits = HOGS[what]
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path, limits=limits)
        assert await process.wait() != 0
        await process.close()
    big = tmp_path / "work" / "big"
    assert what != "file_size" or os.stat(big).st_size <= 16 * MIB


TERMINAL = """
import fcntl, json, os, termios
found = {}
try:
    os.close(os.open("/dev/tty", os.O_RDWR))
    found["tty"] = True
except OSError:
    found["tty"] = False
found["stdin"] = os.isatty(0) or os.isatty(1) or os.isatty(2)
try:
    tty = os.open(os.environ["THE_TERMINAL"], os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(tty, termios.TIOCSTI, b"x")
    found["typed"] = True
except OSError:
    found["typed"] = False
print(json.dumps(found), flush=True)
"""


async def on_a_terminal(folder: Path) -> None:
    from transport.process.conftest import use_level

    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    patch = pytest.MonkeyPatch()
    for name in ("bubblewrap", "landlock", "group", "environment"):
        use_level(name, patch)
        async with processes_in(folder) as processes:
            process = await start(processes, TERMINAL, folder, THE_TERMINAL=os.ttyname(0))
            record = await process.receive()
            assert record is not None, process.ended(name)
            print(json.dumps({**record, "level": name}))
            await process.close()


def test_attack_52_a_program_cannot_reach_our_terminal(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    tests = str(Path(__file__).parents[1])

    with subprocess.Popen(
        [sys.executable, "-c", CLAIF, tests, "on_a_terminal", str(tmp_path)],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as claif:
        out, err = claif.communicate(timeout=120)
    try:
        assert claif.returncode == 0, err
        found = [json.loads(line) for line in out.splitlines()]
        assert len(found) == 4
        for seen in found:
            assert not seen["tty"], seen
            assert not seen["stdin"], seen
        # Root may always type into a terminal that it can open; the sandbox's filter is what forbids it.
        assert {seen["level"] for seen in found if seen["typed"]} <= {"environment"}
    finally:
        os.close(ours)
        os.close(theirs)
