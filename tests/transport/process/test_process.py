"""A process is spoken to in JSON lines, and always says how it ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
import trio
from transport.process.support import ECHO, SILENT, START, new_mark, processes_in, python, start, survivors
from transport.support import Recorder

from claif.errors import InvalidQueryError, ProtocolError, TimeoutError, TransportError
from claif.pipeline.watchdog import current_watch
from claif.transport.process import process as process_module
from claif.transport.sandbox.policy import Level, Policy

pytestmark = pytest.mark.patience(120)


async def test_what_is_sent_is_answered_and_the_end_says_how_it_ended(tmp_path: Path, level: Level) -> None:
    async with processes_in(tmp_path) as processes:
        process = await start(processes, ECHO, tmp_path)
        assert process.level == level
        assert process.alive
        for text in ("one", "zw\u00f6lf\u2028\n\x00", "x" * 300_000):
            await process.send({"text": text})
            assert await process.receive() == {"echo": {"text": text}}
        assert process.quiet
        await process.close()
        assert not process.alive
        assert process.returncode == 0
        assert process.last_words() == "good bye"
        assert process.ended("The echo").message == "The echo ended with exit code 0 (good bye)."
        assert await process.receive() is None
        await process.close()
        await process.kill()


@pytest.mark.parametrize(
    ("end", "how"),
    [
        ("sys.exit(3)", "ended with exit code 3"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "was killed by the signal SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed by the signal SIGKILL"),
        ("os._exit(0)", "ended with exit code 0"),
    ],
)
async def test_a_program_that_ends_says_how_and_why(tmp_path: Path, level: Level, end: str, how: str) -> None:
    script = f"import os, signal, sys\nsys.stderr.write('Error: it broke\\n'); sys.stderr.flush()\n{end}\n"
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path)
        assert await process.receive() is None
        error = process.ended("The agent")
        assert error.message == f"The agent {how} (Error: it broke)."
        assert isinstance(error, TransportError)
        assert not error.retryable
        await process.close()


async def test_what_was_written_last_can_be_taken_after_the_end(tmp_path: Path, level: Level) -> None:
    script = "import os\nos.write(1, b'{\"n\": 1}\\n' * 50000)\n"
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path)
        assert await process.wait() == 0
        count = 0
        while await process.receive() is not None:
            count += 1
        assert count == 50_000
        await process.close()


async def test_a_record_that_is_no_json_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    async with processes_in(tmp_path) as processes:
        process = await start(processes, ECHO, tmp_path)
        for bad in ({"a": float("nan")}, {"a": "\ud800"}, {"a": object()}):
            with pytest.raises(InvalidQueryError):
                await process.send(bad)
        await process.send({"a": 1})
        assert await process.receive() == {"echo": {"a": 1}}
        await process.kill()


async def test_ten_megabytes_go_in_and_come_back(tmp_path: Path, level: Level) -> None:
    text = "\u00e4" * 5_000_000
    async with processes_in(tmp_path) as processes:
        process = await start(processes, ECHO, tmp_path)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(process.send, {"text": text})
            assert await process.receive() == {"echo": {"text": text}}
        await process.close()


async def test_many_senders_never_mix_their_lines(tmp_path: Path) -> None:
    async with processes_in(tmp_path) as processes:
        process = await start(processes, ECHO, tmp_path)
        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(process.send, {"n": number, "text": "x" * 100_000})
            seen = set()
            for _ in range(20):
                record = await process.receive()
                assert record is not None
                assert len(record["echo"]["text"]) == 100_000
                seen.add(record["echo"]["n"])
        assert seen == set(range(20))
        await process.close()


async def test_a_program_that_does_not_read_holds_up_its_sender_only_and_nothing_follows_half_a_line(
    tmp_path: Path,
) -> None:
    async with processes_in(tmp_path) as processes:
        process = await start(processes, SILENT, tmp_path)
        with trio.move_on_after(0.2) as scope:
            await process.send({"text": "x" * 1_000_000})
        assert scope.cancelled_caught
        with pytest.raises(TransportError):
            await process.send({"next": 1})
        await process.kill()


async def test_a_program_that_is_gone_cannot_be_spoken_to(tmp_path: Path, level: Level) -> None:
    async with processes_in(tmp_path) as processes:
        process = await start(processes, "import sys; sys.exit('bad luck')", tmp_path)
        with pytest.raises(TransportError, match=r"exit code 1 \(bad luck\)"):
            for _ in range(1000):
                await process.send({"text": "x" * 10_000})
        await process.close()


async def test_a_program_that_closes_its_output_but_lives_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "LAST_WORDS", 0.1)
    async with processes_in(tmp_path) as processes:
        process = await start(processes, "import os, time; os.close(1); os.close(2); time.sleep(1000)", tmp_path)
        assert await process.receive() is None
        assert "has closed its output" in process.ended("It").message
        await process.kill()


async def test_no_json_is_an_error_of_the_protocol(tmp_path: Path) -> None:
    async with processes_in(tmp_path) as processes:
        process = await start(processes, "print('{nonsense'); print('{}')", tmp_path)
        with pytest.raises(ProtocolError, match="no JSON"):
            await process.receive()
        await process.kill()


async def test_output_keeps_the_query_alive_that_uses_the_process_and_no_other(tmp_path: Path) -> None:
    async with processes_in(tmp_path) as processes:
        process = await start(processes, ECHO, tmp_path)
        watch = Recorder()
        token = current_watch.set(watch)
        with process.watched():
            assert watch.told == ["connected"]
            await process.send({})
            await process.receive()
        current_watch.reset(token)
        assert watch.told.count("touch") >= 1
        before = len(watch.told)
        with process.watched():
            await process.send({})
            await process.receive()
        assert len(watch.told) == before
        await process.close()


async def test_who_is_to_know_is_told_of_output_and_of_the_end(tmp_path: Path) -> None:
    async with processes_in(tmp_path) as processes:
        process = await start(processes, ECHO, tmp_path)
        told = trio.Event()
        process.when_disturbed(told.set)
        await process.send({})
        await told.wait()
        assert not process.quiet
        process.when_disturbed(None)
        while await process.receive() != {"echo": {}}:
            pass
        told = trio.Event()
        process.when_disturbed(told.set)
        os.kill(process.pid, signal.SIGKILL)
        await told.wait()
        await process.kill()


async def test_memory_counts_all_that_it_has_started(tmp_path: Path, level: Level) -> None:
    script = "import os, time\nos.fork()\nx = b'x' * 50_000_000\nprint('{}', flush=True)\ntime.sleep(1000)"
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path)
        await process.receive()
        await process.receive()
        assert 100_000_000 < process.memory() < 400_000_000
        await process.kill()


@pytest.mark.parametrize("how", ["close", "kill"])
async def test_a_descendant_that_holds_the_output_open_does_not_hold_up_the_end(
    tmp_path: Path, level: Level, how: str
) -> None:
    script = "import os, time\nprint('{}', flush=True)\nif not os.fork():\n    os.setsid()\n    time.sleep(1000)\n"
    async with processes_in(tmp_path) as processes:
        process = await start(processes, script, tmp_path)
        assert await process.receive() == {}
        assert await process.receive() is None
        began = time.monotonic()
        await getattr(process, how)()
        assert time.monotonic() - began < process_module.CLOSE_TIMEOUT


async def test_a_child_that_runs_for_fifteen_seconds_lives(tmp_path: Path, bubblewrap: Level) -> None:
    """A signal of the parent's death comes when the *thread* that spawned ends, and trio's threads end after 10 s."""
    async with processes_in(tmp_path) as processes:
        process = await start(processes, ECHO, tmp_path)
        await trio.sleep(15)
        await process.send({"still": "there"})
        assert await process.receive() == {"echo": {"still": "there"}}
        await process.close()
        assert process.returncode == 0


async def test_a_start_that_takes_too_long_leaves_nothing(tmp_path: Path, level: Level) -> None:
    mark = new_mark()
    async with processes_in(tmp_path) as processes:
        command = python(SILENT, tmp_path, mark=mark)
        policy = Policy(wish="off", directory=command.directory)
        for seconds in (0.0001, 0.005, 0.02, 0.05):
            with suppress(TimeoutError):
                process = await processes.start(command, policy, start_timeout=seconds)
                await process.kill()
        assert not survivors(mark)
        process = await processes.start(command, policy, start_timeout=START)
        await process.kill()
    assert not survivors(mark)
