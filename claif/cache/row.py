"""Rows: an answer as bytes that nobody can change, forge or mistake without its being noticed.

A row is a line with an HMAC, and a line of JSON that it is of. Rows are not trusted: one that was damaged, cut short,
written by somebody without the salt, moved under another key, or made by a later version is no row.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any

from attrs import fields, frozen

from .._json import loads
from ..errors import ClaifError
from ..models import Event, Finished, Notice, Started, TextDelta, ThinkingDelta, Usage, UsageReport
from .store import Labels

VERSION = 1
_MAC = 64
_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode
_SIMPLE: dict[str, Any] = {
    "started": Started,
    "thinking_delta": ThinkingDelta,
    "finished": Finished,
    "notice": Notice,
}
_TAGS = {cls: tag for tag, cls in _SIMPLE.items()}


@frozen
class Row:
    """An answer that was kept.

    Args:
        key: its key.
        labels: what it is found by.
        events: its events, and when each came, in seconds since the first.
        data: what is kept in place of events, such as an embedding; JSON data.
    """

    key: str
    labels: Labels
    events: tuple[tuple[float, Event], ...] = ()
    data: Any = None


def seal(row: Row, salt: bytes) -> bytes:
    """The row as bytes.

    Raises:
        ClaifError, TypeError, ValueError: an event has something that is no JSON data.
    """
    labels = row.labels
    head = [labels.provider, labels.model, labels.tag, labels.created, labels.expires]
    data = {"v": VERSION, "key": row.key, "labels": head, "events": [[round(at, 4), _dump(e)] for at, e in row.events]}
    if row.data is not None:
        data["data"] = row.data
    text = _encode(data).encode()
    return digest(salt, text, sha256).hex().encode() + b"\n" + text


def is_good(key: str, data: bytes, salt: bytes) -> bool:
    """Whether bytes are a row of this key, as far as can be told without its events."""
    return _opened(key, data, salt) is not None


def unseal(key: str, data: bytes, salt: bytes) -> Row | None:
    """The row that `seal` made; `None` if it is none, or not the one of this key."""
    table = _opened(key, data, salt)
    if table is None:
        return None
    try:
        provider, model, tag, created, expires = table["labels"]
        labels = Labels(provider, model, tag, created, expires)
        events = tuple([(at, _load(event)) for at, event in table["events"]])
    except (ClaifError, TypeError, ValueError, KeyError):
        return None
    return Row(key, labels, events, table.get("data"))


def _opened(key: str, data: bytes, salt: bytes) -> Any:
    text = data[_MAC + 1 :]
    if data[_MAC : _MAC + 1] != b"\n" or not compare_digest(digest(salt, text, sha256).hex().encode(), data[:_MAC]):
        return None
    try:
        table = loads(text)
    except ClaifError:
        return None
    if not isinstance(table, dict) or table.get("v") != VERSION or table.get("key") != key:
        return None
    return table


def _dump(event: Event) -> Any:
    if event.__class__ is TextDelta:
        return event.text
    if (tag := _TAGS.get(event.__class__)) is not None:
        return {"type": tag, **_values(event)}
    if isinstance(event, UsageReport):
        return {"type": "usage", "usage": _values(event.usage)}
    from ..codec import dump

    return dump(event)


def _values(value: Any) -> dict[str, Any]:
    """The fields of an object that has nothing but JSON data in them."""
    return {name: getattr(value, name) for name in _names(value.__class__)}


@cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple([attribute.name for attribute in fields(cls)])


def _load(data: Any) -> Event:
    if data.__class__ is str:
        return TextDelta(data)
    tag = data["type"]
    if (cls := _SIMPLE.get(tag)) is not None:
        event: Event = cls(**{name: value for name, value in data.items() if name != "type"})
        return event
    if tag == "usage":
        return UsageReport(Usage(**data["usage"]))
    from ..codec import load

    loaded: Event = load(data, Event)  # type: ignore[arg-type] # a union
    return loaded
