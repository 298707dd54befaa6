"""Lists of models and counts of tokens, from servers that answer in ways that Anthropic's does not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import pytest
import trio

from claif.api import HTTP, MessagesAPI, ProtocolError, ProviderRuntimeError, Query
from claif.testing.http_server import Exchange, serve_connection

JSON = ("content-type", "application/json")


class Server:
    """Answers each request with the body that its query, or nothing, stands for."""

    def __init__(self, bodies: Mapping[str, Any], status: int) -> None:
        self.bodies = bodies
        self.status = status
        self.asked: list[str] = []

    async def answer(self, exchange: Exchange) -> None:
        after = parse_qs(exchange.request.path.partition("?")[2]).get("after_id", [""])[0]
        self.asked.append(after)
        await exchange.reply(self.status, json.dumps(self.bodies.get(after)).encode(), [JSON])

    async def serve(self, stream: trio.SocketStream) -> None:
        await serve_connection(stream, 1, self.answer)


@asynccontextmanager
async def asking(bodies: Mapping[str, Any], status: int = 200) -> AsyncIterator[tuple[Server, MessagesAPI]]:
    server = Server(bodies, status)
    async with HTTP() as http, trio.open_nursery() as nursery:
        (listener, *_) = await nursery.start(partial(trio.serve_tcp, server.serve, 0, host="127.0.0.1"))
        endpoint = http.endpoint(f"http://127.0.0.1:{listener.socket.getsockname()[1]}")
        yield server, MessagesAPI(endpoint, provider="house", model="m")
        nursery.cancel_scope.cancel()


def page(*names: str, last: Any = None, more: bool = True) -> dict[str, Any]:
    return {"data": [{"id": name} for name in names], "has_more": more, "last_id": last}


async def test_a_page_is_asked_for_by_any_name() -> None:
    async with asking({"": page("a", "b&c#d", last="b&c#d"), "b&c#d": page("e", more=False)}) as (server, api):
        assert [model.id for model in await api.models()] == ["a", "b&c#d", "e"]
        assert server.asked == ["", "b&c#d"]


async def test_a_page_whose_name_is_no_unicode_is_asked_for_all_the_same() -> None:
    async with asking({"": page("a", last="\ud800"), "?": page("b", more=False)}) as (_, api):
        assert [model.id for model in await api.models()] == ["a", "b"]


@pytest.mark.parametrize(
    "bodies",
    [
        {"": page("a", last="a"), "a": page("a", last="a")},
        {"": page("a", last="a"), "a": page(last="b")},
        {"": page("a")},
        {"": page("a", last=3)},
        {"": {"data": [{"id": "a"}, {"id": 3}, "b", {}]}},
    ],
)
async def test_a_list_without_an_end_ends_where_nothing_new_comes(bodies: Mapping[str, Any]) -> None:
    async with asking(bodies) as (server, api):
        assert [model.id for model in await api.models()] == ["a"]
        assert len(server.asked) <= 2


async def test_a_list_that_goes_on_for_ever_is_given_up() -> None:
    bodies = {str(number or ""): page(f"m{number}", last=str(number + 1)) for number in range(200)}
    async with asking(bodies) as (server, api):
        assert len(await api.models()) == len(server.asked) == 50


@pytest.mark.parametrize("body", [[], {}, {"data": {}}, "x", None])
async def test_a_list_of_models_that_is_none_is_a_protocol_error(body: Any) -> None:
    async with asking({"": body}) as (_, api):
        with pytest.raises(ProtocolError, match="a list of models that is none"):
            await api.models()


@pytest.mark.parametrize("body", [[], {}, {"input_tokens": -1}, {"input_tokens": True}, {"input_tokens": "3"}])
async def test_a_count_that_is_none_is_a_protocol_error(body: Any) -> None:
    async with asking({"": body}) as (_, api):
        with pytest.raises(ProtocolError, match="a count of tokens that is none"):
            await api.count_tokens(Query("hi"))


async def test_what_is_refused_is_a_typed_error() -> None:
    async with asking({"": {"error": {"type": "api_error"}}}, status=500) as (_, api):
        for ask in (api.models, partial(api.count_tokens, Query("hi"))):
            with pytest.raises(ProviderRuntimeError) as caught:
                await ask()
            assert (caught.value.status, caught.value.code) == (500, "api_error")
