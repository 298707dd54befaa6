"""Conformance: what an answer is made of."""

# ruff: noqa: S101 - assertions are what the suite is for
from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from ...models import Finished, Message, Started, UsageReport
from .base import NAME, Conformance, joined

if TYPE_CHECKING:
    from ...client import Client

AWKWARD = (
    "e\u0301 \U0001f469\u200d\U0001f469\u200d\U0001f467 \u202e\u05e9\u05dc\u05d5\u05dd\u202c \U0001d518 \u65e5\u672c"
)
"""Combining accents, joined emoji, right-to-left text, characters outside the basic plane."""


class Answers(Conformance):
    """Order, content and concurrency."""

    async def test_events_come_in_order(self) -> None:
        """`Started` is first, `Finished` last, the message before it, and each comes once; tokens may come anywhere."""
        async with self.serving() as server, self.client(server) as client:
            events = await self.collect(client, "hi")
        kinds = [type(event) for event in events if not isinstance(event, UsageReport)]
        assert kinds[0] is Started
        assert kinds[-2:] == [Message, Finished]
        assert kinds.count(Started) == kinds.count(Finished) == kinds.count(Message) == 1

    async def test_deltas_join_to_the_message(self) -> None:
        """What is shown while it streams is what is kept."""
        async with self.serving() as server, self.client(server, tokens=200) as client:
            async with client.stream("hi") as stream:
                events = [event async for event in stream]
            (message,) = [event for event in events if isinstance(event, Message)]
            text = joined(events)
            assert text == message.text == "".join([f"tok{number} " for number in range(200)])
            assert stream.reply is not None
            assert stream.reply.messages == (message,)

    async def test_streamed_and_whole_answers_agree(self) -> None:
        """`stream=False` gives the same reply."""
        async with self.serving() as server, self.client(server) as client:
            whole = await client.query("hi")
            async with client.stream("hi") as stream:
                _ = [event async for event in stream]
        assert stream.reply is not None
        assert whole.text == stream.reply.text != ""
        assert whole.finish_reason == stream.reply.finish_reason == "stop"

    async def test_a_cached_answer_is_the_same_events(self) -> None:
        """Of a provider that says what its answers depend on; one that does not is asked again, as agents are."""
        async with self.serving() as server, self.client(server, tokens=20) as client:
            replies, answers = [], []
            for mode in ("refresh", "read-only"):
                async with client.stream("hi", cache=mode) as stream:
                    answers.append([event async for event in stream])
                replies.append(stream.reply)
            provider = client.provider(NAME)
            known = provider.identity("scripted-1") is not None and "agent" not in provider.capabilities
        first, second = replies
        assert first is not None
        assert second is not None
        assert first.cached is None
        assert (second.cached is not None) is known
        if known:
            assert answers[0] == answers[1]
            assert first.usage == second.usage

    async def test_unicode_survives_in_both_directions(self) -> None:
        """Also when characters are torn apart on the network."""
        async with self.serving() as server, self.client(server, echo=True, bytes=1) as client:
            assert joined(await self.collect(client, AWKWARD)) == AWKWARD
            assert (await client.query(AWKWARD)).text == AWKWARD

    async def test_a_megabyte_goes_there_and_comes_back(self) -> None:
        """A large prompt and a large answer, in pieces and whole."""
        text = "0123456789abcde " * 65_536
        async with self.serving() as server, self.client(server, echo=True, piece=4096) as client:
            assert joined(await self.collect(client, text)) == text
            assert (await client.query(text)).text == text

    async def test_queries_run_together_without_mixing(self) -> None:
        """Twenty at once, each gets its own answer."""
        answers: dict[str, str] = {}

        async def ask(client: Client, prompt: str) -> None:
            events = await self.collect(client, prompt)
            answers[prompt] = joined(events)

        async with (
            self.serving() as server,
            self.client(server, echo=True, delay=0.005) as client,
            trio.open_nursery() as nursery,
        ):
            for number in range(20):
                nursery.start_soon(ask, client, f"This is question {number}.")
        assert answers == {prompt: prompt for prompt in answers}
        assert len(answers) == 20  # noqa: PLR2004 - as many as were asked
