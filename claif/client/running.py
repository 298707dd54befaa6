"""The queries that run: what becomes of each, and how all end when the client is closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

import trio

from ..config.redact import redact_error
from ..errors import ClaifError, ClientClosedError
from ..logs import logger
from ..pipeline.failures import Downstream, single
from ..pipeline.reply import ReplyBuilder
from ..pipeline.run import Run, current_run

if TYPE_CHECKING:
    from ..models import Query, Reply
    from ..pipeline.types import Emit, Handler
    from ..plugin.manager import PluginManager

T = TypeVar("T")

CLOSE_TIMEOUT = 5.0
"""Seconds that cancelled queries have to end when the client is closed."""


class Closable(Protocol):
    """What ends when the client is closed."""

    def close(self) -> None:
        """Cancel it."""


class Work:
    """Something that is no query and runs while the client is open."""

    def __init__(self) -> None:
        self.scope = trio.CancelScope()

    def close(self) -> None:
        """Cancel it because the client is closed."""
        self.scope.cancel()


class Running:
    """Runs queries while it is open; `plugins` are told how each ended."""

    def __init__(self, plugins: PluginManager) -> None:
        self.runs: set[Closable] = set()
        self._plugins = plugins
        self._idle: trio.Event | None = None

    async def run(self, query: Query, handler_of: Callable[[Query], Handler], emit: Emit) -> Reply:
        """Have a query answered.

        Args:
            query: the question.
            handler_of: gives the handler that answers it.
            emit: awaited for each event, in this very task.

        Raises:
            ClaifError: it could not be answered; `partial` and `query_id` are set, and secrets are masked.
        """
        run = Run(query)
        builder = ReplyBuilder(run, emit)
        token = current_run.set(run)
        self.runs.add(run)
        failure: BaseException | None = None
        reply: Reply | None = None
        try:
            with run.scope:
                await handler_of(query)(query, builder.emit)
                reply = builder.reply()
                model = reply.model or "of its choice"
                logger.info("{}, model {}, answered in {:.2f} s", reply.provider, model, reply.timings.total)
                return reply
        except (Exception, BaseExceptionGroup, Downstream) as caught:
            failure = _told(run, caught)
            if failure is caught:
                raise
            raise failure from failure.__cause__
        finally:
            current_run.reset(token)
            self._ended(run)
            if self._plugins.observed:
                self._plugins.finished(query, reply, failure, trio.current_time() - run.began)
        raise ClientClosedError("The client was closed while the query ran.", partial=run.partial)

    async def during(self, working: Callable[[], Awaitable[T]]) -> T:
        """Do what is no query; it ends when the client is closed.

        Args:
            working: gives the result.

        Raises:
            ClientClosedError: the client was closed meanwhile.
            ClaifError: from the work; secrets are masked.
        """
        work = Work()
        self.runs.add(work)
        found: tuple[T, ...] = ()
        try:
            with work.scope:
                found = (await working(),)
        except Exception as error:
            redact_error(error)
            raise
        finally:
            self._ended(work)
        if not found:
            raise ClientClosedError("The client was closed while it was asked.")
        return found[0]

    def _ended(self, run: Closable) -> None:
        self.runs.discard(run)
        if self._idle is not None and not self.runs:
            self._idle.set()

    async def close(self) -> None:
        """Cancel all that run, and wait until they have ended; shielded, for at most `CLOSE_TIMEOUT` seconds."""
        for run in list(self.runs):
            run.close()
        if self.runs:
            self._idle = trio.Event()
            with trio.move_on_after(CLOSE_TIMEOUT, shield=True):
                await self._idle.wait()


def _told(run: Run, caught: BaseException) -> BaseException:
    """What the caller is told of what was raised: without secrets, and with what had arrived."""
    error = single(caught)
    if isinstance(error, Downstream):
        failure: BaseException = error.error
    else:
        failure = error
        redact_error(error)
    if isinstance(failure, ClaifError):
        failure.partial = failure.partial or run.partial
        failure.query_id = run.id
        failure.attempts = tuple(run.attempts)
    seconds = trio.current_time() - run.began
    logger.info("failed after {:.2f} s: {}: {}", seconds, type(failure).__name__, failure)
    return failure
