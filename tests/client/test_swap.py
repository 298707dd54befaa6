"""A provider is replaced by another one while queries run, and none of them fails."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from attrs import evolve
from client.support import SECONDS, Numbered, asking, numbered

from claif import Client
from claif.api import (
    ClientClosedError,
    Context,
    Emit,
    Layer,
    Provider,
    ProviderInitError,
    ProviderSettings,
    Query,
    Slot,
    TextDelta,
    TimeoutError,
    hookimpl,
)


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
