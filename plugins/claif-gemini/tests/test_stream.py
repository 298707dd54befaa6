"""Records of `gemini -o stream-json` as events, replayed from what the real program wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from claif_gemini.failures import refined
from claif_gemini.stream import Turn
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    InvalidQueryError,
    ModelNotFoundError,
    ProviderRuntimeError,
    RateLimitError,
    TransportError,
)
from claif.models import (
    Event,
    Finished,
    Message,
    Notice,
    Role,
    Started,
    TextDelta,
    ToolResult,
    ToolUse,
    UnknownEvent,
    UsageReport,
)

TRANSCRIPTS = Path(__file__).parents[3] / "tests" / "transcripts"


def replayed(name: str) -> tuple[Turn, list[Event], ClaifError | None]:
    turn, events = Turn("gemini", "m"), []
    for line in (TRANSCRIPTS / name).read_text(encoding="utf-8").splitlines():
        try:
            events.extend(turn.feed(json.loads(line)))
        except ClaifError as error:
            return turn, events, error
    return turn, events, None


def of(kind: type, events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_an_answer_streams_and_counts_its_tokens() -> None:
    turn, events, error = replayed("gemini-ok.jsonl")
    assert error is None
    assert turn.done
    (started,) = of(Started, events)
    assert started == Started("gemini", "gemini-2.5-flash", conversation="91b33986-29c2-4176-84f4-495c37fa5df2")
    assert "".join([delta.text for delta in of(TextDelta, events)]) == "ECHO[6]: say hi"
    assert [message.text for message in of(Message, events)] == ["ECHO[6]: say hi"]
    (report,) = of(UsageReport, events)
    assert (report.usage.input_tokens, report.usage.output_tokens, report.usage.cached_tokens) == (11, 7, 5)
    assert events[-1] == Finished("stop")


def test_a_tool_is_told_with_its_result() -> None:
    _, events, error = replayed("gemini-tool.jsonl")
    assert error is None
    (use,) = of(ToolUse, events)
    assert (use.block.tool_name, use.block.parameters["command"]) == ("run_shell_command", "touch touched.txt")
    assert [result.block.is_error for result in of(ToolResult, events)] == [False]
    assert [message.role for message in of(Message, events)] == [Role.ASSISTANT, Role.TOOL, Role.ASSISTANT]


@pytest.mark.parametrize(
    ("name", "code", "kind", "status", "detail"),
    [
        ("gemini-401.jsonl", 145, AuthenticationError, 401, None),
        ("gemini-429.jsonl", 173, RateLimitError, 429, None),
        ("gemini-cut.jsonl", 0, ConnectionError, None, None),
        ("gemini-max-turns.jsonl", 53, ProviderRuntimeError, None, "max_turns"),
        ("gemini-loop-detected.jsonl", 0, ProviderRuntimeError, None, "loop_detected"),
    ],
)
def test_an_error_is_typed_by_its_fields_or_its_exit_code(
    name: str, code: int, kind: type[ClaifError], status: int | None, detail: str | None
) -> None:
    _, events, error = replayed(name)
    assert error is not None
    error = refined(error, code, provider="gemini", model="m")
    assert type(error) is kind
    assert (error.status, error.code) == (status, detail)
    assert not of(Finished, events)


def test_a_stream_without_a_result_has_not_ended() -> None:
    turn, events, error = replayed("gemini-sigterm.jsonl")
    assert error is None
    assert not turn.done
    assert of(TextDelta, events)


@pytest.mark.parametrize(
    ("code", "kind", "status"),
    [
        (41, AuthenticationError, None),
        (42, InvalidQueryError, None),
        (53, ProviderRuntimeError, None),
        (55, ProviderRuntimeError, None),
        (404 % 256, ModelNotFoundError, 404),
        (500 % 256, ProviderRuntimeError, 500),
        (1, TransportError, None),
        (None, TransportError, None),
    ],
)
def test_an_end_without_a_record_is_typed_by_the_exit_code(
    code: int | None, kind: type[ClaifError], status: int | None
) -> None:
    error = refined(TransportError("It ended."), code, provider="gemini", model=None)
    assert (type(error), error.status) == (kind, status)


def test_warnings_are_told_and_what_is_new_passes_as_unknown() -> None:
    turn = Turn("gemini", None)
    (notice,) = turn.feed({"type": "error", "severity": "warning", "message": "slow"})
    assert isinstance(notice, Notice)
    assert list(turn.feed({"type": "hologram"})) == [UnknownEvent({"type": "hologram"})]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "message"]), inner),
    max_leaves=5,
)
FIELDS = [
    *("role", "content", "tool_id", "tool_name", "parameters", "output", "error", "status", "severity", "message"),
    *("stats", "session_id", "model"),
]
RECORD = st.fixed_dictionaries(
    {"type": st.sampled_from(["init", "message", "tool_use", "tool_result", "error", "result"]) | JSON},
    optional=dict.fromkeys(FIELDS, JSON),
)


@given(st.lists(RECORD, max_size=8))
def test_no_record_however_odd_breaks_the_translation(records: list[dict[str, Any]]) -> None:
    turn = Turn("gemini", None)
    for record in records:
        try:
            list(turn.feed(record))
        except ClaifError:
            return
