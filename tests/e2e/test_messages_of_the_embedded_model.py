"""The Messages API against a server that nobody of us wrote: the one of the embedded runtime."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from claif_local.engine import Engine
from claif_local.weights import SMOLLM2

from claif.api import (
    HTTP,
    AuthenticationError,
    ContextLengthError,
    Event,
    Finished,
    Message,
    MessagesAPI,
    Options,
    Processes,
    ProviderRuntimeError,
    Query,
    Role,
    Secret,
    Started,
    TextDelta,
    Tool,
    ToolResultBlock,
    ToolUseBlock,
    UnknownEvent,
    UsageReport,
)


@asynccontextmanager
async def serving(home: Path, key: Secret | None = None) -> AsyncIterator[MessagesAPI]:
    engine = Engine(home / "models" / SMOLLM2.file, "small", threads=2, context=1024, timeout=60)
    async with trio.open_nursery() as nursery, HTTP() as http:
        try:
            await engine.start(Processes(home, nursery))
            endpoint = http.endpoint(
                engine.base_url.removesuffix("/v1"),
                uds=engine.uds,
                headers=[("x-api-key", key or engine.key), ("anthropic-version", "2023-06-01")],
                keep_alive_streams=False,
            )
            yield MessagesAPI(endpoint, provider="house", model="small", secret=Secret("x"))
        finally:
            with trio.move_on_after(10, shield=True):
                await engine.stop()
            nursery.cancel_scope.cancel()


async def answer(server: MessagesAPI, query: Query) -> list[Event]:
    events: list[Event] = []

    async def keep(event: Event) -> None:
        events.append(event)

    with trio.fail_after(25):
        await server.query(query, keep)
    return events


def text(events: Sequence[Event]) -> str:
    return "".join([event.text for event in events if isinstance(event, TextDelta)])


async def test_a_real_server_is_understood_streamed_and_whole(real_home: Path) -> None:
    options = Options(temperature=0, max_tokens=12)
    messages = [Message.system("Be terse."), Message.user("Name three primary colors.")]
    async with serving(real_home) as server:
        streamed = await answer(server, Query(messages, options=options))
        whole = await answer(server, Query(messages, options=options, stream=False))
        counted = await server.count_tokens(Query(messages))
    assert isinstance(streamed[0], Started)
    assert streamed[0].id
    assert sum([isinstance(event, TextDelta) for event in streamed]) > 1
    assert text(streamed) == text(whole) != ""
    for events in (streamed, whole):
        report, finished = events[-2:]
        assert isinstance(report, UsageReport)
        assert (report.usage.output_tokens, finished) == (12, Finished("length"))
        # However much of the prompt it had kept from the query before.
        assert report.usage.input_tokens == counted
        assert not [event for event in events if isinstance(event, UnknownEvent)]


async def test_a_real_server_takes_a_conversation_with_tools(real_home: Path) -> None:
    conversation = [
        Message.user("What is the weather in Rome?"),
        Message.assistant("I will look."),
        Message.assistant([ToolUseBlock("call_1", "weather", {"city": "Rome"})]),
        Message(Role.TOOL, [ToolResultBlock("call_1", "It is sunny.")]),
        Message.user("So?"),
    ]
    options = Options(max_tokens=12, extra={"cache": True})
    query = Query(conversation, options=options, tools=[Tool("weather", "Tells the weather.")])
    async with serving(real_home) as server:
        events = await answer(server, query)
    assert isinstance(events[-1], Finished)


@pytest.mark.parametrize(
    ("extra", "prompt", "kind"),
    [
        ({"temperature": "hot"}, "hi", ProviderRuntimeError),
        ({}, "word " * 2000, ContextLengthError),
    ],
)
async def test_a_real_servers_refusal_is_typed(
    real_home: Path, extra: dict[str, Any], prompt: str, kind: type[ProviderRuntimeError]
) -> None:
    async with serving(real_home) as server:
        for stream in (True, False):
            with pytest.raises(kind) as caught:
                await answer(server, Query(prompt, options=Options(extra=extra), stream=stream))
            assert caught.value.status == 400


async def test_a_real_server_refuses_a_wrong_key(real_home: Path) -> None:
    async with serving(real_home, Secret("wrong")) as server:
        with pytest.raises(AuthenticationError):
            await answer(server, Query("hi"))


async def test_a_real_server_lists_its_model(real_home: Path) -> None:
    async with serving(real_home) as server:
        assert [model.id for model in await server.models()] == ["small"]
