"""All processes of a client end with it, and cost a client nothing that starts none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import evolve
from transport.process.echo_agent import EchoAgent
from transport.process.support import ECHO, MARK, NASTY, START, marked, new_mark, processes_in, python, start, survivors

from claif.api import Client
from claif.config.secret import Secret
from claif.errors import ClientClosedError, InvalidQueryError, MissingAPIKeyError, ProviderInitError
from claif.transport.process import process as process_module
from claif.transport.process import processes as processes_module
from claif.transport.process.child import Child
from claif.transport.process.environment import DEPTH
from claif.transport.process.pool import PoolStats
from claif.transport.sandbox.policy import Level, Policy

pytestmark = pytest.mark.patience(120)


async def test_all_are_closed_at_the_same_time_and_gently(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that end with their input are not held up by those that do not."""
    monkeypatch.setattr(process_module, "CLOSE_TIMEOUT", 60.0)
    mark = new_mark()
    async with processes_in(tmp_path) as processes:
        polite = [await start(processes, ECHO, tmp_path, mark=mark) for _ in range(3)]
        nasty = [await start(processes, NASTY, tmp_path, mark=mark) for _ in range(3)]
        for process in nasty:
            assert await process.receive() == {"ready": True}
        async with trio.open_nursery() as nursery:
            nursery.start_soon(processes.aclose)
            with trio.fail_after(50):
                assert [await process.wait() for process in polite] == [0, 0, 0]
            for process in nasty:
                assert process.returncode is None
                nursery.start_soon(process.kill)
        assert [process.returncode for process in nasty] == [-9, -9, -9]
        assert not survivors(mark)
        await processes.aclose()
        with pytest.raises(ClientClosedError):
            await start(processes, ECHO, tmp_path)


async def test_one_that_is_being_started_when_all_are_closed_does_not_come_up(tmp_path: Path, level: Level) -> None:
    mark = new_mark()
    async with processes_in(tmp_path) as processes:
        for seconds in (0, 0.001, 0.01, 0.05):

            async def begin() -> None:
                with pytest.raises(ClientClosedError):
                    process = await start(processes, ECHO, tmp_path, mark=mark)
                    assert await process.receive() is None
                    raise ClientClosedError("it came up, and was closed")

            async with trio.open_nursery() as nursery:
                nursery.start_soon(begin)
                await trio.sleep(seconds)
                await processes.aclose()
            processes._closed = False
        assert not survivors(mark)


async def test_one_whose_start_was_given_up_when_it_came_is_not_coaxed(
    tmp_path: Path, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "CLOSE_TIMEOUT", 60.0)
    mark = new_mark()
    spawn = processes_module._spawn

    async def too_late(*given: Any) -> Child:
        child = await spawn(*given)
        scope.cancel()
        return child

    monkeypatch.setattr(processes_module, "_spawn", too_late)
    async with processes_in(tmp_path) as processes:
        with trio.fail_after(50), trio.CancelScope() as scope:
            await start(processes, NASTY, tmp_path, mark=mark)
        assert scope.cancelled_caught
        assert not survivors(mark)


async def test_the_task_that_owns_a_process_keeps_it_until_it_is_let_go(tmp_path: Path) -> None:
    async with processes_in(tmp_path) as processes:
        process = await start(processes, "print('{}')", tmp_path)
        await process.wait()
        assert len(processes._owners) == 1
        assert await process.receive() == {}
        await process.close()
        while processes._owners:  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.01)


async def test_a_key_is_fetched_when_it_is_needed_and_a_program_without_its_key_is_not_run(tmp_path: Path) -> None:
    script = "import json, os\nprint(json.dumps({'key': os.environ['KEY']}))"

    def fetch(_alive: object) -> str:
        return "fetched-from-afar"

    def fail(_alive: object) -> str:
        raise MissingAPIKeyError("no key")

    async with processes_in(tmp_path) as processes:
        command = python(script, tmp_path)
        policy = Policy(wish="off", directory=command.directory)
        good = evolve(command, environment={"KEY": Secret.later(fetch)})
        process = await processes.start(good, policy, start_timeout=START)
        assert await process.receive() == {"key": "fetched-from-afar"}
        await process.close()
        bad = evolve(command, environment={"KEY": Secret.later(fail)})
        with pytest.raises(MissingAPIKeyError):
            await processes.start(bad, policy, start_timeout=START)


