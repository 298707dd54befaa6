"""Gathering: many prompts, of which only so many are asked at the same time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

import trio

from ..errors import InvalidQueryError
from ..models import Query
from ..models.build import How, Prompt, build_query
from ..pipeline.failures import unwrapped
from .outcome import Outcome, outcome_of
from .stream import ignore

if TYPE_CHECKING:
    from ..models import Reply
    from .fanout import Run

END = object()
"""What `Take` gives after the last prompt."""

Take = Callable[[], Awaitable[object]]
"""Gives the next prompt, or `END`."""

AHEAD = 2
"""Prompts taken for each that is asked: so many outcomes wait for one before them, or for a slow consumer."""


def taking(prompts: Iterable[Prompt]) -> Take:
    """Takes prompts from an iterable, in the loop's own thread."""
    iterator = iter(prompts)

    async def take() -> object:
        await trio.lowlevel.checkpoint()
        return next(iterator, END)

    return take


def check_gather(concurrency: int, how: How) -> How:
    """What `gather` is given, if it can be used; iterators in it are read, for they are used for each prompt.

    Raises:
        InvalidQueryError: `concurrency` is not a whole number from 1 on.
        TypeError: `how` has a name that is none of its own.
    """
    if concurrency.__class__ is not int or concurrency < 1:
        raise InvalidQueryError(
            f"{concurrency!r} cannot be the number of prompts that are asked at the same time.",
            hint="Give a whole number from 1 on.",
        )
    kept = {name: tuple(value) if isinstance(value, Iterator) else value for name, value in how.items()}
    build_query("", stream=False, **cast("Any", kept))
    return cast("How", kept)


async def gather(
    run: Run,
    take: Take,
    emit: Callable[[Outcome], Awaitable[None]],
    *,
    concurrency: int,
    ordered: bool,
    how: How,
) -> None:
    """Ask many prompts, and emit what became of each.

    A prompt is taken when fewer than `concurrency` are asked, and fewer than `AHEAD` times as many are taken whose
    outcome has not been emitted.

    Args:
        run: asks one.
        take: gives the prompts.
        emit: awaited for each outcome.
        concurrency: how many are asked at the same time.
        ordered: whether the outcomes come in the order of the prompts, or else as they complete.
        how: how each is asked.

    Raises:
        Exception: what taking a prompt failed with, after the outcomes of those before it.
        ClientClosedError: the client was closed.
    """
    asked, taken = trio.Semaphore(concurrency), trio.Semaphore(AHEAD * concurrency)
    failure: Exception | None = None

    async def ask(index: int, prompt: object, turn: trio.Event, after: trio.Event) -> None:
        outcome = await _outcome(run, prompt, how, index)
        asked.release()
        if ordered:
            await turn.wait()
        await emit(outcome)
        after.set()
        taken.release()

    with unwrapped():
        async with trio.open_nursery() as nursery:
            index, turn = 0, trio.Event()
            turn.set()
            while True:
                await taken.acquire()
                await asked.acquire()
                try:
                    prompt = await take()
                except Exception as error:
                    failure = error
                    break
                if prompt is END:
                    break
                after = trio.Event()
                nursery.start_soon(ask, index, prompt, turn, after)
                index, turn = index + 1, after
    if failure is not None:
        raise failure


async def _outcome(run: Run, prompt: object, how: How, index: int) -> Outcome:
    async def ask() -> Reply:
        return await run(build_query(cast("Prompt", prompt), stream=False, **how), ignore)

    provider = how["provider"] if "provider" in how else prompt.provider if isinstance(prompt, Query) else None
    return await outcome_of(ask(), provider, index)
