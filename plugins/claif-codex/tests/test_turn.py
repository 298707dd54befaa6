"""Notifications of Codex as events, replayed from what the real program wrote."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from claif_codex.approvals import permission_requests
from claif_codex.turn import Turn
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import AuthenticationError, ClaifError, ConnectionError, ProviderRuntimeError, RateLimitError
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
    ToolResult,
    ToolUse,
    UnknownEvent,
    UsageReport,
)

TRANSCRIPTS = Path(__file__).parents[3] / "tests" / "transcripts"


def turns(name: str) -> list[tuple[Turn, list[Event], ClaifError | None]]:
    """Each turn of a transcript with its events and its error, in the order in which they began."""
    found: list[tuple[Turn, list[Event], ClaifError | None]] = []
    running: dict[str, int] = {}
    before: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
    for line in (TRANSCRIPTS / name).read_text().splitlines():
        record = json.loads(line.removeprefix(">> "))
        method, params = record.get("method", ""), record.get("params", {})
        thread = params.get("threadId", "")
        if line.startswith(">> ") or "id" in record:
            continue
        if method == "turn/started":
            turn = Turn("codex", "gpt-5-codex", 3)
            turn.id = params["turn"]["id"]
            for earlier in before[thread]:
                turn.feed(*earlier)
            running[thread] = len(found)
            found.append((turn, [], None))
        elif thread in running and not found[running[thread]][0].done:
            turn, events, _ = found[running[thread]]
            try:
                for event in turn.feed(method, params):
                    events.append(event)
            except ClaifError as error:
                found[running[thread]] = (turn, events, error)
        if method == "thread/tokenUsage/updated":
            before[thread].append((method, params))
    return found


def of(kind: type, events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_two_turns_of_one_conversation_stream_and_count_their_own_tokens() -> None:
    for (_, events, error), text in zip(
        turns("codex-app-ok.duplex"), ("ECHO[5]: first", "ECHO[6]: second"), strict=True
    ):
        assert error is None
        assert "".join([delta.text for delta in of(TextDelta, events)]) == text
        assert [message.text for message in of(Message, events)] == [text]
        (report,) = of(UsageReport, events)
        assert (report.usage.input_tokens, report.usage.output_tokens, report.usage.reasoning_tokens) == (11, 7, 2)
        assert events[-1] == Finished("stop")


def test_a_resumed_conversation_does_not_count_its_earlier_turns() -> None:
    ((_, events, error),) = turns("codex-app-resume.duplex")
    assert error is None
    assert [report.usage.input_tokens for report in of(UsageReport, events)] == [11]


def test_errors_are_typed_by_their_own_field() -> None:
    errors = [error for _, _, error in turns("codex-app-errors.duplex")]
    kinds = [AuthenticationError, RateLimitError, ProviderRuntimeError, ConnectionError, ConnectionError]
    assert [type(error) for error in errors] == kinds
    assert [error.status for error in errors if error] == [401, 429, None, None, None]
    assert errors[2] is not None
    assert errors[2].retryable


def test_a_command_is_told_with_its_result_also_when_it_was_declined() -> None:
    (_, first, _), (_, second, _) = turns("codex-app-approval.duplex")
    for events, failed in ((first, False), (second, True)):
        (use,) = of(ToolUse, events)
        assert use.block.parameters["command"] == "/bin/bash -lc 'touch touched.txt'"
        (result,) = of(ToolResult, events)
        assert result.block.is_error is failed
        assert [message.role for message in of(Message, events)] == [Role.ASSISTANT, Role.TOOL, Role.ASSISTANT]


def test_an_interrupted_turn_is_no_answer() -> None:
    ((turn, events, error),) = turns("codex-app-interrupt.duplex")
    assert turn.done
    assert isinstance(error, ProviderRuntimeError)
    assert not of(Finished, events)


def test_changes_of_files_and_the_plan_are_events() -> None:
    turn = Turn("codex", None, 3)
    change = {"path": "a.py", "kind": {"type": "update", "move_path": None}, "diff": "@@ -1 +1 @@\n-a\n+b\n"}
    item = {"type": "fileChange", "id": "i", "changes": [change], "status": "completed"}
    events = list(turn.feed("item/completed", {"item": item}))
    assert FileChange("a.py", "update", "@@ -1 +1 @@\n-a\n+b\n") in events
    steps = [{"step": "look", "status": "completed"}, {"step": "mend", "status": "inProgress"}]
    (plan,) = list(turn.feed("turn/plan/updated", {"plan": steps}))
    assert isinstance(plan, Plan)
    assert [step.status for step in plan.steps] == ["completed", "in_progress"]


def test_an_api_that_never_answers_is_given_up() -> None:
    turn = Turn("codex", None, 2)
    again = {"error": {"message": "Reconnecting…", "codexErrorInfo": "other"}, "willRetry": True}
    events = list(turn.feed("item/agentMessage/delta", {"delta": "half"}))
    for _ in range(2):
        events += turn.feed("error", again)
    assert [type(event) for event in events] == [TextDelta, TextReset, Notice, Notice]
    with pytest.raises(ConnectionError):
        list(turn.feed("error", again))


def test_a_change_of_files_asks_for_each_of_them() -> None:
    changes = [{"path": path, "kind": {"type": "add"}, "diff": "+x\n"} for path in ("a", "/etc/b")]
    items = {"i": {"type": "fileChange", "id": "i", "changes": changes}}
    asked = permission_requests("item/fileChange/requestApproval", {"itemId": "i", "threadId": "t"}, items)
    assert asked is not None
    found = [(each.kind, each.subject, each.diff) for each in asked]
    assert found == [("edit", "a", "+x\n"), ("edit", "/etc/b", "+x\n")]


def test_what_is_new_passes_as_unknown() -> None:
    assert list(Turn("codex", None, 1).feed("turn/hologram", {"x": 1})) == [
        UnknownEvent({"type": "turn/hologram", "x": 1})
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "content", "text", "id", "changes", "kind", "error", "result"]), inner
        )
    ),
    max_leaves=8,
)
KINDS = ["agentMessage", "commandExecution", "fileChange", "mcpToolCall", "reasoning", "webSearch", "other"]
PARTS = ("id", "text", "changes", "arguments", "result", "error", "exitCode", "status", "content", "aggregatedOutput")
ITEM = st.fixed_dictionaries({"type": st.sampled_from(KINDS)}, optional=dict.fromkeys(PARTS, JSON))
METHODS = [
    *("item/started", "item/completed", "error", "turn/plan/updated"),
    *("thread/tokenUsage/updated", "turn/completed", "x"),
]
FIELDS = {"error": JSON, "willRetry": st.booleans(), "plan": JSON, "tokenUsage": JSON, "turn": JSON}
PARAMS = st.fixed_dictionaries({}, optional={"item": ITEM | JSON, **FIELDS})


@given(st.lists(st.tuples(st.sampled_from(METHODS), PARAMS), max_size=8))
def test_no_notification_however_odd_breaks_the_translation(notifications: list[tuple[str, dict[str, Any]]]) -> None:
    turn = Turn("codex", None, 3)
    for method, params in notifications:
        try:
            list(turn.feed(method, params))
        except ClaifError:
            return
