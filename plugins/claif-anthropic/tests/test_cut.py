"""An answer that breaks off after any byte: what was complete is kept, and the error says what happened."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio

from claif.api import Client, ConnectionError
from claif.testing import Behaviour
from claif.testing.messages_script import chunks
from claif.testing.script import event

ASK = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
TEXT = "Grüezi, 東京!"
EVENTS = [each for together in chunks(Behaviour(text=TEXT, piece=6), ASK) for each in together]
PARTS = [event(each, each["type"]) for each in EVENTS]
STREAM = b"".join(PARTS)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
ENDINGS = {"the connection": b"", "the stream": b"0\r\n\r\n"}
"""What ends: all at once, or the body in good order, as a proxy that loses its upstream ends it."""


async def answer(stream: trio.SocketStream, *, ending: bytes) -> None:
    """Take one request, send as many bytes of the answer as the model's name says, and hang up."""
    async with stream:
        asked = b""
        while not asked.endswith(b"}"):
            piece = await stream.receive_some(65_536)
            if not piece:
                return
            asked += piece
        at = int(json.loads(asked.partition(b"\r\n\r\n")[2])["model"])
        sent = b"%x\r\n%b\r\n" % (at, STREAM[:at]) if at else b""
        await stream.send_all(HEAD + sent + ending)


@asynccontextmanager
async def asking(ending: bytes) -> AsyncIterator[Client]:
    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, partial(answer, ending=ending), 0, host="127.0.0.1")
        (listener, *_) = await nursery.start(serve)
        house = {"type": "anthropic", "base_url": f"http://127.0.0.1:{listener.socket.getsockname()[1]}"}
        config = {"general": {"default_provider": "house"}, "retry": {"max_attempts": 1}, "providers": {"house": house}}
        async with Client(config) as client:
            yield client
        nursery.cancel_scope.cancel()


def complete_text(at: int) -> str:
    """The text of the events that are whole in the first bytes."""
    whole = [each for number, each in enumerate(EVENTS) if len(b"".join(PARTS[: number + 1])) <= at]
    return "".join([each["delta"]["text"] for each in whole if each["type"] == "content_block_delta"])


@pytest.mark.parametrize("what", sorted(ENDINGS))
async def test_what_was_complete_is_kept_wherever_it_ends(what: str) -> None:
    async with asking(ENDINGS[what]) as client:
        for at in range(len(STREAM)):
            with pytest.raises(ConnectionError) as caught:
                async with client.stream("hi", model=str(at)) as stream:
                    assert [event async for event in stream]
            kept = caught.value.partial.text if caught.value.partial else ""
            assert kept == complete_text(at), f"after {at} bytes"


async def test_all_of_it_is_an_answer() -> None:
    async with asking(ENDINGS["the connection"]) as client, client.stream("hi", model=str(len(STREAM))) as stream:
        assert [event async for event in stream]
    assert stream.reply is not None
    assert stream.reply.text == complete_text(len(STREAM)) == TEXT
