"""Each query of a client is a row, whatever becomes of it; and no text of it is written down."""

# ruff: noqa: ASYNC240 - a test may wait for its own small files

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio
from middleware.accounts import COST, PRICES, USED, calls, client, only
from patience import jump, on_slow_clock

from claif import Client
from claif.api import (
    Emit,
    Finished,
    ProviderRuntimeError,
    Query,
    RateLimitError,
    Started,
    TextDelta,
    TimeoutError,
)
from claif.testing import FakeProvider, ScriptedServer
from claif.testing.fake import Pause


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


async def test_the_row_is_complete_before_the_answer_ends(home: Path) -> None:
    seen = []

    async def look(event: Any) -> None:
        if not isinstance(event, Finished):
            seen.append(None)
            return
        seen.append([(call["state"], call["cost"]) for call in calls(home)])

    async with client(["x", USED]) as c:
        await c.run(Query("hi", provider="fake"), look)
    assert seen[-1] == [(1, pytest.approx(COST))]


async def test_the_row_is_pending_before_anybody_is_asked(home: Path) -> None:
    found = []

    class Looking(FakeProvider):
        async def query(self, query: Query, emit: Emit) -> None:
            found.extend(calls(home))
            await super().query(query, emit)

    async with client(others={"looking": Looking}) as c:
        await c.query("hi", provider="looking", tag="t")
    assert [(call["state"], call["provider"], call["tag"], call["attempts"]) for call in found] == [
        (0, "looking", "t", 0)
    ]


async def test_a_failure_is_a_row_with_its_error_and_costs_nothing_if_it_was_refused(home: Path) -> None:
    async with client(RateLimitError("slow"), retry={"max_attempts": 2, "base": 0.001}) as c:
        with pytest.raises(RateLimitError):
            await c.query("hi", provider="fake")
    only(home, error="RateLimitError", attempts=2, cost=0.0, cost_known=1, state=1)


@on_slow_clock
async def test_a_query_that_takes_too_long_is_a_row(home: Path) -> None:
    async with client(["x", Pause(60)]) as c:
        with pytest.raises(TimeoutError):
            async with c.stream("hi", provider="fake", timeout=2) as stream:
                async for event in stream:
                    if isinstance(event, TextDelta):
                        jump(2)
    only(home, error="TimeoutError", state=1, cost_known=0)


async def test_a_cancelled_query_is_a_row(home: Path) -> None:
    async def enough(event: Any) -> None:
        if isinstance(event, TextDelta):
            scope.cancel()

    async with client(["x", Pause(60)]) as c:
        with trio.CancelScope() as scope:
            await c.run(Query("hi", provider="fake"), enough)
        assert calls(home)[0]["error"] == "Cancelled"
        async with c.stream("hi", provider="fake") as stream:
            async for _ in stream:
                break
    assert [(call["state"], call["error"]) for call in calls(home)] == [(1, "Cancelled")] * 2


async def test_a_query_that_runs_while_the_client_is_closed_is_a_row(home: Path) -> None:
    begun = trio.Event()

    async def begin(event: Any) -> None:
        if isinstance(event, TextDelta):
            begun.set()

    async with trio.open_nursery() as nursery, client(["x", Pause(60)]) as c:

        async def ask() -> None:
            with pytest.raises(Exception, match="closed"):
                await c.run(Query("hi", provider="fake"), begin)

        nursery.start_soon(ask)
        await begun.wait()
    only(home, state=1, error="Cancelled")


async def test_whoever_stops_listening_is_a_row_too(home: Path) -> None:
    class Enough(Exception):
        pass

    async def stop(event: Any) -> None:
        if not isinstance(event, Started):
            raise Enough

    async with client(["x", USED]) as c:
        with pytest.raises(Enough):
            await c.run(Query("hi", provider="fake"), stop)
    only(home, error="Cancelled")


async def test_a_query_that_nobody_could_be_asked_is_a_row(home: Path) -> None:
    async with client("x") as c:
        with pytest.raises(Exception, match="nobody"):
            await c.query("hi", provider="nobody")
    only(home, error="ProviderNotFoundError", cost=0.0, cost_known=1, attempts=0)


async def test_no_text_and_no_secret_is_in_the_files(home: Path) -> None:
    async with client(["ANSWER", USED], ProviderRuntimeError("FAILURE")) as c:
        await c.query("PROMPT", provider="fake", system="SYSTEM", metadata={"key": "METADATA"})
        with pytest.raises(ProviderRuntimeError):
            await c.query("PROMPT", provider="fake")
    data = b"".join([path.read_bytes() for path in home.rglob("*") if path.is_file()])
    assert b"ProviderRuntimeError" in data
    for word in (b"PROMPT", b"ANSWER", b"SYSTEM", b"METADATA", b"FAILURE"):
        assert word not in data


async def test_a_cached_answer_costs_nothing_and_took_no_tokens(home: Path) -> None:
    config = {"cache": {"mode": "read-write", "store": "memory", "sampled": True}, "budget": {"day": 0.02}}
    async with ScriptedServer() as server:
        providers = {"fake": {"type": "openai", "base_url": server.url(text="Read."), "model": "m"}}
        async with Client({"providers": providers, "prices": PRICES, "ledger": {"enabled": True}, **config}) as c:
            new = await c.query("hi", provider="fake", max_tokens=100, temperature=0)
            old = await c.query("hi", provider="fake", max_tokens=100, temperature=0)
    assert new.cost > 0
    assert (old.cached is not None, old.cost) == (True, 0.0)
    first, second = calls(home)
    assert (first["cached"], second["cached"]) == (0, 1)
    assert (second["cost"], second["cost_known"], second["input_tokens"]) == (0.0, 1, None)


async def test_a_ledger_that_cannot_be_written_is_a_notice_and_fails_nothing(home: Path) -> None:
    home.write_text("")
    async with client(["x", USED]) as c:
        first, second = [await c.query("hi", provider="fake") for _ in range(2)]
    assert [notice.kind for notice in first.notices] == ["ledger"]
    assert "cannot be written" in first.notices[0].text
    assert second.notices == ()
    assert first.cost == second.cost == pytest.approx(COST)
