"""Building the reply from the events that pass the edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from ..models import (
    Diff,
    Event,
    FileChange,
    Finished,
    Message,
    Notice,
    PermissionDecided,
    Plan,
    Reply,
    Started,
    TextDelta,
    ThinkingDelta,
    Timings,
    ToolResult,
    ToolUse,
    Usage,
    UsageReport,
)
from .failures import Downstream

if TYPE_CHECKING:
    from .run import Run
    from .types import Emit


class ReplyBuilder:
    """Hands each event to the consumer and keeps what the reply needs of it."""

    __slots__ = (
        "_activity",
        "_diff",
        "_emit",
        "_finished",
        "_first",
        "_messages",
        "_notices",
        "_run",
        "_started",
        "_usage",
    )

    def __init__(self, run: Run, emit: Emit) -> None:
        self._run = run
        self._emit = emit
        self._messages: list[Message] = []
        self._notices: list[Notice] = []
        self._activity: list[Event] = []
        self._started: Started | None = None
        self._finished: Finished | None = None
        self._usage: Usage | None = None
        self._first: float | None = None
        self._diff: str | None = None

    async def emit(self, event: Event) -> None:
        """Take an event; what the consumer raises travels on as `Downstream`."""
        kind = event.__class__
        if kind is TextDelta or kind is ThinkingDelta:
            if self._first is None:
                self._first = trio.current_time()
        else:
            self._keep(event)
        try:
            await self._emit(event)
        except Exception as error:
            raise Downstream(error) from error

    def _keep(self, event: Event) -> None:
        match event:
            case Message():
                self._messages.append(event)
                if self._first is None:
                    self._first = trio.current_time()
            case Started():
                self._started = event
            case UsageReport():
                self._usage = event.usage
            case Finished():
                self._finished = event
            case Notice():
                self._notices.append(event)
            case ToolUse() | ToolResult() | FileChange() | Plan() | PermissionDecided():
                self._activity.append(event)
            case Diff():
                self._diff = event.text
            case _:
                pass

    def reply(self) -> Reply:
        """The whole answer."""
        run, started = self._run, self._started
        return Reply(
            messages=tuple(self._messages),
            provider=run.provider,
            model=(started.model if started else None) or run.model,
            id=started.id if started else None,
            query_id=run.id,
            conversation=started.conversation if started else None,
            sandbox=started.sandbox if started else None,
            finish_reason=self._finished.reason if self._finished else None,
            usage=self._usage or Usage(),
            timings=Timings(
                first=None if self._first is None else self._first - run.began, total=trio.current_time() - run.began
            ),
            attempts=tuple(run.attempts),
            activity=tuple(self._activity),
            diff=self._diff,
            notices=tuple(self._notices),
            cached=run.cached,
        )
