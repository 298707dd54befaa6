"""What is known of the cache, as data for `claif cache`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, TypeVar

import trio

from ..cache.row import Row, is_good, unseal
from ..cache.salt import salt_of
from ..cache.store import Selection
from ..client.cache_opening import make_store
from ..errors import ConfigurationError, InvalidQueryError
from ..models import Message, TextDelta
from ..plugin.manager import PluginManager
from .log import read_config
from .render.remarks import age
from .style import out_style
from .table import table
from .work import run_work

if TYPE_CHECKING:
    from ..cache.store import CacheStore, RowInfo
    from ..config import Config
    from .session import Session

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds that a store may take."""
CLOSING = 5.0
_SHOWN = 12
"""Digits of a key that are shown."""
_PREVIEW = 60
"""Characters of an answer that are shown in a list."""
_KEY = 64


@asynccontextmanager
async def _opened(state: Session) -> AsyncIterator[tuple[Config, CacheStore]]:
    config = read_config(state)
    if config.cache.store == "memory":
        raise ConfigurationError(
            "The cache in memory ends with the process that it is in.", hint="Set cache.store to sqlite."
        )
    store = make_store(config, PluginManager.for_config(config, off=state.no_plugins))
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        try:
            with trio.fail_after(PATIENCE):
                yield config, store
        finally:
            with trio.move_on_after(CLOSING, shield=True):
                await store.aclose()
            nursery.cancel_scope.cancel()


def _with_store(state: Session, act: Callable[[Config, CacheStore], Awaitable[T]]) -> T:
    async def work(_progress: object) -> T:
        async with _opened(state) as (config, store):
            return await act(config, store)

    return run_work(work)


def cache_stats(state: Session) -> dict[str, Any]:
    """How full the cache is, and how it is set.

    Raises:
        ClaifError: the store cannot be asked.
    """

    async def act(config: Config, store: CacheStore) -> dict[str, Any]:
        found, settings = await store.stats(), config.cache
        return {
            "mode": settings.mode,
            "store": settings.store,
            "place": found.place,
            "answers": found.rows,
            "size": found.size,
            "max_size": settings.bytes,
            "ttl": settings.ttl,
            "sampled": settings.sampled,
        }

    return _with_store(state, act)


def stats_lines(data: dict[str, Any]) -> list[str]:
    """The same for people."""
    size = "unknown" if data["size"] is None else f"{megabytes(data['size'])} of {megabytes(data['max_size'])}"
    rows = [
        ("mode", data["mode"]),
        ("store", f"{data['store']}, {data['place']}"),
        ("answers", "unknown" if data["answers"] is None else f"{data['answers']:,}"),
        ("size", size),
        ("kept for", data["ttl"]),
        ("sampled", "kept too" if data["sampled"] else "only where a query says --cache"),
    ]
    return [f"{out_style(f'{name:9}', bold=True)} {value}" for name, value in rows]


def kept_answers(state: Session, selection: Selection, limit: int) -> list[dict[str, Any]]:
    """What is kept, the newest first.

    Raises:
        ClaifError: the store cannot be asked.
    """

    async def act(config: Config, store: CacheStore) -> list[dict[str, Any]]:
        salt = await trio.to_thread.run_sync(_salt, config)
        found = []
        for info in await store.rows(selection, limit):
            data = await store.get(info.key)
            row = None if data is None else unseal(info.key, data, salt)
            found.append({**_described(info), "text": None if row is None else text_of(row)})
        return found

    return _with_store(state, act)


def answers_table(rows: Sequence[dict[str, Any]]) -> str:
    """The same for people."""
    now = time()
    cells = [
        (
            row["key"][:_SHOWN],
            age(max(0.0, now - row["created"])),
            row["provider"],
            row["model"],
            row["tag"] or None,
            kilobytes(row["size"]),
            "(cannot be read)" if row["text"] is None else " ".join(row["text"][: 4 * _PREVIEW].split())[:_PREVIEW],
        )
        for row in rows
    ]
    headers = ("key", "age", "provider", "model", "tag", "size", "answer")
    return table(headers, cells, style=partial(out_style, bold=True))


def kept_answer(state: Session, key: str) -> dict[str, Any]:
    """One answer, by its key or the beginning of that.

    Raises:
        ClaifError: there is none, or more than one, or the store cannot be asked.
    """

    async def act(config: Config, store: CacheStore) -> dict[str, Any]:
        from ..codec import dump

        salt = await trio.to_thread.run_sync(_salt, config)
        wanted = key if len(key) == _KEY else await _only(store, key)
        data = await store.get(wanted)
        if data is None:
            raise _none(key)
        row = unseal(wanted, data, salt)
        if row is None:
            raise InvalidQueryError(
                f"What is kept under {wanted[:_SHOWN]} cannot be read.",
                hint="It is damaged, or was made with another salt: `claif cache verify` forgets it.",
            )
        labels = row.labels
        return {
            "key": wanted,
            "provider": labels.provider,
            "model": labels.model,
            "tag": labels.tag,
            "created": labels.created,
            "expires": labels.expires,
            "text": text_of(row),
            "events": [[at, dump(event)] for at, event in row.events],
        }

    return _with_store(state, act)


async def _only(store: CacheStore, prefix: str) -> str:
    found = await store.rows(Selection(prefix=prefix), 2)
    if not found:
        raise _none(prefix)
    if len(found) > 1:
        raise InvalidQueryError(f"More than one key begins with {prefix[:_SHOWN]}.", hint="Give more of it.")
    return found[0].key


def _none(key: str) -> InvalidQueryError:
    return InvalidQueryError(f"Nothing is kept under {key[:_KEY]!r}.", hint="See what is with `claif cache list`.")


def forget(state: Session, selection: Selection) -> int:
    """Forget what is meant; how many these were."""
    return _with_store(state, lambda _config, store: store.clear(selection))


def place(state: Session) -> str:
    """Where the cache is."""

    async def act(_config: Config, store: CacheStore) -> str:
        return (await store.stats()).place

    return _with_store(state, act)


def verified(state: Session) -> tuple[int, int]:
    """How many answers are good, and how many were damaged and are forgotten now."""

    async def act(config: Config, store: CacheStore) -> tuple[int, int]:
        salt = await trio.to_thread.run_sync(_salt, config)
        return await store.verify(lambda key, row: is_good(key, row, salt))

    return _with_store(state, act)


def text_of(row: Row) -> str:
    """The text of an answer."""
    deltas = "".join([event.text for _, event in row.events if isinstance(event, TextDelta)])
    return deltas or "\n\n".join([event.text for _, event in row.events if isinstance(event, Message)])


def _described(info: RowInfo) -> dict[str, Any]:
    labels = info.labels
    return {
        "key": info.key,
        "provider": labels.provider,
        "model": labels.model,
        "tag": labels.tag,
        "created": labels.created,
        "expires": labels.expires,
        "size": info.size,
    }


def _salt(config: Config) -> bytes:
    return salt_of(Path(config.home), config.cache.salt)


def megabytes(count: int) -> str:
    """A number of bytes for people, with a decimal."""
    return f"{count / 1e6:.1f} MB"


def kilobytes(count: int) -> str:
    """A small number of bytes for people."""
    return f"{count / 1000:.1f} kB"
