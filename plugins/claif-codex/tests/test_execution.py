"""Records of `codex exec` as events, replayed from what the real program wrote."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
from claif_codex.execution import exec_arguments, notification, prompt_text, usage_report
from claif_codex.turn import Turn

from claif.errors import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    InvalidQueryError,
    ProviderRuntimeError,
    RateLimitError,
)
from claif.models import Event, FileBlock, Finished, ImageBlock, Message, PermissionMode, Query, TextBlock, UsageReport

TRANSCRIPTS = Path(__file__).parents[3] / "tests" / "transcripts"


def replay(name: str) -> tuple[list[Event], ClaifError | None]:
    turn, events = Turn("codex", None, 3), []
    for line in (TRANSCRIPTS / name).read_text().splitlines():
        record = json.loads(line)
        turn.meter.take(usage_report(record), turn.id)
        try:
            for event in turn.feed(*notification(record)):
                events.append(event)  # noqa: PERF402 - those before an error count
        except ClaifError as error:
            return events, error
    return events, None


def test_an_answer_is_told_with_its_usage() -> None:
    events, error = replay("codex-exec-ok.jsonl")
    assert error is None
    assert [event.text for event in events if isinstance(event, Message)] == ["ECHO[6]: say hi"]
    (report,) = [event for event in events if isinstance(event, UsageReport)]
    assert (report.usage.input_tokens, report.usage.output_tokens) == (11, 7)
    assert events[-1] == Finished("stop")


@pytest.mark.parametrize(
    ("name", "tool"), [("codex-exec-tool.jsonl", "shell"), ("codex-exec-mcp.jsonl", "mcp__calc__add")]
)
def test_tools_are_told_with_their_results(name: str, tool: str) -> None:
    events, _ = replay(name)
    messages = [event for event in events if isinstance(event, Message)]
    assert [block.tool_name for message in messages for block in message.content if hasattr(block, "tool_name")] == [
        tool
    ]
    assert "42" in messages[1].content[0].content


@pytest.mark.parametrize(
    ("status", "kind"),
    [("401", AuthenticationError), ("429", RateLimitError), ("500", ProviderRuntimeError), ("stall", ConnectionError)],
)
def test_errors_are_told_by_their_text_as_there_is_nothing_else(status: str, kind: type[ClaifError]) -> None:
    _, error = replay(f"codex-exec-{status}.jsonl")
    assert type(error) is kind


def test_a_turn_that_was_killed_is_not_done() -> None:
    events, error = replay("codex-exec-sigterm-during-tool.jsonl")
    assert error is None
    assert not [event for event in events if isinstance(event, Finished)]


def test_the_prompt_is_one_text_and_never_an_argument() -> None:
    query = Query(
        [Message.system("Be terse."), Message.user([TextBlock("-hi"), FileBlock(b"data", "text/plain", "a")])]
    )
    assert prompt_text(query) == "Be terse.\n\n-hi\n\nThe file a:\n\ndata"
    words = exec_arguments(query, PermissionMode.PLAN, "gpt-5-codex")
    assert words == ["exec", "--json", "--skip-git-repo-check", "--sandbox=read-only", "--model=gpt-5-codex", "-"]
    with pytest.raises(InvalidQueryError):
        prompt_text(Query([Message.user([ImageBlock(b"x", "image/png")])]))
    with pytest.raises(InvalidQueryError):
        exec_arguments(Query("hi", schema={"type": "object"}), PermissionMode.PLAN, None)


def test_further_folders_are_options_before_a_conversation() -> None:
    folders = [Path("/one"), Path("/two words")]
    words = exec_arguments(Query("hi", conversation=str(UUID(int=1))), PermissionMode.EDIT, None, folders)
    assert words[3:] == [
        *("--sandbox=workspace-write", "--add-dir=/one", "--add-dir=/two words", "resume", str(UUID(int=1)), "-"),
    ]