async def test_attack_36_agents_do_not_start_agents_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f"import json, os\nprint(json.dumps({{'depth': os.environ['{DEPTH}']}}))"
    async with processes_in(tmp_path) as processes:
        for ours, childs in ((None, "1"), ("1", "2")):
            if ours:
                monkeypatch.setenv(DEPTH, ours)
            process = await start(processes, script, tmp_path)
            assert await process.receive() == {"depth": childs}
            await process.close()
        monkeypatch.setenv(DEPTH, "2")
        with pytest.raises(ProviderInitError, match="was started by an agent"):
            await start(processes, script, tmp_path)
        command = evolve(python(script, tmp_path), leaf=True)
        policy = Policy(wish="off", directory=command.directory)
        process = await processes.start(command, policy, start_timeout=START)
        assert await process.receive() == {"depth": "3"}
        await process.close()


def asked(folder: Path, mark: str) -> dict[str, Any]:
    """What a client is given to ask the echo, whose processes have a mark."""
    (folder / "work").mkdir()
    table = {"directory": str(folder / "work"), "env": {MARK: mark}}
    config = {"general": {"default_provider": "echo"}, "providers": {"echo": table}}
    return {"config": config, "providers": {"echo": EchoAgent}}


async def test_a_provider_gets_the_processes_of_its_client_which_end_with_it(tmp_path: Path) -> None:
    mark = new_mark()
    async with Client(**asked(tmp_path, mark)) as client:
        texts = [(await client.query(f"hello-{number}")).text for number in range(3)]
        assert [text.split()[1:] for text in texts] == [["1", "hello-0"], ["2", "hello-1"], ["3", "hello-2"]]
        assert len({text.split()[0] for text in texts}) == 1
        assert marked(mark)
    assert not survivors(mark)


async def test_a_process_is_started_ahead_told_of_and_ended_with_its_provider(tmp_path: Path) -> None:
    mark = new_mark()
    async with Client(**asked(tmp_path, mark)) as client:
        (member,) = [member for member in client.providers() if member.name == "echo"]
        assert member.processes is None
        await client.prewarm()
        await client.query("hello")
        (member,) = [member for member in client.providers() if member.name == "echo"]
        assert member.processes == PoolStats(busy=0, idle=1, started=1, reused=1)
        with pytest.raises(InvalidQueryError):
            await client.prewarm(directory=str(tmp_path / "nowhere"))
        client.unregister("echo")
        with trio.fail_after(60):
            while marked(mark):  # noqa: ASYNC110 - nobody tells of it
                await trio.sleep(0.01)
    with pytest.raises(ClientClosedError):
        await client.prewarm()


def test_the_background_thread_of_the_blocking_face_can_have_agents_for_longer_than_its_spawner_lives(
    tmp_path: Path,
) -> None:
    from claif import blocking

    mark = new_mark()
    with blocking.Client(**asked(tmp_path, mark)) as client:
        first = client.query("one").text
        time.sleep(11)
        assert client.query("one").text.split()[0] == first.split()[0]
    assert not survivors(mark)


NO_PROCESS = """
import sys, trio
from claif import Client
from claif.testing import FakeProvider

async def main():
    async with Client({}, providers={"fake": FakeProvider}) as client:
        await client.query("hello", provider="fake")

trio.run(main)
found = sorted(name for name in sys.modules if name.startswith(("claif.transport.process", "claif.transport.sandbox")))
print(found)
"""


def test_a_client_that_starts_no_process_loads_nothing_of_them(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_PROCESS],
        env={**os.environ, "CLAIF_HOME": str(tmp_path), "CLAIF_PLUGINS": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"
