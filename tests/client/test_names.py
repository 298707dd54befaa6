"""Providers come and go under names while the client is open; a name that is taken is taken."""

from __future__ import annotations

import pytest
import trio
from client.support import Numbered, asking, numbered

from claif import Client
from claif.api import (
    ClientClosedError,
    ConfigurationError,
    Emit,
    ProviderInitError,
    ProviderNotFoundError,
    Query,
    TextDelta,
)
from claif.plugin.manager import PluginManager


@pytest.mark.mock_clock
async def test_names_come_and_go() -> None:
    async with asking(numbered(1)) as client:
        client.register("other", numbered(2))
        assert {"it", "other"} <= {member.name for member in client.providers()}
        assert (await client.query("hi", provider="other")).text == "from 2"
        client.unregister("other")
        assert "other" not in {member.name for member in client.providers()}
        with pytest.raises(ProviderNotFoundError):
            await client.query("hi", provider="other")
        client.register("other", numbered(3))
        assert (await client.query("hi", provider="other")).text == "from 3"


@pytest.mark.mock_clock
async def test_a_query_that_runs_ends_well_when_its_provider_is_taken_away() -> None:
    kind = numbered(1)
    texts: list[str] = []

    async def ask(client: Client) -> None:
        texts.append((await client.query("hi")).text)

    async with asking(kind, providers={"it": {"model": "m"}}) as client:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, client)
            await trio.sleep(5)
            client.unregister("it")
            with pytest.raises(ProviderNotFoundError) as caught:
                await client.query("hi")
            assert "Did you mean it" not in (caught.value.hint or "")
        await trio.sleep(1)
        assert texts == ["from 1"]
        assert kind.made[0].disconnects == 1


async def test_what_cannot_be_registered_is_refused() -> None:
    async with asking(numbered(1)) as client:
        with pytest.raises(ProviderInitError, match="is taken") as caught:
            client.register("it", numbered(2))
        assert "client.replace('it'" in (caught.value.hint or "")
        with pytest.raises(ProviderInitError, match="not a name"):
            client.register("a b", numbered(2))
        for change in (client.unregister, lambda name: client._members.get(name).get()):
            with pytest.raises(ProviderNotFoundError):
                change("absent")
        with pytest.raises(ProviderNotFoundError):
            await client.replace("absent", numbered(2))


async def test_a_client_that_is_not_open_changes_nothing() -> None:
    async with asking(numbered(1)) as client:
        pass
    with pytest.raises(ClientClosedError):
        client.register("x", numbered(2))
    with pytest.raises(ClientClosedError):
        client.unregister("it")
    with pytest.raises(ClientClosedError):
        await client.replace("it", numbered(2))


@pytest.mark.mock_clock
async def test_a_name_that_a_table_serves_is_taken_and_one_that_nobody_serves_is_configured_by_its_table() -> None:
    class Configured(Numbered):
        async def query(self, query: Query, emit: Emit) -> None:
            await emit(TextDelta(str(self.context.settings.model)))

    tables = {"providers": {"alias": {"type": "it"}, "new": {"model": "m-9"}}}
    async with asking(numbered(1), **tables) as client:
        with pytest.raises(ProviderInitError, match="taken"):
            client.register("alias", numbered(2))
        client.register("new", Configured)
        assert (await client.query("hi", provider="new")).text == "m-9"
        await client.replace("alias", numbered(2))
        assert (await client.query("hi", provider="alias")).text == "from 2"
        assert (await client.query("hi")).text == "from 1"


async def test_the_default_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    async with Client({}, plugins=PluginManager()) as client:
        with pytest.raises(ConfigurationError):
            client.default_provider()
        client.register("local", numbered(1))
        assert client.default_provider().name == "local"
        client.unregister("local")
        with pytest.raises(ConfigurationError):
            client.default_provider()
