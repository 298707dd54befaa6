"""Runs one query for the command line: opens a client, feeds the renderer, and ends as the user or an error wills."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import trio
from attrs import define, frozen

from ..errors import ClaifError
from .ask.asker import Asker
from .follow import go_on, remember
from .open_client import open_client
from .render.choose import choose_renderer
from .render.remarks import Remarks
from .render.status import Status
from .signals import interruptible

if TYPE_CHECKING:
    from ..client import Client
    from ..models import Attempt, CacheHit, Query, Reply
    from ..pipeline.types import Emit
    from .changes import Changes
    from .render.base import Renderer
    from .session import Session

Asking = Callable[["Client", "Query", "Emit"], Awaitable["Reply"]]
"""Asks a query through a client; it chooses who is asked."""
RESCUE = 10.0
"""Seconds that keeping the changes of a failed query may take."""


@frozen
class View:
    """How the user wants to see the answer.

    Args:
        form: `text` for people, or a form for programs.
        raw: pass the model's control characters on where no terminal is.
        quiet: only the answer and errors.
        verbose: also tools and, in a pipe, the footer.
        thinking: also what the model thinks.
        explain: also who was asked and why, and what became of each attempt.
    """

    form: Literal["text", "code", "json", "events"] = "text"
    raw: bool = False
    quiet: bool = False
    verbose: bool = False
    thinking: bool = False
    explain: bool = False


@define
class _Told:
    """How an answer came: each time that somebody was asked, and where it came from if it was given before."""

    attempts: Sequence[Attempt] = ()
    cached: CacheHit | None = None


def run_query(
    query: Query,
    view: View,
    state: Session,
    notes: Sequence[str] = (),
    *,
    follow: bool = False,
    apply: bool = False,
    asking: Asking | None = None,
) -> int:
    """Ask, show the answer as it comes, and tell the exit code.

    Args:
        query: the question.
        view: how the answer is shown.
        state: the switches of the command line.
        notes: what the user should know first.
        follow: go on with the last conversation.
        apply: apply what was changed in the worktree of the query.
        asking: asks in another way than `Client.run`, and chooses who is asked.

    Raises:
        ClaifError: it could not be answered; what had arrived has been shown.
    """
    return run_interruptible(partial(_ask, query, view, state, notes, follow=follow, apply=apply, asking=asking))


def run_interruptible(work: Callable[[], Awaitable[int | None]]) -> int:
    """Run what a signal cancels; the exit code."""

    async def main() -> int:
        code: int | None = None
        with trio.CancelScope() as scope, interruptible(scope) as interruption:
            code = await work()
        return interruption.exit_code or code or 0

    return trio.run(main)


async def _ask(
    query: Query,
    view: View,
    state: Session,
    notes: Sequence[str],
    *,
    follow: bool,
    apply: bool,
    asking: Asking | None,
) -> None:
    status = Status(quiet=view.quiet)
    quiet = view.quiet or view.form == "events"
    remarks = Remarks(quiet=quiet, verbose=view.verbose, thinking=view.thinking and not quiet)
    remarks.lines(notes)
    asker = Asker()
    async with open_client(state, progress=status.progress, remarks=remarks, approver=asker.ask) as client:
        if asking is None and query.provider is None and not (choice := client.default_provider()).configured:
            remarks.line(f"Asking {choice.name}, because {choice.reason}.")
        if follow:
            query = go_on(client, query, remarks.line)
        renderer = choose_renderer(view.form, client.config.general.output, remarks, status, raw=view.raw)
        asker.renderer = renderer
        client.plugins.on_warning(
            lambda plugin, message: asker.when_free(partial(renderer.remark, f"{plugin}: {message}"))
        )
        changes = None
        if query.worktree:
            from .changes import Changes

            changes = Changes(client, query, renderer.remark, apply=apply, keep=view.form in {"text", "code"})
        ask = client.run if asking is None else partial(asking, client)
        told = _Told()
        try:
            await _answer(client, ask, query, renderer, asker, changes=changes, told=told)
        finally:
            if view.explain:
                from .explain import explanation

                lines = explanation(client.plan(query), told.attempts, told.cached)
                Remarks(quiet=view.quiet).lines(lines)


async def _answer(
    client: Client,
    ask: Callable[[Query, Emit], Awaitable[Reply]],
    query: Query,
    renderer: Renderer,
    asker: Asker,
    *,
    changes: Changes | None,
    told: _Told,
) -> None:
    """Feed the renderer while its clock ticks; while a question is open, nothing else is shown.

    How the answer came is told to `told`, also where nobody answered.
    """
    reply: Reply | None = None
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_tick, renderer, asker)
        try:
            reply = await ask(query, asker.show if changes is None else changes.watching(asker.show))
        except trio.Cancelled:
            renderer.interrupt()
            raise
        except Exception as error:
            failure = error
        nursery.cancel_scope.cancel()
    if failure is not None:
        try:
            if isinstance(failure, ClaifError):
                told.attempts = failure.attempts
                await renderer.fail(failure)
        finally:  # there may be no reader any more, or the user may stop it just now
            if changes is not None:
                with trio.move_on_after(RESCUE, shield=True):
                    await changes.rescue()
        raise failure
    assert reply is not None  # noqa: S101 - there is no failure
    told.attempts, told.cached = reply.attempts, reply.cached
    await remember(client, query, reply, renderer.remark)
    if changes is None:
        await renderer.finish(reply)
        return
    try:
        await renderer.finish(reply)
    except Exception as error:  # there may be no code, or no reader any more
        failure = error
    await changes.settle(reply)
    if failure is not None:
        raise failure


async def _tick(renderer: Renderer, asker: Asker) -> None:
    while renderer.interval is not None:
        await trio.sleep(renderer.interval)
        if not asker.busy:
            renderer.tick()
