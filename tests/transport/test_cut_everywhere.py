"""An answer that breaks off at any byte gives exactly what had arrived, and a typed error; a wrong byte never hangs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import trio
from attrs import frozen

from claif.api import ClaifError, Client, ConnectionError, TextDelta
from claif.testing import FaultProxy, ScriptedServer
from claif.testing.faults import Corrupt, Cut, Ending, HalfClose, Reset

TEXT = "Größe 👋 日本"
OPENAI = {"chat", "responses"}
APIS = {
    "chat": {"type": "openai", "api": "chat"},
    "responses": {"type": "openai", "api": "responses"},
    "messages": {"type": "anthropic"},
    "gemini": {"type": "google"},
}
CUTS = [(Cut, "chat"), (Reset, "chat"), (HalfClose, "chat"), (Cut, "responses"), (Cut, "messages"), (Cut, "gemini")]
SOON = 20.0
"""Seconds after which a query counts as hung."""


@frozen
class Outcome:
    """What one query came to."""

    shown: str
    error: ClaifError | None
    reply: str | None


async def streamed(client: Client) -> Outcome:
    """Ask, and note what is shown until the answer ends or breaks off."""
    shown: list[str] = []
    try:
        with trio.fail_after(SOON):
            async with client.stream("hi") as stream:
                async for event in stream:
                    if isinstance(event, TextDelta):
                        shown.append(event.text)
    except ClaifError as error:
        return Outcome("".join(shown), error, None)
    assert stream.reply is not None
    return Outcome("".join(shown), None, stream.reply.text)


async def whole(client: Client) -> Outcome:
    """Ask for the answer in one piece."""
    try:
        with trio.fail_after(SOON):
            return Outcome("", None, (await client.query("hi")).text)
    except ClaifError as error:
        return Outcome("", error, None)


@asynccontextmanager
async def asking(api: str, seed: int = 0) -> AsyncIterator[tuple[Client, FaultProxy, ScriptedServer]]:
    async with ScriptedServer() as server, FaultProxy(server.port, seed=seed) as proxy:
        where = server.url if api in OPENAI else server.root_url
        house = {**APIS[api], "base_url": proxy.through(where(text=TEXT, piece=5)), "model": "scripted-1"}
        tables = {"providers": {"house": house}, "retry": {"max_attempts": 1}}
        async with Client({"general": {"default_provider": "house"}, **tables}) as client:
            yield client, proxy, server


async def raw_answer(server: ScriptedServer) -> bytes:
    """Every byte of the answer to the last request."""
    request = server.requests[-1]
    head = f"{request.method} {request.path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(request.body)}\r\n\r\n"
    found = b""
    async with await trio.open_tcp_stream("127.0.0.1", server.port) as stream:
        await stream.send_all(head.encode() + request.body)
        await stream.send_eof()
        while data := await stream.receive_some(65_536):
            found += data
    return found


def events(answer: bytes) -> Iterator[str]:
    """The data of the events that are complete in the beginning of an answer; an independent reading of HTTP."""
    body, left = b"", answer.partition(b"\r\n\r\n")[2]
    while b"\r\n" in left:
        size, _, left = left.partition(b"\r\n")
        body += left[: int(size, 16)]
        left = left[int(size, 16) + 2 :]
    for event in body.split(b"\n\n")[:-1]:
        yield event.partition(b"data: ")[2].decode()


def text_of(data: str) -> str:
    """The text that an event adds to the answer, in any of the protocols."""
    event = json.loads(data)
    if event.get("type") == "response.output_text.delta":
        return str(event["delta"])
    if event.get("type") == "content_block_delta":
        return str(event["delta"]["text"])
    if "candidates" in event:
        return "".join([part["text"] for part in event["candidates"][0]["content"]["parts"]])
    return "".join([choice["delta"].get("content") or "" for choice in event.get("choices", ())])


def is_last(data: str) -> bool:
    """Whether an event says that the answer is complete."""
    return data == "[DONE]" or json.loads(data).get("type") in {"response.completed", "message_stop"}


@pytest.mark.patience(300)
@pytest.mark.parametrize(("kind", "api"), CUTS)
async def test_a_stream_cut_at_any_byte_gives_exactly_what_had_arrived(kind: type[Ending], api: str) -> None:
    async with asking(api) as (client, proxy, server):
        assert (await streamed(client)).reply == TEXT
        raw = await raw_answer(server)
        assert proxy.counts.bytes_down == len(raw)
        for after in range(len(raw) + 1):
            proxy.set(kind(after))
            outcome = await streamed(client)
            arrived = list(events(raw[:after]))
            # Gemini's protocol has no event that is the last: tokens may follow the reason why it ended.
            complete = any(map(is_last, arrived)) or (api == "gemini" and after == len(raw))
            expected = "".join([text_of(data) for data in arrived if data != "[DONE]"])
            assert outcome.shown == expected, f"after {after} bytes"
            if complete:
                assert (outcome.error, outcome.reply) == (None, TEXT), f"after {after} bytes"
            else:
                assert isinstance(outcome.error, ConnectionError), f"after {after} bytes: {outcome.error!r}"
                kept = outcome.error.partial.text if outcome.error.partial is not None else ""
                assert kept == expected, f"after {after} bytes"
        proxy.set()
        assert (await streamed(client)).reply == TEXT
        # At 0 bytes the idle connection of the first query is ended too.
        assert proxy.counts.applied[kind] > len(raw)


@pytest.mark.patience(300)
@pytest.mark.parametrize(("kind", "api"), CUTS)
async def test_an_answer_in_one_piece_cut_at_any_byte_is_an_error(kind: type[Ending], api: str) -> None:
    async with asking(api) as (client, proxy, _):
        assert (await whole(client)).reply == TEXT
        size = proxy.counts.bytes_down
        for after in range(size + 1):
            proxy.set(kind(after))
            outcome = await whole(client)
            if after < size:
                assert isinstance(outcome.error, ConnectionError), f"after {after} bytes: {outcome}"
            else:
                assert outcome == Outcome("", None, TEXT)


@pytest.mark.patience(300)
@pytest.mark.parametrize(
    ("ask", "api"),
    [(streamed, "chat"), (whole, "chat"), (whole, "responses"), (streamed, "messages"), (streamed, "gemini")],
)
async def test_a_wrong_byte_anywhere_is_an_answer_or_a_typed_error(ask, api: str) -> None:
    """The sender is cut off behind the answer, so that what asks for more bytes than there are does not wait."""
    async with asking(api, seed=6) as (client, proxy, _):
        assert (await ask(client)).reply == TEXT
        size = proxy.counts.bytes_down
        answers = 0
        for position in range(size):
            proxy.set(Corrupt(position), Cut(size))
            outcome = await ask(client)
            answers += outcome.error is None
        assert proxy.counts.applied[Corrupt] == size
        assert 0 < answers < size
