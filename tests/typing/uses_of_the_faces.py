"""What users of the blocking and the asyncio face write; pyright checks it strictly, nobody runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_type

import claif
from claif.api import Context, Emit, Event, ModelInfo, Options, Provider, Query, Reply, TextDelta


class EchoProvider(Provider):
    name = "echo"

    def __init__(self, context: Context) -> None:
        super().__init__(context)

    async def query(self, query: Query, emit: Emit) -> None:
        await emit(TextDelta(query.prompt))


def one_line() -> str:
    assert_type(claif.query("hi"), Reply)
    return claif.query("hi", provider="local", temperature=0.5, stop=["x"], timeout=3).text


def script() -> list[str]:
    texts: list[str] = []
    with claif.blocking.Client({"general": {"timeout": 5}}, providers={"echo": EchoProvider}) as client:
        assert_type(client, claif.blocking.Client)
        assert_type(client.query("hi", system="be terse", options=Options(seed=1)), Reply)
        with client.stream([claif.Message.user("hi")], max_tokens=5) as stream:
            assert_type(stream, claif.blocking.Stream)
            for event in stream:
                assert_type(event, Event)
                if isinstance(event, TextDelta):
                    texts.append(event.text)
        assert_type(stream.reply, Reply | None)
        assert_type(client.models("echo"), Sequence[ModelInfo])
        assert_type(client.embed(["a", "b"], provider="echo", dimensions=8).vectors, tuple[tuple[float, ...], ...])
        client.prewarm(provider="echo", permission="plan")
        assert_type(client.default_provider().name, str)
        texts.extend(member.name for member in client.providers())
    return texts


def without_a_block() -> claif.blocking.Client:
    client = claif.blocking.Client()
    client.query(Query("hi"))
    client.close()
    return client


def decide(request: claif.PermissionRequest) -> claif.Decision:
    return claif.Decision(allowed=request.kind == "read")


async def decide_later(request: claif.PermissionRequest) -> claif.Decision:
    return decide(request)


def with_an_approver() -> tuple[claif.blocking.Client, claif.aio.Client, claif.Client]:
    return (
        claif.blocking.Client(approver=decide),
        claif.aio.Client(approver=decide_later),
        claif.Client(approver=decide_later),
    )


async def application() -> list[str]:
    texts: list[str] = []
    async with claif.aio.Client({"general": {"timeout": 5}}, providers={"echo": EchoProvider}) as client:
        assert_type(client, claif.aio.Client)
        assert_type(await client.query("hi", temperature=0.5), Reply)
        async with client.stream("hi", model="m") as stream:
            assert_type(stream, claif.aio.Stream)
            async for event in stream:
                assert_type(event, Event)
                if isinstance(event, TextDelta):
                    texts.append(event.text)
        assert_type(stream.reply, Reply | None)
        assert_type(await client.models(), Sequence[ModelInfo])
        await client.prewarm(provider="echo", directory="/tmp")
        assert_type((await client.default_provider()).reason, str)
        texts.extend(member.name for member in await client.providers())
    await client.aclose()
    return texts
