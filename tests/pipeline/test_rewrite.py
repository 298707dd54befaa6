"""What passes a rewriter: deltas as they come, messages as a whole, and what errors leave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from middleware.support import events_of, says

from claif.errors import RateLimitError
from claif.models import (
    ContentBlock,
    Event,
    Finished,
    Message,
    Notice,
    Query,
    Role,
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
from claif.pipeline.rewrite import rewriting, rewritten_message
from claif.pipeline.run import Run


class Secret:
    """Replaces `ab` by `*`, so that an `a` is held back until the next letter."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        text = (self._held + text).replace("ab", "*")
        self._held = "a" if text.endswith("a") else ""
        return text.removesuffix(self._held)

    def end(self, *, cut: bool = False) -> str:
        held, self._held = self._held, ""
        return "?" if held and cut else held


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


def test_the_blocks_of_a_message_stay_what_they_are() -> None:
    before = Message.assistant(
        [
            ThinkingBlock("ab", "signed"),
            TextBlock("xab"),
            ToolUseBlock("1", "t", {"x": "ab"}),
            TextBlock("y"),
            UnknownBlock({"x": "ab"}),
        ]
    ).with_metadata(id="ab")
    after = rewritten_message(before, Secret)
    tool = ToolUseBlock("1", "t", {"x": "*"})
    blocks: list[ContentBlock] = [ThinkingBlock("*"), TextBlock("x*"), tool, TextBlock("y"), UnknownBlock({"x": "*"})]
    assert after == Message.assistant(blocks).with_metadata(id="ab")


def test_a_thought_that_did_not_change_keeps_its_signature() -> None:
    message = Message.assistant([ThinkingBlock("fine", "signed")])
    assert rewritten_message(message, Secret) == message


def test_what_is_spread_over_blocks_is_found() -> None:
    blocks: list[ContentBlock] = [TextBlock("xa"), ToolUseBlock("1", "t"), TextBlock("by")]
    assert rewritten_message(Message.assistant(blocks), Secret).text == "x*y"


@given(st.lists(st.text("abx")))
async def test_deltas_and_the_message_agree_wherever_they_are_cut(pieces: list[str]) -> None:
    message = Message.assistant([TextBlock(piece) for piece in pieces])
    events = await rewritten(*map(TextDelta, pieces), message)
    assert shown(events) == events[-1].text == "".join(pieces).replace("ab", "*")  # type: ignore[union-attr]


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


def test_of_the_blocks_of_a_message_that_was_cut_only_the_last_was() -> None:
    blocks: list[ContentBlock] = [TextBlock("a"), ToolUseBlock("1", "t"), TextBlock("a")]
    cut = rewritten_message(Message.assistant(blocks), Secret, cut=True)
    assert [block.text for block in cut.content if isinstance(block, TextBlock)] == ["a", "?"]


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
