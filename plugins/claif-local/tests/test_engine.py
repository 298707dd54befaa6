"""The child process: what it lets in, how it ends, and what is said when it dies."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from claif_local import engine as engine_module
from claif_local.engine import Engine
from claif_local.weights import SMOLLM2

from claif.api import HTTP, DependencyError, Processes, ProviderInitError, TimeoutError, TransportError
from claif.transport.process import process as process_module


@pytest.fixture(scope="module")
def model(real_home: Path) -> Path:
    return real_home / "models" / SMOLLM2.file


def make(model: Path, timeout: float = 60) -> Engine:
    return Engine(model, "small", threads=2, context=512, timeout=timeout)


@asynccontextmanager
async def processes() -> AsyncIterator[Processes]:
    """The processes of a client; all end with it."""
    async with trio.open_nursery() as nursery, Processes(Path.home(), nursery) as found:
        yield found


@asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[None]:
    async with processes() as found:
        try:
            await engine.start(found)
            yield
        finally:
            await engine.stop()  # noqa: ASYNC102 - it shields itself


def exists(path: str) -> bool:
    return Path(path).exists()


def arguments_of(engine: Engine) -> str:
    return Path(f"/proc/{engine.pid}/cmdline").read_text()


async def status_of(engine: Engine, *headers: tuple[str, str]) -> int:
    async with HTTP() as http:
        endpoint = http.endpoint(engine.base_url, uds=engine.uds, headers=headers)
        return (await endpoint.request("POST", "/chat/completions", body=b"{}")).status


async def test_it_answers_to_its_random_key_only_and_leaves_nothing_behind(model: Path) -> None:
    engine = make(model)
    async with running(engine):
        assert engine.alive
        assert engine.uds is not None
        folder = os.path.dirname(engine.uds)
        assert os.stat(folder).st_mode & 0o777 == 0o700
        assert await status_of(engine) == 401
        assert await status_of(engine, ("authorization", "Bearer guess")) == 401
        assert await status_of(engine, ("authorization", engine.authorization)) == 400
        assert engine.key.reveal() not in arguments_of(engine)
        assert str(model) not in arguments_of(engine)
        assert os.getsid(engine.pid or 0) != os.getsid(0)
    assert not engine.alive
    assert not exists(folder)
    await engine.stop()


async def test_two_engines_have_different_keys(model: Path) -> None:
    assert make(model).key != make(model).key


async def test_without_unix_sockets_it_listens_on_loopback_with_its_key(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "MAX_SOCKET_PATH", 5)
    engine = make(model)
    async with running(engine):
        assert engine.uds is None
        assert engine.base_url.startswith("http://127.0.0.1:")
        assert await status_of(engine) == 401
        assert await status_of(engine, ("authorization", engine.authorization)) == 400


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\0\0\0" + bytes(5000), b"no model"])
async def test_a_file_that_is_no_model_is_an_error_that_names_it(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    engine = make(path)
    async with processes() as found:
        with pytest.raises(ProviderInitError, match=r"broken\.gguf"):
            await engine.start(found)
        assert not engine.alive


async def test_a_model_that_takes_too_long_is_given_up(model: Path) -> None:
    engine = make(model, timeout=0.01)
    async with processes() as found:
        with pytest.raises(TimeoutError, match=r"0\.01 s") as caught:
            await engine.start(found)
        assert "start_timeout" in (caught.value.hint or "")
        assert not engine.alive


async def test_a_start_that_is_cancelled_leaves_no_process(model: Path) -> None:
    engine = make(model)
    async with processes() as found:
        with trio.move_on_after(0.15) as scope:
            await engine.start(found)
        assert scope.cancelled_caught
        assert not engine.alive


async def test_a_child_that_dies_is_reported_with_its_signal_and_last_words(model: Path) -> None:
    engine = make(model)
    async with running(engine):
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGSEGV)
        error = await engine.obituary()
        assert error is not None
        assert "was killed by the signal SIGSEGV" in error.message
        assert error.retryable
        assert not engine.alive


class Dying:
    """A process of whose end a busy system tells late."""

    returncode: int | None = None

    async def wait(self) -> None:
        await trio.sleep(3)
        self.returncode = -9

    def ended(self, what: str) -> TransportError:
        return TransportError(f"{what} was killed.")


@pytest.mark.mock_clock
async def test_a_child_of_whose_end_the_system_tells_late_is_reported_all_the_same() -> None:
    engine = make(Path("/nowhere"))
    engine._process = Dying()  # type: ignore[assignment] # as far as it is looked at
    error = await engine.obituary()
    assert error is not None
    assert "was killed" in error.message


async def test_a_child_that_lives_has_no_obituary(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "DYING", 0.1)
    engine = make(model)
    assert await engine.obituary() is None
    async with running(engine):
        assert await engine.obituary() is None
        assert engine.alive


@pytest.mark.parametrize(
    ("program", "kind", "message"),
    [
        (
            "sys.stderr.write('one\\nbad \\x1b[2J luck\\n'); sys.exit(3)",
            ProviderInitError,
            "exit code 3 (bad  [2J luck)",
        ),
        ("print('cannot load'); sys.exit(0)", ProviderInitError, "exit code 0 (cannot load)"),
        ("print('{nonsense', flush=True)", ProviderInitError, "no JSON"),
        (
            'print(\'{"error": "import", "message": "libgomp.so.1: cannot open"}\', flush=True)',
            DependencyError,
            "libgomp",
        ),
    ],
    ids=["dies", "babbles", "speaks in tongues", "lacks a library"],
)
async def test_a_child_that_does_not_come_up_is_explained(
    program: str, kind: type[Exception], message: str, tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server.py").write_text(f"import sys, time\n{program}\ntime.sleep(60)\n")
    monkeypatch.setattr(engine_module, "__file__", str(tmp_path / "engine.py"))
    engine = make(model)
    async with processes() as found:
        with pytest.raises(kind) as caught:
            await engine.start(found)
        assert message in str(caught.value)
        assert not engine.alive


async def test_a_child_that_does_not_want_to_end_is_killed(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server.py").write_text(
        'print(\'{"address": "http://127.0.0.1:1"}\', flush=True)\nimport time\ntime.sleep(60)\n'
    )
    monkeypatch.setattr(engine_module, "__file__", str(tmp_path / "engine.py"))
    monkeypatch.setattr(process_module, "CLOSE_TIMEOUT", 0.2)
    engine = make(model)
    async with running(engine):
        assert engine.alive
    assert not engine.alive


PARENT = """
import os, sys, trio
from pathlib import Path
from claif.api import Processes
from claif_local.engine import Engine

