"""The Responses API against a server that nobody of us wrote: the one of the embedded runtime."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from claif_local.engine import Engine
from claif_local.weights import SMOLLM2
from claif_openai.responses import Responses

from claif.api import (
    HTTP,
    Event,
    Finished,
    Message,
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
async def serving(home: Path) -> AsyncIterator[Responses]:
    engine = Engine(home / "models" / SMOLLM2.file, "small", threads=2, context=1024, timeout=60)
    async with trio.open_nursery() as nursery, HTTP() as http:
        try:
            await engine.start(Processes(home, nursery))
            endpoint = http.endpoint(
                engine.base_url,
                uds=engine.uds,
                headers=[("authorization", engine.authorization)],
                keep_alive_streams=False,
            )
            yield Responses(endpoint, provider="house", model="small", secret=Secret("x"))
        finally:
            with trio.move_on_after(10, shield=True):
                await engine.stop()
            nursery.cancel_scope.cancel()


async def answer(responses: Responses, query: Query) -> list[Event]:
    events: list[Event] = []

    async def keep(event: Event) -> None:
        events.append(event)

    with trio.fail_after(25):
        await responses.query(query, keep)
    return events


def text(events: list[Event]) -> str:
    return "".join([event.text for event in events if isinstance(event, TextDelta)])


async def test_a_real_server_is_understood_streamed_and_whole(real_home: Path) -> None:
    options = Options(temperature=0, max_tokens=12)
    messages = [Message.system("Be terse."), Message.user("Name three primary colors.")]
    async with serving(real_home) as responses:
        streamed = await answer(responses, Query(messages, options=options))
        whole = await answer(responses, Query(messages, options=options, stream=False))
    assert isinstance(streamed[0], Started)
    assert streamed[0].id
    assert sum([isinstance(event, TextDelta) for event in streamed]) > 1
    assert text(streamed) == text(whole) != ""
    for events in (streamed, whole):
        report, finished = events[-2:]
        assert isinstance(report, UsageReport)
        assert (report.usage.output_tokens, finished) == (12, Finished("stop"))
        assert not [event for event in events if isinstance(event, UnknownEvent)]


async def test_a_real_server_takes_a_conversation_with_tools(real_home: Path) -> None:
    conversation = [
        Message.user("What is the weather in Rome?"),
        Message.assistant("I will look."),
        Message.assistant([ToolUseBlock("call_1", "weather", {"city": "Rome"})]),
        Message(Role.TOOL, [ToolResultBlock("call_1", "It is sunny.")]),
        Message.user("So?"),
    ]
    query = Query(conversation, options=Options(max_tokens=12), tools=[Tool("weather", "Tells the weather.")])
    async with serving(real_home) as responses:
        events = await answer(responses, query)
    assert isinstance(events[-1], Finished)


async def test_a_real_servers_refusal_is_typed(real_home: Path) -> None:
    async with serving(real_home) as responses:
        with pytest.raises(ProviderRuntimeError) as caught:
            await answer(responses, Query("hi", options=Options(extra={"temperature": "hot"})))
    assert caught.value.status == 400
