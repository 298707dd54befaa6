"""`trim` takes blank space from the ends of the answer and nothing from its midst, while it streams."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from claif import Client
from claif.api import Message, TextDelta, ThinkingDelta
from claif.plugin.manager import PluginManager
from claif.processors.trim import Trimmer
from claif.testing import FakeProvider


def trimmed(*pieces: str) -> list[str]:
    trimmer = Trimmer()
    return [*[trimmer.feed(piece) for piece in pieces], trimmer.end()]


def test_blank_space_is_held_back_until_something_follows() -> None:
    assert trimmed(" \n", "\t a", " ", "\n\n", "b ", " c \n") == ["", "a", "", "", " \n\nb", "  c", ""]


@given(st.lists(st.text(" \n\tab\u00a0")))
def test_the_text_is_stripped_wherever_it_is_cut(pieces: list[str]) -> None:
    assert "".join(trimmed(*pieces)) == "".join(pieces).strip()


async def test_deltas_and_the_message_are_trimmed_and_thinking_is_not() -> None:
    fake = FakeProvider.scripted([ThinkingDelta(" hm "), TextDelta("\n one"), TextDelta(" two"), TextDelta("\n\n")])
    config = {"general": {"default_provider": "fake"}, "processors": {"enable": ["trim"]}}
    async with (
        Client(config, plugins=PluginManager(), providers={"fake": fake}) as client,
        client.stream("hi") as stream,
    ):
        events = [event async for event in stream]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["one", " two"]
    assert ThinkingDelta(" hm ") in events
    [message] = [event for event in events if isinstance(event, Message)]
    assert message.text == "one two"
