"""The tables `[processors.NAME]`: the settings of single processors, which check them themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .merge import leaves
from .places import is_address
from .schema import is_name

if TYPE_CHECKING:
    from .check import Problems
    from .dotted import Path
    from .merge import Origin

_SECTION = "processors"
_USERS = frozenset({"user", "cli"})


def processor_tables(
    table: Any, problems: Problems, origin: Callable[[Path], Origin]
) -> tuple[Any, Mapping[str, Mapping[str, Any]]]:
    """Take the table `[processors]` apart.

    Args:
        table: what is configured.
        problems: collects what is wrong with the tables in it.
        origin: tells where a value came from.

    Returns:
        The keys of `[processors]` itself, and the tables `[processors.NAME]`.
    """
    if not isinstance(table, Mapping):
        return table, {}
    tables = {name: settings for name, settings in table.items() if isinstance(settings, Mapping)}
    for name, settings in tables.items():
        if not is_name(name):
            problems.add((_SECTION, name), "is no name of a processor")
        for key, _ in leaves(settings):
            path = (_SECTION, name, *key)
            if is_address(key) and origin(path).kind not in _USERS:
                problems.add(path, "only your own file may say where something is")
    own = {key: value for key, value in table.items() if key not in tables}
    return own, MappingProxyType({name: MappingProxyType(dict(settings)) for name, settings in tables.items()})
