"""What passes a rewriter: deltas as they come, messages as a whole, and what errors leave."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from middleware.support import events_of, says
from pipeline.support import Secret

from claif.errors import RateLimitError
from claif.models import (
    Event,
    Finished,
    Message,
    Notice,
    Query,
    Role,
    Started,
    TextBlock,
    TextDelta,
    TextReset,
    ThinkingBlock,
    ThinkingDelta,
    ToolResult,
    ToolResultBlock,
    ToolUse,
    ToolUseBlock,
    UnknownBlock,
    UnknownEvent,
)
from claif.pipeline.failures import Downstream
from claif.pipeline.rewrite import rewriting, rewriting_events
from claif.pipeline.run import Run
from claif.pipeline.types import Emit


async def rewritten(*events: Event | BaseException, text_only: bool = False, run: Run | None = None) -> list[Event]:
    return await events_of(rewriting(Secret, text_only=text_only)(says(*events)), run=run)


def shown(events: list[Event], kind: type = TextDelta) -> str:
    return "".join(event.text for event in events if isinstance(event, kind))


async def test_what_may_still_change_is_held_back_until_it_cannot() -> None:
    assert await rewritten(TextDelta("xa"), TextDelta("by"), TextDelta("a")) == [
        TextDelta("x"),
        TextDelta("*y"),
        TextDelta("a"),
    ]


async def test_thinking_and_text_are_two_texts() -> None:
    events = await rewritten(TextDelta("a"), ThinkingDelta("a"), ThinkingDelta("b"), TextDelta("b"))
    assert (shown(events), shown(events, ThinkingDelta)) == ("*", "*")


async def test_a_thought_is_complete_before_the_answer_begins() -> None:
    assert await rewritten(ThinkingDelta("a"), TextDelta("b")) == [ThinkingDelta("a"), TextDelta("b")]


async def test_a_text_goes_on_behind_events_of_another_kind() -> None:
    """Else a tool call in the midst of a secret would show it."""
    events = await rewritten(TextDelta("a"), ToolUse(ToolUseBlock("1", "t")), TextDelta("b"))
    assert shown(events) == "*"


@pytest.mark.parametrize("end", [Message.assistant("xa"), Finished()])
async def test_a_complete_message_and_the_end_let_go_what_was_held(end: Event) -> None:
    assert await rewritten(TextDelta("xa"), end, TextDelta("b")) == [
        TextDelta("x"),
        TextDelta("a"),
        end,
        TextDelta("b"),
    ]


async def test_messages_of_others_do_not_end_the_text() -> None:
    tool = Message(Role.TOOL, "ab")
    assert shown(await rewritten(TextDelta("a"), tool, TextDelta("b"))) == "*"
    assert Message(Role.TOOL, "*") in await rewritten(TextDelta("a"), tool)


async def test_withdrawn_text_is_not_shown_later() -> None:
    assert shown(await rewritten(TextDelta("a"), TextReset(), TextDelta("b"))) == "b"


async def test_everything_that_has_text_is_rewritten() -> None:
    tool, result = ToolUseBlock("ab", "ab", {"ab": ["ab", 1, None]}), ToolResultBlock("ab", "ab")
    events = await rewritten(
        ToolUse(tool), ToolResult(result), Notice("ab", "ab", {"x": "ab"}), UnknownEvent({"x": {"y": "ab"}})
    )
    assert events == [
        ToolUse(ToolUseBlock("ab", "ab", {"*": ["*", 1, None]})),
        ToolResult(ToolResultBlock("ab", "*")),
        Notice("ab", "*", {"x": "*"}),
        UnknownEvent({"x": {"y": "*"}}),
    ]


async def test_if_it_is_for_text_only_the_rest_stays() -> None:
    rest = [
        ThinkingDelta("ab"),
        ToolUse(ToolUseBlock("1", "t", {"x": "ab"})),
        Notice("n", "ab"),
        UnknownEvent({"x": "ab"}),
        Message.assistant([ThinkingBlock("ab", "signed"), UnknownBlock({"x": "ab"})]),
    ]
    assert await rewritten(*rest, text_only=True) == rest
    assert await rewritten(TextDelta("ab"), text_only=True) == [TextDelta("*")]


@given(st.lists(st.text("abx")))
async def test_deltas_and_the_message_agree_wherever_they_are_cut(pieces: list[str]) -> None:
    message = Message.assistant([TextBlock(piece) for piece in pieces])
    events = await rewritten(*map(TextDelta, pieces), message)
    assert shown(events) == events[-1].text == "".join(pieces).replace("ab", "*")


async def test_the_part_that_an_error_leaves_is_rewritten_and_what_is_held_is_shown() -> None:
    run = Run(Query("hi"))
    run.partial = Message.assistant("ab xa")
    seen: list[Event] = []
    with pytest.raises(RateLimitError) as caught:
        await events_of(
            rewriting(Secret)(says(TextDelta("ab xa"), RateLimitError("slow", partial=Message.assistant("ab")))),
            run=run,
            also=seen.append,
        )
    assert run.partial == Message.assistant("* x?")
    assert caught.value.partial == Message.assistant("*")
    assert shown(seen) == "* x?"


async def test_to_a_consumer_that_failed_nothing_more_is_shown() -> None:
    seen: list[Event] = []
    with pytest.raises(Downstream):
        await events_of(rewriting(Secret)(says(TextDelta("a"), Downstream(ValueError("gone")))), also=seen.append)
    assert seen == []


async def test_a_rewriter_that_fails_lets_nothing_through() -> None:
    class Broken(Secret):
        def feed(self, text: str) -> str:
            raise ValueError("broken")

    run, seen = Run(Query("hi")), []
    run.partial = Message.assistant("ab")
    with pytest.raises(ValueError, match="broken"):
        await events_of(rewriting(Broken)(says(TextDelta("ab"))), run=run, also=seen.append)
    assert (seen, run.partial) == ([], None)


async def test_what_passes_as_it_is_costs_no_coroutine_of_its_own() -> None:
    """The first delta of an answer may: it ends the thought."""

    class Sent:
        def __await__(self) -> Iterator[None]:
            yield from ()

    sent: list[tuple[Event, Sent]] = []

    def emit(event: Event) -> Sent:
        sent.append((event, Sent()))
        return sent[-1][1]

    async def handler(query: Query, take: Emit) -> None:
        events = [
            ThinkingDelta("x"),
            ThinkingDelta("y"),
            TextDelta("x"),
            TextDelta("y"),
            Notice("n", "x"),
            Started("p"),
        ]
        for event in events:
            awaited = take(event)
            await awaited
            assert awaited is sent[-1][1] or event is events[2]
            assert sent[-1][0] == event

    await rewriting(Secret)(handler)(Query("hi"), emit)
    assert len(sent) == 6


async def test_a_thought_may_go_on_behind_a_piece_of_the_answer() -> None:
    layer = rewriting_events(Secret, lambda event: event, interrupted_thoughts=True)
    thoughts = [
        ThinkingDelta("a"),
        TextDelta("a"),
        ThinkingDelta("b"),
        TextDelta("b"),
        ToolUse(ToolUseBlock("1", "ab")),
    ]
    events = await events_of(layer(says(*thoughts)))
    assert (shown(events), shown(events, ThinkingDelta)) == ("*", "*")
    assert events[-1] is thoughts[-1]
