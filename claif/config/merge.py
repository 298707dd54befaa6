"""Merging: lays tables over each other, later ones winning, and remembers where each value came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from .places import is_key

if TYPE_CHECKING:
    from .dotted import Path

Kind = Literal["default", "plugin", "user", "project", "environment", "cli"]


@frozen
class Origin:
    """Where a value came from: the kind of layer, and the file, variable or source."""

    kind: Kind
    where: str = ""

    def __str__(self) -> str:
        return f"{self.kind} ({self.where})" if self.where else self.kind


DEFAULT = Origin("default")


@frozen
class SourceTable:
    """What a plugin's source of configuration gave; larger priorities win over smaller ones.

    `notice` is what the user should be told about it, such as that it is old.
    """

    name: str
    priority: int
    table: Mapping[str, Any]
    notice: str = ""


class Merged:
    """Tables laid over each other.

    A table is merged with the table below it, key by key; anything else replaces what was there, and so does the table
    that says where a key is: it says one thing.
    """

    def __init__(self) -> None:
        self.table: dict[str, Any] = {}
        self.origins: dict[Path, Origin] = {}

    def lay(self, table: Mapping[str, Any], origin: Origin) -> None:
        """Lay a table over what is there."""
        self._lay(self.table, table, (), origin)

    def put(self, path: Path, value: Any, origin: Origin) -> None:
        """Lay a single value over what is there."""
        for part in reversed(path):
            value = {part: value}
        self.lay(value, origin)

    def _lay(self, below: dict[str, Any], above: Mapping[str, Any], path: Path, origin: Origin) -> None:
        for key, value in above.items():
            here = (*path, key)
            if not isinstance(value, Mapping):
                self._forget(here, below.get(key))
                below[key] = value
                self.origins[here] = origin
                continue
            kept = below.get(key)
            if not isinstance(kept, dict) or is_key(here):
                self._forget(here, kept)
                kept = below[key] = {}
            self._lay(kept, value, here, origin)
            if kept:
                self.origins.pop(here, None)
            else:
                self.origins[here] = origin

    def _forget(self, path: Path, value: Any) -> None:
        if isinstance(value, dict):
            for leaf, _ in leaves(value, path):
                self.origins.pop(leaf, None)

    def origin(self, path: Path) -> Origin:
        """Where the value at a path came from; of a table, where its first value came from."""
        if path not in self.origins and isinstance(table := look(self.table, path), Mapping):
            path = next((leaf for leaf, _ in leaves(table, path)), path)
        return self.origins.get(path, DEFAULT)


def leaves(table: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each value that is no table, and each empty table, with its path."""
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each value, items of lists included, and each empty table or list; an item's path is that of its list."""
    if isinstance(value, Mapping) and (value or not path):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list | tuple) and value:
        for item in value:
            yield from walk(item, path)
    else:
        yield path, value


def look(table: Mapping[str, Any], path: Iterable[str]) -> Any:
    """The value at a path, or `None`."""
    value: Any = table
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value
