"""The layer around the whole query that writes down what became of it, before others are told that it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from ..ledger.call import begin_call
from ..logs import logger
from ..models import Event, Finished, Message, Notice, Query, Started, TextDelta, ThinkingDelta, Usage, UsageReport
from ..pipeline.failures import Downstream, single
from ..pipeline.run import current_run
from ..pipeline.types import Emit, Handler, Layer, Slot

if TYPE_CHECKING:
    from ..ledger.ledger import Ledger
    from ..pipeline.run import Run
    from .accounts import Accounts

END_TIMEOUT = 5.0
"""Seconds in which a query that failed or was cancelled is written down."""
_CONTENT = frozenset({TextDelta, ThinkingDelta, Message})


class _Record:
    """Writes one query down."""

    __slots__ = ("_accounts", "_emit", "_ledger", "_named", "_run", "_usage", "call", "ended")

    def __init__(self, accounts: Accounts, ledger: Ledger, run: Run, query: Query, emit: Emit) -> None:
        self._accounts, self._ledger, self._run, self._emit = accounts, ledger, run, emit
        self._named: str | None = None
        self._usage = Usage()
        self.call = begin_call(run.id, query.tag, ledger.clock())
        self.ended = False

    async def take(self, event: Event) -> None:
        """Hand an event on; the end of the answer only once it is written down."""
        if event.__class__ in _CONTENT:
            if self.call.first is None:
                self.call.first = trio.current_time() - self._run.began
        elif event.__class__ is UsageReport:
            self._usage = event.usage
        elif event.__class__ is Started:
            self._named = event.model
        elif event.__class__ is Finished and not self.ended:
            for notice in await self.end():
                await self._emit(notice)
        await self._emit(event)

    async def end(self, error: BaseException | None = None) -> list[Notice]:
        """Write it down; returns what there is to tell about budgets and the ledger."""
        self.ended = True
        run, call = self._run, self.call
        call.provider, call.route = run.provider, run.route
        call.model = self._named or run.model
        call.attempts = len(run.attempts)
        call.latency = trio.current_time() - run.began
        call.error = None if error is None else _name(error)
        call.cached = run.cached is not None
        # Nobody has read or written the tokens of an answer that was given before.
        call.usage = Usage() if call.cached else self._usage
        told = await self._ledger.end(call, self._accounts.limits(run, call.tag))
        return [
            *[Notice("ledger", text, {}) for text in self._ledger.complaints()],
            *[
                Notice(
                    "budget",
                    f"${spent:.2f} of {limit}, ${limit.dollars:.2f}, is spent.",
                    {"budget": limit.setting, "spent": spent, "limit": limit.dollars},
                )
                for limit, spent in told
            ],
        ]


def ledger_layer(accounts: Accounts) -> Layer:
    """Write down what becomes of each query."""
    ledger = accounts.ledger
    assert ledger is not None  # noqa: S101 - without one there is no such layer

    def wrap(handler: Handler) -> Handler:
        async def recorded(query: Query, emit: Emit) -> None:
            run = current_run.get()
            record = _Record(accounts, ledger, run, query, emit)
            run.call = record.call
            try:
                await handler(query, record.take)
            except BaseException as error:
                await _end_failed(record, error)  # noqa: ASYNC102 - shielded and bounded itself
                raise
            else:
                if not record.ended:
                    await record.end()

        return recorded

    return Layer(slot=Slot.LEDGER, wrap=wrap, name="ledger", distribution="claif")


async def _end_failed(record: _Record, error: BaseException) -> None:
    if record.ended:
        return
    with trio.CancelScope(shield=True), trio.move_on_after(END_TIMEOUT):
        for notice in await record.end(error):
            logger.warning("{}", notice.text)


def _name(error: BaseException) -> str:
    """The class of what a query ended with; `Cancelled` also if whoever took the answer wanted no more of it."""
    found = single(error)
    return "Cancelled" if isinstance(found, trio.Cancelled | Downstream) else type(found).__name__
