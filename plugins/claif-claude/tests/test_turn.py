"""Records of Claude Code as events, replayed from what the real program wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from claif_claude.failures import failure
from claif_claude.turn import Turn
from claif_claude.usage import Totals
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import (
    AuthenticationError,
    ClaifError,
    InvalidQueryError,
    ProviderRuntimeError,
    RateLimitError,
)
from claif.models import (
    Event,
    Finished,
    Message,
    Notice,
    Role,
    Started,
    TextDelta,
    TextReset,
    ToolResult,
    ToolUse,
    UnknownEvent,
)

TRANSCRIPTS = Path(__file__).parents[3] / "tests" / "transcripts"


def records(name: str) -> list[dict[str, Any]]:
    """What the program wrote; in a duplex transcript without what was written to it."""
    lines = (TRANSCRIPTS / name).read_text(encoding="utf-8", errors="replace").split("\n")
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


def replay(name: str) -> tuple[list[Event], ClaifError | None]:
    """The events of the first turn, and the error that it ends with."""
    turn = Turn("claude")
    events: list[Event] = []
    for record in records(name):
        if record["type"].startswith("control_"):
            continue
        events += turn.feed(record)
        if record["type"] == "result":
            return events, failure(record, provider="claude", model=turn.model, code=turn.code)
    return events, None


def of(kind: type, events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_an_answer_begins_streams_is_complete_and_ends() -> None:
    events, error = replay("claude-ok.jsonl")
    assert error is None
    assert isinstance(events[0], Started)
    assert events[0].conversation == "2fb229ef-439e-496e-808d-ff06689f3a7e"
    assert events[0].model == "claude-opus-4-8[1m]"
    assert "".join([delta.text for delta in of(TextDelta, events)]) == "ECHO[6]: say hi"
    assert [message.text for message in of(Message, events)] == ["ECHO[6]: say hi"]
    assert events[-1] == Finished("stop")


def test_a_tool_is_used_and_its_result_told_and_the_messages_are_a_whole_conversation() -> None:
    events, error = replay("claude-tool.jsonl")
    assert error is None
    (use,) = of(ToolUse, events)
    assert (use.block.tool_name, use.block.parameters["command"]) == ("Bash", "echo tool-ran-$((40+2))")
    (result,) = of(ToolResult, events)
    assert (result.block.tool_use_id, result.block.content) == (use.block.id, "tool-ran-42")
    assert [message.role for message in of(Message, events)] == [Role.ASSISTANT, Role.TOOL, Role.ASSISTANT]
    assert len(of(Started, events)) == 1


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [("claude-401.jsonl", AuthenticationError, 401), ("claude-429.jsonl", RateLimitError, 429)],
)
def test_an_error_of_the_api_is_told_by_its_field_although_the_subtype_says_success(name, kind, status) -> None:
    events, error = replay(name)
    assert type(error) is kind
    assert error.status == status
    assert [notice.kind for notice in of(Notice, events)] == ["retry"]
    assert not of(Message, events)


@pytest.mark.parametrize(
    ("name", "code"), [("claude-max-turns.jsonl", "max_turns"), ("claude-max-budget.jsonl", "max_budget")]
)
def test_a_limit_that_was_reached_is_an_error_that_asking_again_does_not_mend(name, code) -> None:
    _, error = replay(name)
    assert isinstance(error, ProviderRuntimeError)
    assert (error.code, error.retryable) == (code, False)


def test_an_unknown_conversation_is_a_wrong_query() -> None:
    _, error = replay("claude-resume-unknown-id.jsonl")
    assert isinstance(error, InvalidQueryError)


def test_a_stream_that_recovers_gives_the_whole_answer_once() -> None:
    events, error = replay("claude-cut.jsonl")
    assert error is None
    (message,) = of(Message, events)
    assert message.text.startswith("".join([delta.text for delta in of(TextDelta, events)]))


def test_what_was_interrupted_is_an_error() -> None:
    events, error = replay("claude-sigint.jsonl")
    assert isinstance(error, ProviderRuntimeError)
    assert of(TextDelta, events)


@pytest.mark.parametrize("name", ["claude-sigterm.jsonl", "claude-stdout-truncated.jsonl"])
def test_output_without_a_result_is_no_answer(name) -> None:
    events, _ = replay(name)
    assert not of(Finished, events)


def test_text_of_any_script_survives() -> None:
    events, _ = replay("claude-unicode.jsonl")
    (message,) = of(Message, events)
    assert "\u202e" in message.text


def test_an_mcp_tool_has_its_servers_name_and_a_result_in_blocks_is_text() -> None:
    events, _ = replay("claude-mcp.jsonl")
    assert [use.block.tool_name for use in of(ToolUse, events)] == ["mcp__calc__add"]
    assert all(result.block.content for result in of(ToolResult, events))


def test_a_retry_after_text_withdraws_it() -> None:
    turn = Turn("claude")
    delta = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "half"}}
    events = turn.feed({"type": "stream_event", "event": delta})
    events += turn.feed({"type": "system", "subtype": "api_retry", "attempt": 1, "max_retries": 2, "error_status": 500})
    assert [type(event) for event in events] == [TextDelta, TextReset, Notice]


def test_a_subagent_works_silently() -> None:
    turn = Turn("claude")
    message = {"id": "m", "content": [{"type": "text", "text": "inner"}]}
    assert not turn.feed({"type": "assistant", "message": message, "parent_tool_use_id": "t"})


def test_usage_is_the_difference_of_totals_per_model() -> None:
    totals = [
        Totals.of(record, Totals()) for record in records("claude-reuse-clear.duplex") if record["type"] == "result"
    ]
    first, second = totals[0], totals[1]
    usage = second.since(first)
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (19, 7, 5)
    assert usage.cost is not None
    assert 0 < usage.cost < second.cost


def test_what_is_new_passes_as_unknown() -> None:
    raw = {"type": "hologram", "x": 1}
    assert Turn("claude").feed(raw) == [UnknownEvent(raw)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "content", "text", "id"]), inner)
    ),
    max_leaves=8,
)
RECORD = st.fixed_dictionaries(
    {"type": st.sampled_from(["system", "assistant", "user", "stream_event", "result", "other"])},
    optional={
        "subtype": st.sampled_from(["init", "api_retry", "success", "status", "new"]),
        "message": JSON,
        "event": JSON,
        "session_id": JSON,
        "tool_use_result": JSON,
        "result": JSON,
        "modelUsage": JSON,
        "errors": JSON,
        "is_error": st.booleans(),
        "error": JSON,
        "retry_delay_ms": JSON,
    },
)


@given(st.lists(RECORD, max_size=8))
def test_no_record_however_odd_breaks_the_translation(given_records: list[dict[str, Any]]) -> None:
    turn, totals = Turn("claude"), Totals()
    for record in given_records:
        turn.feed(record)
        totals = Totals.of(record, totals)
        failure(record, provider="claude", model=None, code=turn.code)
