"""Limits: how large and how deep a configuration may be, checked before anything expensive looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from .dotted import join
from .secret import Secret

MAX_FILE_BYTES = 64 * 1024
MAX_DEPTH = 16
"""Parts of a dotted name, and levels of brackets within a value."""
MAX_TEXT = 16 * 1024
"""Characters of one value."""
MAX_VALUES = 4096
"""Values in one source, tables and items of lists included."""
MAX_KEY = 256
"""Characters of one part of a dotted name."""


def find_excess(table: Any) -> str | None:
    """What is too large, too deep or of no known type in a parsed table, as `path: what`; `None` if all is well."""
    count = 0
    todo: list[tuple[tuple[str, ...], Any]] = [((), table)]
    while todo:
        path, value = todo.pop()
        count += 1
        if count > MAX_VALUES:
            return f"more than {MAX_VALUES} values"
        if path and not (isinstance(path[-1], str) and len(path[-1]) <= MAX_KEY):
            return f"a key is no text, or longer than {MAX_KEY} characters"
        if len(path) > MAX_DEPTH:
            return f"{join(path[:3])}…: nested deeper than {MAX_DEPTH} levels"
        if isinstance(value, Mapping):
            todo.extend([((*path, key), item) for key, item in value.items()])
        elif isinstance(value, list | tuple):
            todo.extend([((*path, str(index)), item) for index, item in enumerate(value)])
        elif wrong := _value_excess(value):
            return f"{join(path)}: {wrong}"
    return None


def _value_excess(value: Any) -> str | None:
    if isinstance(value, str):
        return f"longer than {MAX_TEXT} characters" if len(value) > MAX_TEXT else None
    if isinstance(value, float) and not isfinite(value):
        return "must be a finite number"
    if isinstance(value, bool | int | float | Secret):
        return None
    return f"a {type(value).__name__} cannot be configured; write it as text"
