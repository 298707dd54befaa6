"""The fake provider plays its script."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import trio

from claif.client import Client
from claif.errors import RateLimitError
from claif.models import Finished, Message, Notice, Query, TextDelta
from claif.testing import FakeProvider, Pause


def client_of(fake: Any) -> Client:
    config = {"general": {"default_provider": "fake"}, "retry": {"max_attempts": 1}}
    return Client(config, providers={"fake": fake})


async def test_it_answers_from_its_script_and_repeats_the_last_answer() -> None:
    fake = FakeProvider.scripted("one", "two")
    async with client_of(fake) as client:
        assert [(await client.query(prompt)).text for prompt in "abc"] == ["one", "two", "two"]
    assert [query.prompt for query in fake.queries] == ["a", "b", "c"]
    assert (fake.connects, fake.disconnects) == (1, 1)


async def test_without_a_script_it_repeats_the_prompt() -> None:
    async with client_of(FakeProvider) as client:
        assert (await client.query("hi")).text == "hi"
        assert (await client.models("fake"))[0].id == "fake-1"


async def test_an_answer_can_have_pieces_events_and_messages() -> None:
    fake = FakeProvider.scripted(["Hel", Notice("n", "note"), "lo"], Message.assistant("whole"), Finished("length"))
    async with client_of(fake) as client:
        first, second, third = [await client.query("hi") for _ in range(3)]
    assert (first.text, first.notices[0].text) == ("Hello", "note")
    assert second.text == "whole"
    assert (third.text, third.finish_reason) == ("", "length")


async def test_it_fails_as_often_as_the_script_says() -> None:
    async with client_of(FakeProvider.scripted(RateLimitError("Slow down."), ["a", OSError("x")], "fine")) as client:
        with pytest.raises(RateLimitError, match="Slow down"):
            await client.query("hi")
        with pytest.raises(Exception, match="OSError"):
            await client.query("hi")
        assert (await client.query("hi")).text == "fine"


@pytest.mark.mock_clock
async def test_it_waits_on_the_clock_of_the_test() -> None:
    seen: list[float] = []

    async def emit(event: Any) -> None:
        if isinstance(event, TextDelta):
            seen.append(trio.current_time())

    provider = FakeProvider.scripted(["a", Pause(60), "b"])(SimpleNamespace(name="fake"))
    await provider.query(Query("hi"), emit)
    assert seen[1] - seen[0] == pytest.approx(60)
    assert provider.queries[0].prompt == "hi"
