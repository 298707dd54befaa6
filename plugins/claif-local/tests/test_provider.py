"""The embedded model, really asked."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from claif_local.provider import LocalProvider
from claif_local.settings import LocalSettings
from claif_local.weights import SMOLLM2
from patience import until

from claif.api import (
    Client,
    ConnectionError,
    ContextLengthError,
    DependencyError,
    InstallError,
    InvalidConfigError,
    InvalidQueryError,
    Message,
    ModelNotFoundError,
    Notice,
    Options,
    Query,
    TextDelta,
    Tool,
)
from claif.transport.process.pool import PoolStats

from .conftest import servers

COLORS = "Name three primary colors."
Asking = Callable[..., AbstractAsyncContextManager[tuple[Client, LocalProvider]]]
GUARD = 20.0
"""Seconds after which a model that is to end hangs."""
LONG = "Count from one to two hundred, in words."


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Opens a client whose only provider is the embedded model."""

    @asynccontextmanager
    async def opened(home: Path, **table: Any) -> AsyncIterator[tuple[Client, LocalProvider]]:
        monkeypatch.setenv("CLAIF_HOME", str(home))
        config = {"general": {"default_provider": "local"}, "providers": {"local": {"context": 1024, **table}}}
        async with Client(config, providers={"local": LocalProvider}) as client:
            provider = client.provider("local")
            assert isinstance(provider, LocalProvider)
            yield client, provider

    return opened


async def test_it_names_three_primary_colors(asking: Asking, real_home: Path) -> None:
    async with asking(real_home) as (client, _):
        reply = await client.query(COLORS)
        assert all(color in reply.text.lower() for color in ("red", "blue", "yellow"))
        assert (reply.provider, reply.model, reply.finish_reason) == ("local", SMOLLM2.name, "stop")
        assert reply.usage.input_tokens
        assert reply.usage.output_tokens
        [pid] = servers()
        again = await client.query(COLORS)
        assert again.text == reply.text, "the small model is asked with temperature 0"
        assert servers() == [pid], "the process is kept for the next query"
    assert servers() == []


async def test_its_answer_streams(asking: Asking, real_home: Path) -> None:
    async with asking(real_home) as (client, _):
        async with client.stream(COLORS) as stream:
            deltas = [event.text async for event in stream if isinstance(event, TextDelta)]
        assert len(deltas) > 3
        assert stream.reply is not None
        assert "".join(deltas) == stream.reply.text


async def test_queries_at_the_same_time_share_one_process(asking: Asking, real_home: Path) -> None:
    async with asking(real_home) as (client, provider):
        replies = []

        async def ask() -> None:
            replies.append(await client.query(COLORS, max_tokens=8))

        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(ask)
        assert len({reply.text for reply in replies}) == 1
        assert provider.context.processes.pool.stats("local") == PoolStats(busy=0, idle=1, started=1, reused=3)


async def test_leaving_a_stream_frees_the_model_for_the_next_query(asking: Asking, real_home: Path) -> None:
    async with asking(real_home) as (client, provider):
        async with client.stream(LONG) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
        with trio.fail_after(25):
            assert "red" in (await client.query(COLORS)).text.lower()
        assert provider.context.processes.pool.stats("local").started == 1


async def test_a_model_is_loaded_ahead_and_ended_when_it_was_idle_for_long(asking: Asking, real_home: Path) -> None:
    async with asking(real_home) as (client, provider):
        await client.prewarm()
        await client.query(COLORS)
        assert provider.context.processes.pool.stats("local") == PoolStats(busy=0, idle=1, started=1, reused=1)
    async with asking(real_home, warm=0.2) as (client, _):
        await client.query(COLORS)
        await until(lambda: not servers(), GUARD)
    async with asking(real_home, warm=0) as (client, provider):
        await client.prewarm()
        await client.query(COLORS)
        assert provider.context.processes.pool.stats("local") == PoolStats(busy=0, idle=0, started=1, reused=0)


async def test_a_provider_that_is_no_longer_offered_ends_its_model(asking: Asking, real_home: Path) -> None:
    async with asking(real_home) as (client, _):
        await client.query(COLORS)
        client.unregister("local")
        await until(lambda: not servers(), GUARD)


async def test_the_limits_of_a_query_are_obeyed(asking: Asking, real_home: Path) -> None:
    async with asking(real_home) as (client, _):
        reply = await client.query(LONG, max_tokens=5)
        assert reply.finish_reason == "length"
        assert reply.usage.output_tokens == 5


async def test_a_query_longer_than_the_window_says_so(asking: Asking, real_home: Path) -> None:
    async with asking(real_home, context=256) as (client, _):
        with pytest.raises(ContextLengthError):
            await client.query("word " * 2000)
        assert (await client.query(COLORS)).text


async def test_a_schema_is_followed(asking: Asking, real_home: Path) -> None:
    schema = {"type": "object", "properties": {"color": {"enum": ["red", "blue"]}}, "required": ["color"]}
    async with asking(real_home) as (client, _):
        reply = await client.query("Name a color.", schema=schema)
    assert json.loads(reply.text)["color"] in {"red", "blue"}


