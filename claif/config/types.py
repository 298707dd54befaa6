"""Types: what the schema declares, values that fit it, and texts converted to it."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from attrs import fields

from .schema import COSTS, FIXED, ROUTING, SECTIONS, ProviderSettings
from .secret import Secret

if typing.TYPE_CHECKING:
    from .dotted import Path

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_LISTS = (tuple, list, Sequence)
_TABLES = (Mapping, dict)


class MisfitError(Exception):
    """A value is not of the declared type, or the type is not one of the simple ones known here."""


@cache
def field_types(cls: type) -> Mapping[str, Any]:
    """The declared type of each field of an attrs class."""
    hints = typing.get_type_hints(cls)
    return {attribute.name: hints[attribute.name] for attribute in fields(cls) if attribute.init}


def declared_type(path: Path) -> Any:
    """What the schema declares at a path; `None` where it declares nothing (a provider's own settings)."""
    table, *keys = path
    if table == "providers":
        cls: type | None = ProviderSettings
        keys = keys[1:]
    elif table in ROUTING:
        from .route_schema import class_of

        cls, keys = class_of(table), keys if table in FIXED else keys[1:]
    elif table in COSTS:
        from . import cost_schema

        cls, given = cost_schema.class_of(path)
        keys = list(given)
    else:
        cls = SECTIONS.get(table)
    if cls is None or not keys:
        return None
    kind = field_types(cls).get(keys[0])
    if len(keys) == 1:
        return kind
    return None if table in {"providers", "processors"} else str


def fit(value: Any, kind: Any) -> Any:
    """The value as the declared type wants it, without any guess: a whole number is a float, a text is a secret.

    Raises:
        MisfitError: it does not fit, or nothing is known here about the type.
    """
    actual = value.__class__
    if kind is Any or (kind is actual and kind in {str, bool, int, float, Secret}):
        return value
    if kind is float and actual is int:
        return float(value)
    if kind is Secret and actual is str:
        return Secret(value)
    return _fit_composed(value, kind)


def _fit_composed(value: Any, kind: Any) -> Any:
    outer, inner = get_origin(kind), get_args(kind)
    if outer is UnionType or outer is typing.Union:
        return _fit_union(value, inner)
    if isinstance(value, list | tuple) and (outer is Sequence or (outer is tuple and inner[1:] == (...,))):
        return tuple([fit(item, inner[0]) for item in value])
    if outer in _TABLES and inner[0] is str and isinstance(value, Mapping):
        return {key: fit(item, inner[1]) for key, item in value.items()}
    if outer is Literal and any(value == choice and value.__class__ is choice.__class__ for choice in inner):
        return value
    raise MisfitError


def _fit_union(value: Any, kinds: Sequence[Any]) -> Any:
    for kind in kinds:
        if kind is NoneType:
            if value is None:
                return None
            continue
        try:
            return fit(value, kind)
        except MisfitError:
            continue
    raise MisfitError


def from_text(text: str, kind: Any) -> Any:
    """Convert a text, from a variable or the command line, to the declared type.

    Args:
        text: the text.
        kind: the type; `None` if unknown: then it is what TOML would take it for, or else the text itself.

    Raises:
        ValueError: it is no such thing; the message says what is expected.
    """
    choices = [choice for choice in get_args(kind) if choice is not NoneType]
    outer = get_origin(kind)
    if (outer is UnionType or outer is typing.Union) and len(choices) == 1:
        return from_text(text, choices[0])
    if kind is Secret:
        return _key(text)
    if kind in _SCALARS:
        return _SCALARS[kind](text)
    if outer in _LISTS:
        return _list(text)
    if outer in _TABLES:
        raise ValueError("is a table; set its keys one by one")
    return text if kind is not None and kind is not Any else _guess(text)


def _bool(text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("must be true or false")
    return word in _TRUE


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("must be a number") from None


_SCALARS: Mapping[Any, Any] = {str: str, bool: _bool, int: _int, float: _float}


def _list(text: str) -> list[Any]:
    if not text.lstrip().startswith("["):
        return [item for item in (item.strip() for item in text.split(",")) if item]
    value = _toml_value(text)
    if isinstance(value, list):
        return value
    raise ValueError('must be a list: a,b or ["a", "b"]')


def _key(text: str) -> Secret | dict[str, Any]:
    """A secret, or the table that says where it is: `{stored = "work"}`."""
    value = _toml_value(text) if text.lstrip().startswith("{") else None
    return value if isinstance(value, dict) else Secret(text)


def _guess(text: str) -> Any:
    value = _toml_value(text)
    return value if _is_plain(value) or (isinstance(value, list) and all(map(_is_plain, value))) else text


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value))


def _toml_value(text: str) -> Any:
    """What a text is as a TOML value; `None` if it is none."""
    import tomllib

    from .toml import refuse_bomb

    if "\n" in text:
        return None
    try:
        refuse_bomb(text)
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return None
    return table["value"] if len(table) == 1 else None
