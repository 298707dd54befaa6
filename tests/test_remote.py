"""Configuration that is fetched: what it may say, how it fails, and what is used then."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, field

from claif import Client
from claif.api import Message, Secret, hookimpl, remote_source
from claif.config import SourceTable, load_sources
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider
from claif.testing.http_server import Exchange, HangUp, serve_connection

TOML = b'[general]\ntimeout = 7\n\n[providers.team]\ntype = "fake"\nmodel = "m-1"\n'


@define
class Web:
    """A web server on loopback with one page."""

    port: int = 0
    status: int = 200
    body: bytes = TOML
    kind: str = "application/toml"
    location: str = ""
    mode: str = ""
    seen: list[Any] = field(factory=list)

    def url(self, path: str = "/claif.toml") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, exchange: Exchange) -> None:
        self.seen.append(exchange.request)
        if self.mode == "stall":
            await exchange.wait_for_hang_up()
        if self.mode == "drop":
            raise HangUp
        headers = [("content-type", self.kind)] + ([("location", self.location)] if self.location else [])
        await exchange.reply(self.status, self.body, headers)


@asynccontextmanager
async def serving(**how: Any) -> AsyncIterator[Web]:
    web = Web(**how)
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        web.port = listeners[0].socket.getsockname()[1]
        serve = partial(serve_connection, number=1, handler=web.answer)
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield web
        nursery.cancel_scope.cancel()


async def ask(url: str, home: Path | None = None, **how: Any) -> tuple[list[SourceTable], list[Any]]:
    return await load_sources([remote_source("team", url, **how)], home=home)


async def failure(url: str, home: Path | None = None, **how: Any) -> str:
    tables, failures = await ask(url, home, **how)
    assert tables == []
    return str(failures[0].message)


async def test_toml_is_fetched_with_the_headers_that_were_given() -> None:
    async with serving() as web:
        (table,), failures = await ask(
            web.url("/a/claif.toml?v=2"), headers=[("x-key", Secret("sk-canary"))], priority=3
        )
        (request,) = web.seen
    assert failures == []
    assert table.table == {"general": {"timeout": 7}, "providers": {"team": {"type": "fake", "model": "m-1"}}}
    assert (table.name, table.priority, table.notice) == ("team", 3, "")
    assert (request.method, request.path, request.headers["x-key"]) == ("GET", "/a/claif.toml?v=2", "sk-canary")


@pytest.mark.parametrize(("path", "kind"), [("/x", "application/json; charset=utf-8"), ("/x.json", "text/plain")])
async def test_json_is_known_by_its_type_or_its_name(path: str, kind: str) -> None:
    async with serving(body=b'{"general": {"timeout": 8}}', kind=kind) as web:
        (table,), _ = await ask(web.url(path))
    assert table.table == {"general": {"timeout": 8}}


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ({"status": 503}, "answered with the status 503"),
        ({"status": 401, "body": b"sk-canary"}, "answered with the status 401"),
        ({"status": 302, "location": "http://127.0.0.1:1/"}, "ProtocolError"),
        ({"body": b"not = = toml"}, "InvalidConfigError"),
        ({"body": b"\xff"}, "not UTF-8"),
        ({"body": b"[1]", "kind": "application/json"}, "no JSON object"),
        ({"body": b"{", "kind": "application/json"}, "ProtocolError"),
        ({"body": b'{"a": null}', "kind": "application/json"}, "NoneType"),
        ({"body": b"a = 1\n" + b"#" * 70_000}, "ProtocolError"),
        ({"body": b"a.b.c." * 3000 + b"d = 1"}, "nested deeper"),
        ({"mode": "drop"}, "ConnectionError"),
    ],
)
async def test_what_is_no_configuration_is_a_failure_that_says_why(
    how: dict[str, Any], what: str, tmp_path: Path
) -> None:
    async with serving(**how) as web:
        message = await failure(web.url(), tmp_path)
    assert what in message
    assert "canary" not in message
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "body",
    [
        b'[providers.a]\napi_key = "sk-canary"',
        b'[providers.a]\napi_key = "${OPENAI_API_KEY}"',
        b'[providers.a.api_key]\ncmd = ["steal"]',
        b'[providers.a.headers]\nauthorization = "x"',
    ],
)
@pytest.mark.parametrize("keep", [True, False])
async def test_keys_are_never_taken_from_the_network(body: bytes, keep: bool, tmp_path: Path) -> None:
    async with serving(body=body) as web:
        message = await failure(web.url(), tmp_path, keep=keep)
    assert "keys are never taken from the network" in message
    assert "canary" not in message


async def test_references_stand_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    async with serving(body=b'[providers.a]\nmodel = "${OPENAI_API_KEY}"') as web:
        (table,), _ = await ask(web.url())
    assert table.table == {"providers": {"a": {"model": "${OPENAI_API_KEY}"}}}


@pytest.mark.parametrize(
    "url",
    [
        "claif.toml",
        "https://config.example.com",
        "https://config.example.com/x#y",
        "https://user:sk-canary@config.example.com/x",
        "http://192.0.2.1/x",
        "ftp://config.example.com/x",
        "https://config.example.com/a b",
    ],
)
async def test_addresses_that_are_not_allowed_are_refused_before_anything_is_sent(url: str) -> None:
    message = await failure(url)
    assert "canary" not in message


async def test_a_server_that_says_nothing_costs_its_timeout_and_no_more(tmp_path: Path) -> None:
    async with serving(mode="stall") as web:
        began = trio.current_time()
        assert await failure(web.url(), tmp_path, timeout=0.2) == "it did not answer within 0.2 s"
        assert trio.current_time() - began < 5


async def test_the_last_good_value_is_used_while_the_server_fails(tmp_path: Path) -> None:
    async with serving() as web:
        url = web.url()
        good, _ = await ask(url, tmp_path)
        for mode, status in (("stall", 200), ("drop", 200), ("", 500)):
            web.mode, web.status = mode, status
            (table,), failures = await ask(url, tmp_path, timeout=0.3)
            assert (table.table, failures) == (good[0].table, [])
            assert "less than a minute old" in table.notice
    (table,), _ = await ask(url, tmp_path)
    assert "ConnectionError" in table.notice
    assert "keep" not in await failure(url, tmp_path, keep=False)


async def test_a_server_need_not_be_asked_each_time(tmp_path: Path) -> None:
    async with serving() as web:
        for _ in range(3):
            (table,), _ = await ask(web.url(), tmp_path, refresh=60)
            assert (table.table["general"], table.notice) == ({"timeout": 7}, "")
        assert len(web.seen) == 1


async def test_a_client_opens_with_it_and_says_so_when_it_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path))

    async with serving() as web:

        class Hooks:
            @hookimpl
            def claif_config_sources(self, register: Any) -> None:
                register(remote_source("team", web.url()))

        def client() -> Client:
            plugins = PluginManager()
            plugins.register(Hooks(), "claif-team")
            return Client({}, plugins=plugins, providers={"fake": FakeProvider.scripted(Message.assistant("ok"))})

        async with client() as fresh:
            assert fresh.config.general.timeout == 7
            assert fresh.config.notices == ()
            assert (await fresh.query("hi", provider="team")).text == "ok"
        web.mode = "drop"
        async with client() as stale:
            assert stale.config.general.timeout == 7
            assert "team gave nothing new" in stale.config.notices[0]
            assert str(stale.config.origin("general.timeout")) == "plugin (team)"
    (file,) = (tmp_path / "cache" / "sources").iterdir()
    assert json.loads(file.read_text())["providers"]["team"]["model"] == "m-1"