async def test_a_crash_in_the_middle_of_an_answer_is_told_and_the_next_query_is_answered(
    asking: Asking, real_home: Path
) -> None:
    killed: list[int] = []
    async with asking(real_home) as (client, _):

        async def kill(event: object) -> None:
            if isinstance(event, TextDelta) and not killed:  # text that was under way may follow
                [pid] = servers()
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

        with pytest.raises(ConnectionError, match="was killed by the signal SIGKILL") as caught:
            await client.run(Query(LONG), kill)
        assert caught.value.provider == "local"
        assert caught.value.partial is not None
        assert (await client.query(COLORS)).text


async def test_a_model_of_the_users_own_is_asked_as_it_is(asking: Asking, real_home: Path, tmp_path: Path) -> None:
    own = tmp_path / "mine.gguf"
    own.symlink_to(real_home / "models" / SMOLLM2.file)
    async with asking(tmp_path / "home", path=str(own)) as (client, provider):
        reply = await client.query(COLORS, temperature=0, max_tokens=30)
        assert reply.text
        assert reply.model == "mine"
        assert provider.model_path() == own
        models = await client.models("local")
        assert [(info.id, info.installed) for info in models] == [("mine", True), (SMOLLM2.name, False)]


async def test_a_path_that_is_no_model_is_an_error_of_the_configuration(asking: Asking, tmp_path: Path) -> None:
    own = tmp_path / "mine.gguf"
    own.write_text("no model")
    async with asking(tmp_path / "home", path=str(own)) as (client, _):
        with pytest.raises(InvalidConfigError, match="no GGUF file"):
            await client.query(COLORS)


async def test_an_unknown_model_is_refused_before_anything_starts(asking: Asking, tmp_path: Path) -> None:
    async with asking(tmp_path) as (client, _):
        with pytest.raises(ModelNotFoundError, match=SMOLLM2.name):
            await client.query(COLORS, model="gpt-5")
        assert servers() == []


async def test_tools_are_refused_because_the_small_model_does_not_call_them(asking: Asking, tmp_path: Path) -> None:
    async with asking(tmp_path) as (client, _):
        with pytest.raises(InvalidQueryError, match="tools"):
            await client.query(COLORS, tools=[Tool("weather")])


async def test_offline_the_first_query_announces_the_pull_and_says_what_to_do(
    asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIF_OFFLINE", "1")
    seen: list[object] = []

    async def emit(event: object) -> None:
        seen.append(event)

    async with asking(tmp_path) as (client, _):
        with pytest.raises(InstallError, match="CLAIF_OFFLINE") as caught:
            await client.run(Query(COLORS), emit)
    assert "claif models pull --from" in (caught.value.hint or "")
    [notice] = [event.text for event in seen if isinstance(event, Notice)]
    assert "93 MB, Apache-2.0" in notice


async def test_a_missing_runtime_is_an_error_with_the_command_that_helps(
    asking: Asking, real_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claif_local.runtime.find_spec", lambda _name: None)
    async with asking(real_home) as (client, _):
        with pytest.raises(DependencyError, match="not installed"):
            await client.query(COLORS)


async def test_listing_models_starts_nothing(asking: Asking, tmp_path: Path) -> None:
    async with asking(tmp_path) as (client, _):
        [info] = await client.models("local")
        assert (info.id, info.installed, info.size) == (SMOLLM2.name, False, SMOLLM2.size)
        assert info.metadata == {"licence": "Apache-2.0", "download": SMOLLM2.wheel_size}
        assert servers() == []


async def test_only_known_models_can_be_pulled(asking: Asking, tmp_path: Path) -> None:
    async with asking(tmp_path) as (_, provider):
        with pytest.raises(ModelNotFoundError, match="cannot be pulled"):
            await provider.pull("gpt-5")


def test_its_status_says_what_is_missing_without_loading_anything(
    real_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIF_HOME", str(real_home))
    assert LocalProvider.status("local", LocalSettings()).state == "ready"
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path))
    status = LocalProvider.status("local", LocalSettings())
    assert status.state == "not installed"
    assert "claif models pull" in status.hint
    assert LocalProvider.status("local", LocalSettings(path="/nowhere.gguf")).state == "broken"
    monkeypatch.setattr("claif_local.provider.find_spec", lambda _name: None)
    assert "pip install xllamacpp" in LocalProvider.status("local", LocalSettings()).hint


def test_what_a_query_says_itself_is_not_overruled() -> None:
    from claif_local.provider import MAX_TOKENS, SYSTEM, _for_small_model

    plain = _for_small_model(Query("hi"))
    assert (plain.system, plain.options.temperature, plain.options.max_tokens) == (SYSTEM, 0.0, MAX_TOKENS)
    options = Options(temperature=0.7, max_tokens=3)
    query = Query([Message.system("Be terse."), Message.user("hi")], options=options)
    assert _for_small_model(query) == query
    assert _for_small_model(Query("hi", options=Options(top_p=0.5))).options.temperature is None
