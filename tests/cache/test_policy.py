"""What may be kept."""

from __future__ import annotations

import pytest

from claif.cache.policy import PASSING, READS, WRITES, is_sampled, lacks, lasting, mode_of, worth_keeping
from claif.config.cache_schema import CacheSettings
from claif.models import (
    Decision,
    Diff,
    Event,
    FileBlock,
    FileChange,
    Finished,
    ImageBlock,
    Message,
    Notice,
    Options,
    PermissionDecided,
    PermissionRequest,
    Plan,
    PlanStep,
    Query,
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
    UnknownEvent,
    Usage,
    UsageReport,
)

GOOD: list[Event] = [Started("p"), ThinkingDelta("hm"), TextDelta("Blue."), UsageReport(Usage(1, 2)), Finished()]


def test_an_answer_that_came_to_its_end_is_kept() -> None:
    assert worth_keeping(GOOD) is None
    assert worth_keeping([TextDelta("Blue.")]) is None
    assert worth_keeping([Message.assistant("Blue."), Notice("ignored_option", "No seed.")]) is None
    assert worth_keeping([Message.assistant([ThinkingBlock("hm"), TextBlock("Blue.")])]) is None


@pytest.mark.parametrize("reason", ["length", "content_filter", "tool_use", "refusal", ""])
def test_one_that_was_cut_or_refused_is_not(reason: str) -> None:
    assert worth_keeping([*GOOD[:-1], Finished(reason)]) == f"it ended by {reason}"


@pytest.mark.parametrize(
    "event",
    [
        ToolUse(ToolUseBlock("1", "rm", {})),
        ToolResult(ToolResultBlock("1", "done")),
        FileChange("a.py"),
        Diff("+1"),
        Plan([PlanStep("x")]),
        PermissionDecided(PermissionRequest("shell", "rm"), Decision(allowed=True)),
    ],
    ids=lambda event: type(event).__name__,
)
def test_one_with_tools_in_it_is_not(event: Event) -> None:
    assert worth_keeping([*GOOD, event]) == "tools were used"


@pytest.mark.parametrize("event", [TextReset(), UnknownEvent({"type": "new"})])
def test_one_with_events_that_may_not_be_repeated_is_not(event: Event) -> None:
    assert worth_keeping([*GOOD, event]) == "it has events that may not be repeated"


def test_a_message_with_more_than_text_is_not() -> None:
    message = Message.assistant([TextBlock("Blue."), ToolUseBlock("1", "rm", {})])
    assert worth_keeping([message]) == "it has more than text"


@pytest.mark.parametrize("events", [[], [Started("p"), Finished()], [ThinkingDelta("hm")], [Message.assistant("")]])
def test_an_empty_one_is_not(events: list[Event]) -> None:
    assert worth_keeping(events) == "it is empty"


def test_notices_of_the_moment_do_not_belong_to_the_answer() -> None:
    notices = [(0.0, Notice(kind, "…")) for kind in sorted(PASSING)]
    kept = [(0.1, TextDelta("x")), (0.2, Notice("ignored_option", "No seed."))]
    assert lasting([*notices, *kept]) == kept
    assert {"retry", "fallback", "wait", "hedge", "breaker", "limit", "budget", "download"} == PASSING


def test_an_agents_answers_are_never_kept() -> None:
    assert lacks(Query("x"), {"text", "agent"})
    assert lacks(Query("x"), {"text"}) is None


def test_answers_within_a_conversation_are_never_kept() -> None:
    assert lacks(Query("x", conversation="c"), {"text"})


def test_answers_to_what_is_behind_a_url_are_never_kept() -> None:
    for block in (ImageBlock(url="https://a/b.png"), FileBlock(url="https://a/b.pdf", mime_type="application/pdf")):
        assert lacks(Query([Message.user([TextBlock("x"), block])]), {"text"})
    assert lacks(Query([Message.user([TextBlock("x"), ImageBlock(b"1", "image/png")])]), {"text"}) is None


@pytest.mark.parametrize(
    ("options", "greedy", "sampled"),
    [
        (Options(), False, True),
        (Options(), True, False),
        (Options(temperature=0), False, False),
        (Options(temperature=0.1), False, True),
        (Options(temperature=0.1), True, True),
        (Options(temperature=0.1, seed=7), False, False),
        (Options(seed=0), False, False),
    ],
)
def test_what_would_be_another_answer_each_time(options: Options, greedy: bool, sampled: bool) -> None:
    assert is_sampled(Query("x", options=options), greedy=greedy) is sampled


def test_the_query_decides_before_its_route_and_that_before_the_configuration() -> None:
    settings = CacheSettings(mode="read-only")
    assert mode_of(Query("x"), None, settings) == "read-only"
    assert mode_of(Query("x"), "refresh", settings) == "refresh"
    assert mode_of(Query("x", cache="off"), "refresh", settings) == "off"


def test_the_modes_read_and_write_as_their_names_say() -> None:
    assert {"read-write", "read-only"} == READS
    assert {"read-write", "refresh"} == WRITES
