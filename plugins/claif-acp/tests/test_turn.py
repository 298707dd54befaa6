"""Updates of a session as events, replayed from what real agents wrote, and whatever else one may send."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from claif_acp.agent import Agent
from claif_acp.failures import failure
from claif_acp.parts import table
from claif_acp.preset import Preset
from claif_acp.presets import PRESETS
from claif_acp.turn import Turn
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    ProviderRuntimeError,
    RateLimitError,
)
from claif.models import (
    Event,
    FileChange,
    Finished,
    Message,
    Notice,
    Plan,
    Role,
    TextDelta,
    TextReset,
    ThinkingDelta,
    ToolResult,
    ToolUse,
    UnknownEvent,
    UsageReport,
)

TRANSCRIPTS = Path(__file__).parents[3] / "tests" / "transcripts"
PLAIN = Preset(title="the agent")


def records(name: str) -> Iterator[tuple[bool, dict[str, Any]]]:
    """The lines of a transcript: whether the client wrote it, and what it means."""
    for line in (TRANSCRIPTS / name).read_text(encoding="utf-8").splitlines():
        yield line.startswith(">> "), json.loads(line.removeprefix(">> "))


def turns(name: str) -> list[tuple[list[Event], ClaifError | None]]:
    """The events of each turn of a transcript, and its error."""
    preset = PRESETS[name.split("-")[1]]
    found: list[tuple[list[Event], ClaifError | None]] = []
    running: tuple[int, Turn, list[Event]] | None = None
    for mine, record in records(name):
        if mine and record.get("method") == "session/prompt":
            running = record["id"], Turn(preset, preset.program, "m"), []
        if mine or running is None:
            continue
        number, turn, events = running
        params = table(record.get("params"))
        if record.get("method") == "session/update":
            events += turn.feed(params["update"])
        elif record.get("method") == "session/request_permission":
            events += turn.asked(turn.call(params["toolCall"]))
        elif record.get("id") == number:
            found.append(ended(turn, preset, record, events))
            running = None
    return found


def ended(turn: Turn, preset: Preset, record: Mapping[str, Any], events: list[Event]) -> Any:
    try:
        if "error" in record:
            raise failure(
                record["error"], agent=Agent(), provider="p", model="m", login=preset.login, status=preset.status
            )
        events.extend(turn.end(record["result"]))
    except ClaifError as error:
        return events, error
    return events, None


def of(kind: type, events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def feed(updates: list[dict[str, Any]], preset: Preset = PLAIN) -> list[Event]:
    turn = Turn(preset, "p", None)
    return [event for update in updates for event in turn.feed(update)]


def chunk(text: str, **more: Any) -> dict[str, Any]:
    return {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}, **more}


def test_two_turns_of_gemini_stream_and_count_their_own_tokens() -> None:
    for (events, error), text in zip(turns("acp-gemini-ok.duplex"), ("ECHO[5]: first", "ECHO[6]: second"), strict=True):
        assert error is None
        assert "".join([delta.text for delta in of(TextDelta, events)]) == text
        assert [message.text for message in of(Message, events)] == [text]
        (report,) = of(UsageReport, events)
        assert (report.usage.input_tokens, report.usage.output_tokens) == (11, 7)
        assert events[-1] == Finished("stop")
        assert not of(UnknownEvent, events)


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("acp-qwen-ok.duplex", [(5701, 5, 1, 2), (5710, 5, 1, 2)]),
        ("acp-qwen-tool.duplex", [(11421, 21, 2, 0)]),
        ("acp-opencode-ok.duplex", [(1532, 5, 1, 2), (1538, 5, 1, 2)]),
        ("acp-copilot-ok.duplex", [(3096, 5, 1, 2), (6199, 10, 2, 4)]),
    ],
)
def test_what_a_turn_consumed_is_read_from_where_each_agent_tells_it(
    name: str, tokens: list[tuple[int, int, int, int]]
) -> None:
    reports = [of(UsageReport, events)[-1].usage for events, _ in turns(name)]
    found = [(each.input_tokens, each.output_tokens, each.cached_tokens, each.reasoning_tokens) for each in reports]
    assert found == tokens


@pytest.mark.parametrize("name", ["acp-qwen-tool.duplex", "acp-opencode-tool.duplex", "acp-copilot-tool.duplex"])
def test_the_command_of_a_tool_is_told_once_and_whole(name: str) -> None:
    ((events, error),) = turns(name)
    assert error is None
    (use,) = of(ToolUse, events)
    assert use.block.parameters["command"] == "echo made > made.txt"
    assert [result.block.is_error for result in of(ToolResult, events)] == [False]
    assert not of(UnknownEvent, events)


def test_a_tool_that_was_asked_for_is_told_before_it_runs_and_when_it_has() -> None:
    ((events, error),) = turns("acp-gemini-permission.duplex")
    assert error is None
    (use,) = of(ToolUse, events)
    assert use.block.tool_name == "execute"
    assert use.block.parameters["title"] == "touch touched.txt"
    (result,) = of(ToolResult, events)
    assert not result.block.is_error
    assert [message.role for message in of(Message, events)] == [Role.ASSISTANT, Role.TOOL, Role.ASSISTANT]


def test_an_end_that_nobody_asked_for_is_no_answer() -> None:
    ((events, error),) = turns("acp-gemini-cancel.duplex")
    assert isinstance(error, ProviderRuntimeError)
    assert error.code == "cancelled"
    assert not of(Finished, events)


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("acp-gemini-429.duplex", RateLimitError, 429),
        ("acp-gemini-cut.duplex", ConnectionError, None),
        ("acp-qwen-cut.duplex", ConnectionError, None),
        ("acp-opencode-401.duplex", ProviderRuntimeError, None),
        ("acp-copilot-429.duplex", RateLimitError, 429),
    ],
)
def test_failures_are_typed_also_those_that_look_like_answers(
    name: str, kind: type[ClaifError], status: int | None
) -> None:
    ((events, error),) = turns(name)
    assert type(error) is kind
    assert error is not None
    assert error.status == status
    assert not of(Finished, events)


def test_a_login_that_is_missing_is_told_with_the_ways_to_log_in() -> None:
    agent = Agent(logins=("Key (Set KEY)", "Web"))
    error = failure(
        {"code": -32000, "message": "no"}, agent=agent, provider="p", model=None, login="Run it", status=lambda _: None
    )
    assert type(error) is AuthenticationError
    assert error.hint == "Run it, or set the api_key of its provider. It offers: Key (Set KEY); Web."


def test_an_agent_that_begins_anew_withdraws_what_it_said() -> None:
    updates = [chunk("half", messageId="a"), chunk("whole", messageId="b"), chunk(" one", messageId="b")]
    restarting = Preset(title="it", restarts=True)
    assert [type(event) for event in feed(updates, restarting)] == [TextDelta, TextReset, TextDelta, TextDelta]
    assert [type(event) for event in feed(updates)] == [TextDelta, Message, TextDelta, TextDelta]


def test_what_was_said_before_a_tool_is_a_message_of_its_own() -> None:
    call = {"sessionUpdate": "tool_call", "toolCallId": "t", "title": "ls", "kind": "execute", "status": "in_progress"}
    thought = {"sessionUpdate": "agent_thought_chunk", "content": {"type": "text", "text": "hm"}}
    events = feed([thought, chunk("I look."), call])
    assert [type(event) for event in events] == [ThinkingDelta, TextDelta, Message, ToolUse]
    assert events[2].text == "I look."  # type: ignore[union-attr] # a message


def test_a_tool_is_told_with_what_it_is_given_although_that_comes_later() -> None:
    begun = {"sessionUpdate": "tool_call", "toolCallId": "t", "title": "bash", "kind": "execute", "status": "pending"}
    later = {**begun, "sessionUpdate": "tool_call_update", "status": "in_progress", "rawInput": {"command": "ls"}}
    end = {"sessionUpdate": "tool_call_update", "toolCallId": "t", "status": "failed", "rawOutput": {"error": "no"}}
    events = feed([begun, later, later, end, end])
    (use,) = of(ToolUse, events)
    assert use.block.parameters == {"command": "ls"}
    (result,) = of(ToolResult, events)
    assert (result.block.is_error, result.block.content) == (True, '{"error":"no"}')


def test_changes_of_files_the_plan_and_the_mode_are_events() -> None:
    diff = {"type": "diff", "path": "/w/a.py", "oldText": "a\n", "newText": "b\n"}
    new = {"type": "diff", "path": "/w/b.py", "newText": "b\n"}
    call = {"toolCallId": "t", "title": "Edit", "kind": "edit", "status": "completed", "content": [diff, new]}
    entries = [{"content": "look", "status": "completed"}, {"content": "mend", "status": "in_progress"}]
    events = feed(
        [
            {"sessionUpdate": "tool_call", **call},
            {"sessionUpdate": "plan", "entries": entries},
            {"sessionUpdate": "current_mode_update", "currentModeId": "plan"},
        ]
    )
    assert FileChange("/w/a.py", "update", "@@ -1 +1 @@\n-a\n+b\n") in events
    assert FileChange("/w/b.py", "add", "@@ -0,0 +1 @@\n+b\n") in events
    (plan,) = of(Plan, events)
    assert [(step.text, step.status) for step in plan.steps] == [("look", "completed"), ("mend", "in_progress")]
    assert [notice.kind for notice in of(Notice, events)] == ["mode"]


def test_a_tool_that_is_denied_has_failed_once_whatever_the_agent_tells() -> None:
    turn = Turn(PLAIN, "p", None)
    call = turn.call({"toolCallId": "t", "title": "rm", "kind": "execute", "status": "pending"})
    events = [*turn.asked(call), *turn.denied(call, "No."), *turn.denied(call, "No.")]
    events += turn.feed({"sessionUpdate": "tool_call_update", "toolCallId": "t", "status": "failed"})
    assert [result.block.content for result in of(ToolResult, events)] == ["No."]
    assert len(of(ToolUse, events)) == 1


def test_the_cost_of_a_session_is_part_of_its_usage() -> None:
    turn = Turn(PLAIN, "p", None)
    cost = {"amount": 0.5, "currency": "USD"}
    assert not list(turn.feed({"sessionUpdate": "usage_update", "used": 1, "size": 2, "cost": cost}))
    (report, finished) = turn.end(
        {"stopReason": "max_tokens", "usage": {"inputTokens": 6, "cachedReadTokens": 5, "totalTokens": 11}}
    )
    assert isinstance(report, UsageReport)
    assert (report.usage.input_tokens, report.usage.cached_tokens, report.usage.cost) == (11, 5, 0.5)
    assert finished == Finished("length")


@pytest.mark.parametrize(("spent", "cost"), [(0.0, 0.5), (0.2, 0.3), (0.75, 0.0), (None, None)])
def test_of_a_conversation_that_is_gone_on_with_only_what_this_turn_has_cost_counts(
    spent: float | None, cost: float | None
) -> None:
    turn = Turn(PLAIN, "p", None, spent=spent)
    list(turn.feed({"sessionUpdate": "usage_update", "cost": {"amount": 0.5, "currency": "USD"}}))
    (report, _) = turn.end({"stopReason": "end_turn", "usage": {"inputTokens": 6}})
    assert isinstance(report, UsageReport)
    assert report.usage.cost == (None if cost is None else pytest.approx(cost))


@pytest.mark.parametrize("reason", ["max_turn_requests", "cancelled", "", None, 5])
def test_an_end_without_an_answer_is_an_error(reason: object) -> None:
    with pytest.raises(ProviderRuntimeError):
        list(Turn(PLAIN, "p", None).end({"stopReason": reason}))


def test_what_is_new_passes_as_unknown() -> None:
    assert feed([{"sessionUpdate": "hologram", "x": 1}]) == [UnknownEvent({"sessionUpdate": "hologram", "x": 1})]


NAMES = ["type", "content", "text", "path", "oldText", "newText", "status", "uri", "resource", "amount", "currency"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=8,
)
KINDS = [
    *("agent_message_chunk", "agent_thought_chunk", "user_message_chunk", "tool_call", "tool_call_update", "plan"),
    *("usage_update", "current_mode_update", "available_commands_update", "x"),
]
FIELDS = [
    *("content", "messageId", "toolCallId", "title", "kind", "status", "rawInput", "rawOutput", "locations", "_meta"),
    *("entries", "cost", "currentModeId"),
]
UPDATE = st.fixed_dictionaries({"sessionUpdate": st.sampled_from(KINDS) | JSON}, optional=dict.fromkeys(FIELDS, JSON))
RESULT = st.fixed_dictionaries({}, optional={"stopReason": st.just("end_turn") | JSON, "usage": JSON, "_meta": JSON})


@given(st.sampled_from(sorted(PRESETS)), st.lists(UPDATE, max_size=8), RESULT)
def test_no_update_however_odd_breaks_the_translation(
    name: str, updates: list[dict[str, Any]], result: dict[str, Any]
) -> None:
    turn = Turn(PRESETS[name], name, None)
    for update in updates:
        list(turn.feed(update))
        call = turn.call(update)
        list(turn.asked(call))
        list(turn.denied(call, ""))
    try:
        list(turn.end(result))
    except ClaifError:
        return


@given(st.sampled_from(sorted(PRESETS)), st.dictionaries(st.sampled_from(["code", "message", "data"]), JSON))
def test_every_error_is_one_of_claif(name: str, error: dict[str, Any]) -> None:
    preset = PRESETS[name]
    found = failure(error, agent=Agent(), provider=name, model=None, login=preset.login, status=preset.status)
    assert isinstance(found, ClaifError)
    assert found.provider == name
