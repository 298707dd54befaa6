"""The reply keeps of the events what belongs to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from claif.models import Diff, Event, FileChange, PermissionDecided, Plan, Query, Started, ToolResult, ToolUse
from claif.pipeline.reply import ReplyBuilder
from claif.pipeline.run import Run
from claif.testing import strategies

ACTIVITY = ToolUse | ToolResult | FileChange | Plan | PermissionDecided


@given(st.lists(strategies.events(), max_size=12))
async def test_it_has_all_that_was_done_in_order_and_passes_every_event_on(events: list[Event]) -> None:
    passed: list[Event] = []

    async def emit(event: Event) -> None:
        passed.append(event)

    builder = ReplyBuilder(Run(Query("hi")), emit)
    for event in events:
        await builder.emit(event)
    reply = builder.reply()
    assert passed == events
    assert list(reply.activity) == [event for event in events if isinstance(event, ACTIVITY)]
    diffs = [event.text for event in events if isinstance(event, Diff)]
    assert reply.diff == (diffs[-1] if diffs else None)
    started = [event for event in events if isinstance(event, Started)]
    assert reply.conversation == (started[-1].conversation if started else None)
    assert reply.sandbox == (started[-1].sandbox if started else None)
