"""Parts of JSON that somebody else has written: the kind of value that is wanted, or a blank one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def table(value: object) -> Mapping[str, Any]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def rows(value: object) -> list[Any]:
    """A list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def tables(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list."""
    return [item for item in rows(value) if isinstance(item, Mapping)]


def text(value: object) -> str:
    """A string; an empty one for anything else."""
    return value if isinstance(value, str) else ""


def number(value: object) -> int | None:
    """A whole number from 0 on; `None` for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