async def main():
    engine = Engine(Path(sys.argv[1]), "small", threads=1, context=256, timeout=60)
    async with trio.open_nursery() as nursery, Processes(Path.home(), nursery) as processes:
        await engine.start(processes)
        print(engine.pid, os.path.dirname(engine.uds), flush=True)
        await trio.sleep_forever()

trio.run(main)
"""


def test_the_child_ends_when_its_parent_is_killed(model: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(model)], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        child = os.pidfd_open(int(pid))
        parent.kill()
        ended, _, _ = select.select([child], [], [], 20)
        os.close(child)
    assert ended
    deadline = time.monotonic() + 20
    while Path(folder).exists():  # its supervisor removes it, and ends a moment later
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_server_takes_its_orders_from_standard_input_only(model: Path, tmp_path: Path) -> None:
    order = {"model": str(tmp_path / "none"), "name": "x", "key": "k", "socket_path": 0, "threads": 1, "context": 64}
    server = Path(engine_module.__file__).with_name("server.py")
    done = subprocess.run(
        [sys.executable, "-I", str(server), "--model", str(model)],
        input=json.dumps(order | {"packages": "/nowhere"}) + "\n",
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0
    answer = json.loads(done.stdout) if done.stdout else {"error": "load"}
    assert answer["error"] == "load"
