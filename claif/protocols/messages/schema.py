"""Closing a schema: structured outputs take only objects that say that they have no further properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ONE = ("items", "contains")
"""Keywords whose value is a schema. Not `not` and `if`: what is closed there would allow more, not less."""
_MANY = ("anyOf", "prefixItems")
"""Keywords whose value is a list of schemas. Not `allOf`, whose closed parts would exclude each other, nor `oneOf`."""
_NAMED = ("properties", "patternProperties", "$defs", "definitions")
"""Keywords whose value has schemas by name."""


def closed_schema(schema: Any) -> Any:
    """The schema with `additionalProperties: false` in each object that lists properties and says nothing about others.

    Whatever follows the closed schema follows the given one too.
    """
    if not isinstance(schema, Mapping):
        return schema
    closed = dict(schema)
    for name in _ONE:
        if isinstance(closed.get(name), Mapping):
            closed[name] = closed_schema(closed[name])
    for name in _MANY:
        if isinstance(closed.get(name), list | tuple):
            closed[name] = [closed_schema(part) for part in closed[name]]
    for name in _NAMED:
        if isinstance(closed.get(name), Mapping):
            closed[name] = {key: closed_schema(part) for key, part in closed[name].items()}
    if "properties" in closed and "allOf" not in closed:
        closed.setdefault("additionalProperties", False)
    return closed
