"""The blocks of an answer, and what their ends add."""

from __future__ import annotations

from typing import Any

import pytest
from protocols.messages.pieces import END, arguments, complete, delta, ended, start, stop, text

from claif.api import (
    Finished,
    Message,
    Notice,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUse,
    ToolUseBlock,
    UnknownBlock,
    UnknownEvent,
)


def test_thoughts_keep_their_proof_apart_from_the_text() -> None:
    events = complete(
        start("thinking", thinking="", signature=""),
        delta("thinking_delta", thinking="Let me "),
        delta("thinking_delta", thinking="see."),
        delta("signature_delta", signature="pro"),
        delta("signature_delta", signature="of"),
        stop(),
        start("text", 1, text=""),
        text("Yes", 1),
        text("!", 1),
        stop(1),
        ended(),
        END,
    )
    assert events == [
        ThinkingDelta("Let me "),
        ThinkingDelta("see."),
        TextDelta("Yes"),
        TextDelta("!"),
        Message.assistant([ThinkingBlock("Let me see.", "messages:proof"), TextBlock("Yes!")]),
        Finished("stop"),
    ]


def test_a_thought_that_is_not_shown_keeps_its_proof() -> None:
    hidden = [start("thinking", thinking="", signature=""), delta("signature_delta", signature="p"), stop()]
    (message, _) = complete(*hidden, END)
    assert message == Message.assistant([ThinkingBlock("", "messages:p")])


def test_without_proofs_the_deltas_are_the_whole_message() -> None:
    assert complete(start("thinking", thinking="Hm"), stop(), text("Yes", 1), END) == [
        ThinkingDelta("Hm"),
        TextDelta("Yes"),
        Finished("stop"),
    ]


def test_redacted_thoughts_and_blocks_of_tools_at_the_provider_are_kept() -> None:
    redacted = {"type": "redacted_thinking", "data": "c2VjcmV0"}
    searching = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}}
    events = complete(
        start("redacted_thinking", data="c2VjcmV0"),
        stop(),
        start("server_tool_use", 1, id="s", name="web_search", input={}),
        arguments('{"query":', 1),
        arguments(' "x"}', 1),
        stop(1),
        text("Found.", 2),
        END,
    )
    assert events == [
        UnknownEvent(redacted),
        UnknownEvent(searching),
        TextDelta("Found."),
        Message.assistant([UnknownBlock(redacted), UnknownBlock(searching), TextBlock("Found.")]),
        Finished("stop"),
    ]


def test_the_input_of_a_tool_at_the_provider_that_is_no_json_is_kept_as_text() -> None:
    (event, *_) = complete(start("server_tool_use", name="x"), arguments("{"), stop(), END)
    assert event == UnknownEvent({"type": "server_tool_use", "name": "x", "input": "{"})


def test_calls_come_when_their_blocks_end_in_their_order_beside_the_text() -> None:
    events = complete(
        text("I look."),
        stop(),
        start("tool_use", 1, id="t1", name="weather", input={}),
        arguments("", 1),
        arguments('{"city": "Zü', 1),
        arguments('rich"}', 1),
        stop(1),
        start("tool_use", 2, id="t2", name="now", input={}),
        stop(2),
        ended("tool_use"),
        END,
    )
    assert events == [
        TextDelta("I look."),
        ToolUse(ToolUseBlock("t1", "weather", {"city": "Zürich"})),
        ToolUse(ToolUseBlock("t2", "now", {})),
        Finished("tool_use"),
    ]


def test_a_message_with_proofs_has_the_calls_too() -> None:
    events = complete(
        delta("signature_delta", signature="p"), stop(), start("tool_use", 1, id="t", name="f", input={"a": 1}), END
    )
    block = ToolUseBlock("t", "f", {"a": 1})
    assert events == [
        ToolUse(block),
        Message.assistant([ThinkingBlock("", "messages:p"), block]),
        Finished("stop"),
    ]


@pytest.mark.parametrize("broken", ['{"city": "Zü', "[1]", "NaN"])
def test_arguments_that_are_no_object_become_a_notice_and_never_a_guess(broken: str) -> None:
    (notice, _) = complete(start("tool_use", id="t", name="f", input={}), arguments(broken), stop(), END)
    assert isinstance(notice, Notice)
    assert (notice.kind, notice.data["arguments"]) == ("invalid_tool_call", broken)


def test_a_call_without_an_id_gets_one_and_one_without_a_name_is_a_notice() -> None:
    (call, notice, _) = complete(start("tool_use", name="f"), stop(), arguments("{}", 1), stop(1), END)
    assert isinstance(call, ToolUse)
    assert call.block.id
    assert isinstance(notice, Notice)


@pytest.mark.parametrize(
    "before", [(start("tool_use", name="f"), stop()), (start("text", text="x"),), (start("thinking", thinking="x"),)]
)
def test_input_for_a_block_that_takes_none_is_a_call_of_its_own_without_a_name(before: tuple[Any, ...]) -> None:
    events = complete(*before, arguments('{"a": 1}'), END)
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert (notice.data["tool_name"], notice.data["arguments"]) == ("", '{"a": 1}')
    assert not [event for event in events if isinstance(event, ToolUse) and event.block.parameters]
