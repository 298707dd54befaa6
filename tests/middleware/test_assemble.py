"""Whatever a provider emits, what comes out is well-formed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from middleware.support import events_of, says

from claif.middleware.assemble import assemble_layer
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
    ToolUse,
    ToolUseBlock,
)
from claif.pipeline.run import Run
from claif.testing import strategies


async def assembled(*events: Event | BaseException, run: Run | None = None) -> list[Event]:
    return await events_of(assemble_layer().wrap(says(*events)), run=run)


@given(st.lists(strategies.events(), max_size=12))
async def test_any_stream_begins_with_one_started_and_ends_with_one_finished(events: list[Event]) -> None:
    out = await assembled(*events)
    first = next(event for event in out if not isinstance(event, Notice))
    assert isinstance(first, Started)
    assert isinstance(out[-1], Finished)
    assert sum(isinstance(event, Started) for event in out) == 1
    assert sum(isinstance(event, Finished) for event in out) == 1


@given(st.lists(strategies.events(), max_size=12))
async def test_the_deltas_since_a_message_or_reset_are_the_message_that_follows(events: list[Event]) -> None:
    """At the edge, deltas and message texts agree."""
    out = await assembled(*events)
    text, given_ = "", set(map(id, events))
    for event in out:
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, TextReset):
            text = ""
        elif isinstance(event, Message) and event.role is Role.ASSISTANT:
            assert id(event) in given_ or event.text == text
            text = ""
    assert not text


async def test_text_thinking_and_tool_uses_become_blocks_in_their_order() -> None:
    tool = ToolUseBlock("1", "look", {"at": "it"})
    out = await assembled(
        ThinkingDelta("hm"), ThinkingDelta("m"), TextDelta("I "), TextDelta("look"), ToolUse(tool), TextDelta("done")
    )
    assert out[-2] == Message.assistant([ThinkingBlock("hmm"), TextBlock("I look"), tool, TextBlock("done")])


async def test_the_providers_own_message_supersedes_its_deltas() -> None:
    out = await assembled(TextDelta("helo"), Message.assistant("hello"))
    assert [event for event in out if isinstance(event, Message)] == [Message.assistant("hello")]


async def test_withdrawn_deltas_are_in_no_message() -> None:
    out = await assembled(TextDelta("wrong"), TextReset("again"), TextDelta("right"))
    assert out[-2] == Message.assistant("right")


async def test_events_after_finished_come_before_it() -> None:
    out = await assembled(TextDelta("a"), Finished("length"), TextDelta("b"))
    assert out[-2:] == [Message.assistant("ab"), Finished("length")]


async def test_an_empty_answer_has_no_message() -> None:
    assert await assembled() == [Started(""), Finished()]


async def test_started_names_the_provider_as_the_user_calls_it() -> None:
    run = Run(Query("hi"))
    run.provider, run.model = "mine", "m"
    out = await assembled(Started("openai", "gpt", "id-1"), run=run)
    assert out[0] == Started("mine", "gpt", "id-1")
    assert (await assembled(TextDelta("x"), run=run))[0] == Started("mine", "m")


async def test_an_error_leaves_the_part_that_had_arrived() -> None:
    run = Run(Query("hi"))
    with pytest.raises(ValueError, match="cut"):
        await assembled(TextDelta("half an "), TextDelta("ans"), ValueError("cut"), run=run)
    assert run.partial == Message.assistant("half an ans")
