"""Checking: makes typed objects of tables, or names everything that is wrong with them.

Whatever is right is made without cattrs, which takes longer to import than a query takes to prepare. Only when a table
does not fit does cattrs look at it, and either understands a type that is not known here or says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from attrs import NOTHING, Attribute, AttrsInstance, fields

from ..errors import InvalidConfigError
from .dotted import Path, join, nearest
from .types import MisfitError, field_types, fit

T = TypeVar("T", bound=AttrsInstance)

_SHOWN = 12
"""Problems that are told in a message; all are in `InvalidConfigError.problems`."""
_ADVISED = 100
"""Problems for which a nearest name is looked for, which takes as long as everything else together."""


def invalid(problems: Iterable[str], *, hint: str | None = None) -> InvalidConfigError:
    """One error for all problems, each `path: what is wrong`."""
    found = tuple(dict.fromkeys(problems))
    shown = "; ".join(found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    count = "a problem" if len(found) == 1 else f"{len(found)} problems"
    return InvalidConfigError(f"The configuration has {count}: {shown}{more}.", problems=found, hint=hint)


class Problems:
    """Collects what is wrong, each with where the value came from."""

    def __init__(self, origin: Callable[[Path], object]) -> None:
        self.found: list[str] = []
        self._origin = origin

    def add(self, path: Path, what: str, within: str = "") -> None:
        """Note that something is wrong at a path, or within the value there."""
        self.found.append(f"{join(path)}{within}: {what} [{self._origin(path)}]")

    def unknown(self, path: Path, known: Iterable[str]) -> None:
        """Note that a key is unknown."""
        advice = nearest(path[-1], known) if len(self.found) < _ADVISED else ""
        self.add(path, f"there is no such setting{advice}")

    def raise_if_any(self) -> None:
        """Raise all that was noted, at once.

        Raises:
            InvalidConfigError: something was noted.
        """
        if self.found:
            raise invalid(self.found)


def make(cls: type[T], table: object, path: Path, problems: Problems, *, lenient: bool = False) -> T | None:
    """Make an object of an attrs class from a table.

    Args:
        cls: the class.
        table: its values.
        path: where the table is.
        problems: collects what is wrong.
        lenient: pass over keys that the class does not have.

    Returns:
        The object, or `None` if anything is wrong.
    """
    if not isinstance(table, Mapping):
        problems.add(path, "must be a table")
        return None
    kinds = field_types(cls)
    if lenient:
        table = {key: value for key, value in table.items() if key in kinds}
    if not table.keys() <= kinds.keys():
        return _explain(cls, table, path, problems)
    try:
        return cls(**{_argument(cls, key): fit(value, kinds[key]) for key, value in table.items()})
    except (MisfitError, TypeError, ValueError):
        return _explain(cls, table, path, problems)


def _argument(cls: type, key: str) -> str:
    # A setting cannot begin with an underscore, so that the argument is the field's name, unless it has an alias.
    alias: str = getattr(fields(cls), key).alias
    return alias


def _explain(cls: type[T], table: Mapping[str, Any], path: Path, problems: Problems) -> T | None:
    from .explain import field_problems

    before = len(problems.found)
    kinds = field_types(cls)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in kinds:
            problems.unknown((*path, key), kinds)
            continue
        attribute: Attribute[Any] = getattr(fields(cls), key)
        structured, wrong = field_problems(value, kinds[key], attribute)
        values[_argument(cls, key)] = structured
        for within, what in wrong:
            problems.add((*path, key), what, within)
    for attribute in fields(cls):
        if attribute.init and attribute.default is NOTHING and attribute.name not in table:
            problems.add((*path, attribute.name), "is missing")
    if len(problems.found) > before:
        return None
    try:
        return cls(**values)
    except (TypeError, ValueError) as error:
        problems.add(path, str(error) or type(error).__name__)
        return None
