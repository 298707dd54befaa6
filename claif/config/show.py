"""Showing: the configuration for people and programs, secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from .dotted import split
from .places import is_secret
from .references import Unresolved
from .secret import MASK, Secret

if TYPE_CHECKING:
    from .config import Config
    from .dotted import Path
    from .merge import Origin


@frozen
class Shown:
    """A setting as it may be shown: its dotted name, its value or what stands for it, and where that came from."""

    name: str
    value: Any
    origin: Origin

    @property
    def text(self) -> str:
        """The value for people."""
        return as_text(self.value)

    def to_dict(self) -> dict[str, Any]:
        """The value and its origin as JSON data."""
        return {"value": self.value, "origin": self.origin.kind, "where": self.origin.where}


def show(config: Config) -> list[Shown]:
    """Every setting."""
    return [Shown(name, displayed(config, split(name), value), origin) for name, value, origin in config.flat()]


def show_one(config: Config, name: str) -> Any:
    """One value, or a table as a mapping, as it may be shown.

    Raises:
        InvalidConfigError: there is no such setting.
    """
    path = split(name)
    return displayed(config, path, config.look(path))


def displayed(config: Config, path: Path, value: Any) -> Any:
    """The value as it may be shown, as JSON data: a secret masked, a reference as it is written in the user's file."""
    if isinstance(value, Mapping):
        return {key: displayed(config, (*path, key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [displayed(config, path, item) for item in value]
    if isinstance(value, Unresolved):
        return f"{value.text} (not set)"
    if written := config.written(path):
        return written
    return MASK if isinstance(value, Secret) or (is_secret(path) and value is not None) else value


def nested(rows: list[Shown]) -> dict[str, Any]:
    """The settings as tables in tables, as in the file."""
    tables: dict[str, Any] = {}
    for row in rows:
        *above, key = split(row.name)
        table = tables
        for part in above:
            table = table.setdefault(part, {})
        table[key] = row.value
    return tables


def as_text(value: Any) -> str:
    """A value for people: texts as they are, lists with commas, everything else as in the file."""
    if isinstance(value, list):
        return ", ".join([as_text(item) for item in value])
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None or value == {} else str(value)
