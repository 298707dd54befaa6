"""A key that a command keeps is fetched when its provider is first asked, and nobody else waits for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import trio

from claif import Client
from claif.api import Emit, MissingAPIKeyError, Provider, Query, Secret, TextDelta
from claif.config import ConfigLoader
from claif.config.keyfile import store_key


class Telling(Provider):
    """Tells the length of its key."""

    name = "telling"

    async def query(self, query: Query, emit: Emit) -> None:
        await emit(TextDelta(str(len(self.context.settings.api_key.reveal()))))


def client(home: Path, code: str) -> Client:
    table = {"api_key": {"cmd": [sys.executable, "-c", code]}}
    config = {"general": {"default_provider": "slow"}, "providers": {"slow": table, "quick": {"api_key": "k" * 9}}}
    loader = ConfigLoader.from_mapping(config, home=home)
    return Client(loader, providers={"slow": Telling, "quick": Telling})


async def test_the_command_runs_with_the_first_query_and_not_for_the_status(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with client(tmp_path, f"open({str(log)!r}, 'a').write('x'); print('k' * 30)") as asked:
        assert {member.status.state for member in asked.providers() if member.name == "slow"} == {"ready"}
        assert not log.exists()
        assert (await asked.query("hi")).text == "30"
        assert (await asked.query("hi")).text == "30"
    assert log.read_text() == "x"


async def test_a_slow_command_stops_no_other_query(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    code = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)\nprint('k' * 30)"
    texts = []
    async with client(tmp_path, code) as asked, trio.open_nursery() as nursery:

        async def slow() -> None:
            texts.append((await asked.query("hi")).text)

        nursery.start_soon(slow)
        texts.append((await asked.query("hi", provider="quick")).text)
        gate.touch()
    assert texts == ["9", "30"]


async def test_a_cancelled_query_ends_the_command(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = f"import os, time\nopen({str(pid)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    async with client(tmp_path, code) as asked:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(asked.query, "hi")
                while not (pid.exists() and pid.read_text()):  # noqa: ASYNC110 - another process writes it
                    await trio.sleep(0.01)
                scope.cancel()
    assert not Path(f"/proc/{pid.read_text()}").exists()  # noqa: ASYNC240 - no disk is asked


async def test_a_command_that_fails_is_an_error_of_the_query(tmp_path: Path) -> None:
    async with client(tmp_path, "raise SystemExit(1)") as asked:
        with pytest.raises(MissingAPIKeyError, match="ended with exit code 1"):
            await asked.query("hi")


async def test_a_stored_key_makes_its_provider_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    store_key(tmp_path, "anthropic", Secret("a-stored-key"))
    loader = ConfigLoader.read(home=tmp_path, environ={}, cwd=tmp_path)
    async with Client(loader, providers={"anthropic": Telling}) as asked:
        choice = asked.default_provider()
        assert (choice.name, choice.reason) == ("anthropic", "a key for it is stored")
        assert (await asked.query("hi")).text == "12"
