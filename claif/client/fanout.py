"""Fan-out: one question to several providers at the same time, or to one of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import trio
from attrs import evolve

from ..errors import AllFailedError, ConfigurationError, InvalidQueryError
from ..models.build import How, Prompt, build_query
from ..pipeline.failures import unwrapped
from .outcome import Outcome, outcome_of
from .stream import ignore

if TYPE_CHECKING:
    from ..models import Event, Query, Reply
    from ..pipeline.types import Emit
    from ..routing.members import Member

Run = Callable[["Query", "Emit"], Awaitable["Reply"]]
"""Asks one provider; `Client.run` is one."""

Item = tuple[str, "Event | Outcome"]
"""Whose it is, and what: an event of its answer or, at last, what became of it."""


def queries_for(prompt: Prompt, providers: Sequence[str], how: How, *, stream: bool) -> list[Query]:
    """The question as each provider gets it.

    Args:
        prompt: what is asked.
        providers: the names to ask.
        how: how it is asked.
        stream: whether the answers should come piece by piece.

    Raises:
        TypeError: `how` names a provider too.
        InvalidQueryError: nobody could answer it.
    """
    if "provider" in how:
        raise TypeError("several providers are asked: give `providers`, not `provider`")
    query = build_query(prompt, stream=stream, **how)
    query.check()
    return [evolve(query, provider=name) for name in providers]


def names_of(given: Iterable[str] | None, members: Callable[[], Iterable[Member]]) -> list[str]:
    """Who is asked: those that were given, or else all that are ready and no agents.

    Args:
        given: the names that were given.
        members: tells the providers that can be asked.

    Raises:
        InvalidQueryError: a name was given twice, or no name.
        ConfigurationError: nobody is ready.
    """
    if given is None:
        found = [member.name for member in members() if _is_ready(member) and "agent" not in member.capabilities]
        if not found:
            raise ConfigurationError("No provider is ready.", hint="See what they lack with `claif providers status`.")
        return found
    names = [given] if isinstance(given, str) else list(given)
    if not names:
        raise InvalidQueryError("No provider is given to ask.", hint="Name those to ask, or give none at all.")
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise InvalidQueryError(
            f"The provider {twice[0]} is given twice.", hint="`gather` asks one provider several times."
        )
    return names


def choices_of(given: Iterable[str] | None, members: Callable[[], Iterable[Member]]) -> list[str]:
    """Among whom one is chosen: of those that were given, those that are not known to lack something, if any."""
    names = names_of(given, members)
    if given is None:
        return names
    lacking = {member.name for member in members() if not _is_ready(member)}
    return [name for name in names if name not in lacking] or names


def _is_ready(member: Member) -> bool:
    return member.status.state == "ready"


async def ask_all(run: Run, queries: Sequence[Query], emit: Callable[[Item], Awaitable[None]]) -> list[Outcome]:
    """Ask all at once, and wait for all; failures are values.

    Args:
        run: asks one.
        queries: the question, with each one's name.
        emit: awaited for each event with whose it is, and for what became of each.

    Raises:
        ClientClosedError: the client was closed.
    """
    outcomes: dict[int, Outcome] = {}

    async def ask(index: int, query: Query) -> None:
        name = query.provider or ""

        async def send(event: Event) -> None:
            await emit((name, event))

        outcome = outcomes[index] = await outcome_of(run(query, send), name, index)
        await emit((name, outcome))

    with unwrapped():
        async with trio.open_nursery() as nursery:
            for index, query in enumerate(queries):
                nursery.start_soon(ask, index, query)
    return [outcomes[index] for index in range(len(queries))]


async def race(run: Run, queries: Sequence[Query]) -> Reply:
    """Ask all at once; the first complete answer wins, and the others are cancelled.

    Args:
        run: asks one.
        queries: the question, with each one's name.

    Raises:
        AllFailedError: none answered.
        ClientClosedError: the client was closed.
    """
    replies: list[Reply] = []
    failures: dict[int, tuple[str, Exception]] = {}

    async def ask(index: int, query: Query, cancel: Callable[[], None]) -> None:
        outcome = await outcome_of(run(query, ignore), query.provider, index)
        if outcome.reply is not None:
            replies.append(outcome.reply)
            cancel()
        elif outcome.error is not None:
            failures[index] = query.provider or "", outcome.error

    with unwrapped():
        async with trio.open_nursery() as nursery:
            for index, query in enumerate(queries):
                nursery.start_soon(partial(ask, index, query, nursery.cancel_scope.cancel))
    if replies:
        return replies[0]
    errors = dict([failures[index] for index in sorted(failures)])
    told = "; ".join([f"{name}: {error}" for name, error in errors.items()])
    raise AllFailedError(f"No provider of {len(errors)} answered: {told}", errors=errors)
