"""Providers come, are replaced and go while queries run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
from attrs import evolve

from claif import Client
from claif.api import (
    ClientClosedError,
    ConfigurationError,
    Context,
    Emit,
    Layer,
    Provider,
    ProviderInitError,
    ProviderNotFoundError,
    ProviderSettings,
    Query,
    Slot,
    TextDelta,
    TimeoutError,
    hookimpl,
)
from claif.plugin.manager import PluginManager

SECONDS = 10.0


class Numbered(Provider):
    """Answers with its number after a while, and knows whether it may be asked."""

    number = 0
    made: list[Numbered] = []

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.connected = False
        self.running = 0
        self.disconnects = 0
        self.ended_at: float | None = None
        type(self).made.append(self)

    async def connect(self) -> None:
        await trio.sleep(1)
        self.connected = True

    async def disconnect(self) -> None:
        assert not self.running, "it was disconnected while it was asked"
        self.connected = False
        self.disconnects += 1
        await trio.sleep(0.5)
        self.ended_at = trio.current_time()

    async def query(self, query: Query, emit: Emit) -> None:
        assert self.connected, "it was asked while it was not connected"
        self.running += 1
        try:
            await emit(TextDelta("from "))
            await trio.sleep(SECONDS)
            assert self.connected
            await emit(TextDelta(str(self.number)))
        finally:
            self.running -= 1


def numbered(number: int) -> type[Numbered]:
    return type("Made", (Numbered,), {"number": number, "made": []})


def asking(factory: Callable[[Context], Any], *modules: object, **config: Any) -> Client:
    plugins = PluginManager()
    for place, module in enumerate(modules):
        plugins.register(module, f"plugin-{place}")
    return Client({"general": {"default_provider": "it"}, **config}, plugins=plugins, providers={"it": factory})


@pytest.mark.mock_clock
async def test_running_queries_end_on_the_old_one_and_new_ones_on_the_new_one() -> None:
    old, new = numbered(1), numbered(2)
    answers: list[str] = []

    async def ask(client: Client) -> None:
        answers.append((await client.query("hi")).text)

    async with asking(old) as client:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, client)
            await trio.sleep(5)
            await client.replace("it", new)
            (first,) = old.made
            assert (first.connected, first.disconnects) == (True, 0)
            nursery.start_soon(ask, client)
        await trio.sleep(1)
        assert answers == ["from 1", "from 2"]
        assert first.disconnects == 1
        assert first.ended_at == pytest.approx(1 + SECONDS + 0.5)
        assert new.made[0].disconnects == 0
    assert new.made[0].disconnects == 1
    assert first.disconnects == 1


@pytest.mark.mock_clock
async def test_a_hundred_queries_and_ten_swaps_and_none_fails() -> None:
    kinds = [numbered(number) for number in range(11)]
    answers: list[str] = []

    async def ask(client: Client, delay: float) -> None:
        await trio.sleep(delay)
        reply = await client.query("hi")
        answers.append(reply.text)

    async with asking(kinds[0]) as client, trio.open_nursery() as nursery:
        for number in range(100):
            nursery.start_soon(ask, client, number * 0.31)
        for kind in kinds[1:]:
            await trio.sleep(2.1)
            await client.replace("it", kind)
        await trio.sleep(50)
        assert len(answers) == 100
        assert len(set(answers)) > 5
        made = [one for kind in kinds for one in kind.made]
        assert [one.disconnects for one in made[:-1]] == [1] * (len(made) - 1)
        assert made[-1].connected


@pytest.mark.mock_clock
async def test_an_unused_provider_ends_at_once_and_one_that_was_never_connected_not_at_all() -> None:
    never, used, last = numbered(1), numbered(2), numbered(3)
    async with asking(never) as client:
        await client.replace("it", used)
        assert never.made == []
        await client.replace("it", last)
        await trio.sleep(1)
        assert used.made[0].disconnects == 1


@pytest.mark.mock_clock
async def test_a_new_one_that_cannot_connect_changes_nothing() -> None:
    class Broken(Numbered):
        async def connect(self) -> None:
            raise OSError("no")

    async with asking(numbered(1)) as client:
        with pytest.raises(ProviderInitError, match="could not be connected"):
            await client.replace("it", Broken)
        with pytest.raises(ProviderInitError, match="could not be constructed"):
            await client.replace("it", lambda _context: "nothing")
        assert (await client.query("hi")).text == "from 1"


@pytest.mark.mock_clock
async def test_a_new_one_that_never_connects_is_given_up() -> None:
    class Slow(Numbered):
        async def connect(self) -> None:
            await trio.sleep_forever()

    async with asking(numbered(1), general={"default_provider": "it", "timeout": 30}) as client:
        with pytest.raises(TimeoutError, match="within 30 s"):
            await client.replace("it", Slow)
        assert (await client.query("hi")).text == "from 1"


@pytest.mark.mock_clock
async def test_closing_the_client_ends_old_and_new_ones_once() -> None:
    old, new = numbered(1), numbered(2)
    errors: list[ClientClosedError] = []

    async def ask(client: Client) -> None:
        try:
            await client.query("hi")
        except ClientClosedError as error:
            errors.append(error)

    async with trio.open_nursery() as nursery:
        async with asking(old) as client:
            nursery.start_soon(ask, client)
            await trio.sleep(2)
            await client.replace("it", new)
        assert len(errors) == 1
        assert [one.disconnects for one in (*old.made, *new.made)] == [1, 1]


@pytest.mark.mock_clock
async def test_closing_waits_for_a_provider_that_is_being_disconnected() -> None:
    old = numbered(1)
    async with asking(old) as client:
        await client.query("hi")
        await client.replace("it", numbered(2))
    assert old.made[0].ended_at is not None


@pytest.mark.mock_clock
async def test_an_end_that_hangs_is_bounded() -> None:
    class Hanging(Numbered):
        async def disconnect(self) -> None:
            await trio.sleep_forever()

    async with asking(Hanging) as client:
        await client.query("hi")
        await client.replace("it", numbered(2))
        began = trio.current_time()
    assert trio.current_time() - began <= 6


@pytest.mark.mock_clock
async def test_replacing_while_the_client_closes_leaves_nothing_connected() -> None:
    new = numbered(2)
    errors: list[BaseException] = []

    async def swap(client: Client) -> None:
        try:
            await client.replace("it", new)
        except ClientClosedError as error:
            errors.append(error)

    async with trio.open_nursery() as nursery, asking(numbered(1)) as client:
        nursery.start_soon(swap, client)
        await trio.sleep(0.5)
    assert len(errors) == 1
    assert [one.disconnects for one in new.made] == [1]


@pytest.mark.mock_clock
async def test_a_cancelled_replacement_changes_nothing() -> None:
    async with asking(numbered(1)) as client:
        with trio.move_on_after(0.5):
            await client.replace("it", numbered(2))
        assert (await client.query("hi")).text == "from 1"


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


@pytest.mark.mock_clock
async def test_new_settings_are_a_new_provider_of_the_same_class() -> None:
    class Keyed(Numbered):
        async def query(self, query: Query, emit: Emit) -> None:
            await emit(TextDelta(str(self.context.settings.base_url)))

    def moved(context: Context) -> Provider:
        return Keyed(evolve(context, settings=evolve(context.settings, base_url="https://new.example")))

    async with asking(Keyed, providers={"it": {"base_url": "https://old.example"}}) as client:
        assert (await client.query("hi")).text == "https://old.example"
        await client.replace("it", moved)
        assert (await client.query("hi")).text == "https://new.example"
        assert client.provider("it").context.settings.__class__ is ProviderSettings


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


@pytest.mark.mock_clock
async def test_a_plugins_layer_around_the_query_swaps_for_the_query_itself() -> None:
    new = numbered(2)

    class Swapping:
        @hookimpl
        def claif_query(self, client: Client) -> Layer:
            def wrap(handler: Any) -> Any:
                async def swap(query: Query, emit: Emit) -> None:
                    await client.replace("it", new)
                    await handler(query, emit)

                return swap

            return Layer(Slot.GUARD, wrap, name="swap")

    async with asking(numbered(1), Swapping()) as client:
        assert (await client.query("hi")).text == "from 2"


@pytest.mark.mock_clock
async def test_a_plugins_layer_within_the_attempt_swaps_for_the_next_query() -> None:
    old, new = numbered(1), numbered(2)
    left = [1]

    class Swapping:
        @hookimpl
        def claif_query(self, client: Client) -> Layer:
            def wrap(handler: Any) -> Any:
                async def swap(query: Query, emit: Emit) -> None:
                    if left:
                        left.pop()
                        await client.replace("it", new)
                    await handler(query, emit)

                return swap

            return Layer(Slot.RETRY, wrap, name="swap")

    async with asking(old, Swapping()) as client:
        assert (await client.query("hi")).text == "from 1"
        assert (await client.query("hi")).text == "from 2"
        await trio.sleep(1)
        assert old.made[0].disconnects == 1


@pytest.mark.mock_clock
async def test_cancelled_queries_give_their_provider_back() -> None:
    old = numbered(1)

    async def ask(client: Client, seconds: float) -> None:
        with trio.move_on_after(seconds):
            await client.query("hi")

    async with asking(old) as client:
        async with trio.open_nursery() as nursery:
            for tenths in range(60):
                nursery.start_soon(ask, client, tenths / 10)
            await trio.sleep(3)
            await client.replace("it", numbered(2))
        await trio.sleep(1)
        assert old.made[0].disconnects == 1


@pytest.mark.mock_clock
async def test_listing_models_uses_the_provider_too() -> None:
    class Listing(Numbered):
        async def models(self) -> Any:
            await trio.sleep(5)
            assert self.connected
            return ()

    async def ask(client: Client) -> None:
        assert await client.models("it") == ()

    async with asking(Listing) as client, trio.open_nursery() as nursery:
        nursery.start_soon(ask, client)
        await trio.sleep(2)
        await client.replace("it", numbered(2))
        assert [one.disconnects for one in Listing.made[-1:]] == [0]
