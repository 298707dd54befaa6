"""Sources: configuration that plugins fetch, perhaps from far away, together and within bounded time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from inspect import isawaitable, iscoroutinefunction
from pathlib import Path
from typing import Any, NamedTuple

from attrs import evolve, frozen

from ..errors import ConfigurationError
from ..logs import logger
from .dotted import printable
from .limits import find_excess
from .merge import SourceTable

_MAX_REASON = 200
"""Characters of what a failing source said about itself."""


@frozen
class ConfigSource:
    """A source of configuration that a plugin brings.

    Args:
        name: what the user knows it by.
        load: returns the tables `general`, `processors` and `providers`, or some of them. It may be async (under trio);
            if it is not, it runs in a thread.
        priority: sources with larger ones win; all of them yield to the user's file.
        fatal: whether its failure must stop everything, instead of being told and passed over.
        timeout: seconds that it may take.
        cache: if not empty, the last good value is kept under this name, such as the address that it comes from, and
            is used with a notice of its age while the source fails. Such a source may not set secrets.
        refresh: seconds for which a value that was kept is used without asking again.
    """

    name: str
    load: Callable[[], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]
    priority: int = 0
    fatal: bool = False
    timeout: float = 5.0
    cache: str = ""
    refresh: float = 0.0


class SourceFailure(NamedTuple):
    """A source that gave nothing, and why."""

    name: str
    message: str


Outcome = SourceTable | SourceFailure


async def load_sources(
    sources: Iterable[ConfigSource], timeout: float | None = None, *, home: Path | None = None
) -> tuple[list[SourceTable], list[SourceFailure]]:
    """Ask all sources at the same time.

    Args:
        sources: the sources.
        timeout: seconds that none of them may exceed, whatever it asks for itself.
        home: Claif's own folder, where last good values are kept; none are when `None`.

    Returns:
        The tables, smallest priority first, and the failures of sources that are not fatal.

    Raises:
        ConfigurationError: a source that is fatal failed.
    """
    import trio

    sources = list(sources)
    outcomes: dict[int, Outcome] = {}

    async def ask(index: int, source: ConfigSource) -> None:
        if home is not None and (fresh := _still_fresh(source, home)) is not None:
            outcomes[index] = fresh
            logger.debug("configuration: {} was asked lately; what it said then is used", source.name)
            return
        limit = source.timeout if timeout is None else min(timeout, source.timeout)
        outcome: Outcome
        outcome = SourceFailure(source.name, f"it did not answer within {limit:g} s")
        began = trio.current_time()
        with trio.move_on_after(limit):
            outcome = await _ask(source)
        result = outcome.message if isinstance(outcome, SourceFailure) else "it answered"
        logger.debug("configuration: {} after {:.2f} s: {}", source.name, trio.current_time() - began, result)
        outcomes[index] = outcome if home is None or not source.cache else _or_last_good(source, outcome, home)

    async with trio.open_nursery() as nursery:
        for index, source in enumerate(sources):
            nursery.start_soon(ask, index, source)

    said = [outcomes[index] for index in range(len(sources))]  # in the order of the sources, whoever came first
    failures = [outcome for outcome in said if isinstance(outcome, SourceFailure)]
    for index, source in enumerate(sources):
        outcome = outcomes[index]
        if source.fatal and isinstance(outcome, SourceFailure):
            raise ConfigurationError(
                f"The source of configuration {source.name} failed: {outcome.message}.",
                hint="It is declared as one that must work; run without plugins with --no-plugins.",
            )
    tables = [outcome for outcome in said if isinstance(outcome, SourceTable)]
    return sorted(tables, key=lambda table: (table.priority, table.name)), failures


async def _ask(source: ConfigSource) -> Outcome:
    try:
        table = await _load(source)
    except (Exception, SystemExit) as error:
        text = printable(str(error).partition("\n")[0])[:_MAX_REASON]
        return SourceFailure(source.name, f"{type(error).__name__}: {text}" if text else type(error).__name__)
    if not isinstance(table, Mapping):
        return SourceFailure(source.name, f"it gave a {type(table).__name__} instead of tables")
    if excess := find_excess(table):
        return SourceFailure(source.name, excess)
    return SourceTable(source.name, source.priority, table)


def _still_fresh(source: ConfigSource, home: Path) -> SourceTable | None:
    """What the source said so lately that it need not be asked again."""
    if not source.cache or source.refresh <= 0:
        return None
    from .last_good import place, recall

    kept = recall(place(home, source.name, source.cache), source.name, home)
    if kept is None or not kept.dated or kept.age >= source.refresh:
        return None
    return SourceTable(source.name, source.priority, kept.table)


def _or_last_good(source: ConfigSource, outcome: SourceTable | SourceFailure, home: Path) -> Outcome:
    """Keep what the source gave if it is good, else take what was kept."""
    from .last_good import age_text, keep, objection, place, recall

    file = place(home, source.name, source.cache)
    if isinstance(outcome, SourceTable):
        problem = objection(source.name, outcome.table, home)
        if problem is None:
            try:
                keep(file, outcome.table)
            except ConfigurationError as error:
                return evolve(outcome, notice=f"What {source.name} says cannot be kept: {error.message}")
            return outcome
        outcome = SourceFailure(source.name, problem.rstrip("."))
    kept = recall(file, source.name, home)
    if kept is None:
        return outcome
    notice = (
        f"The source of configuration {source.name} gave nothing new: {outcome.message}. "
        f"What it said last is used; it is {age_text(kept.age)} old."
    )
    return SourceTable(source.name, source.priority, kept.table, notice)


async def _load(source: ConfigSource) -> Any:
    import trio

    if iscoroutinefunction(source.load):
        return await source.load()
    # A thread, because it may block; it is left behind if it takes longer than it may. In a tuple, because trio refuses
    # functions that return something to await.
    (result,) = await trio.to_thread.run_sync(lambda: (source.load(),), abandon_on_cancel=True)
    return await result if isawaitable(result) else result
