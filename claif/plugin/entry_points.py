"""Reads `entry_points.txt` by hand: the standard library's reader costs more than the whole scan."""

from __future__ import annotations

from typing import NamedTuple

HOOKS = "claif"
PROVIDERS = "claif.providers"
COMMANDS = "claif.commands"
GROUPS = frozenset({HOOKS, PROVIDERS, COMMANDS})


class EntryPoint(NamedTuple):
    """One line of `entry_points.txt`: `value` is `package.module` or `package.module:object`."""

    group: str
    name: str
    value: str


def parse_entry_points(text: str) -> list[EntryPoint]:
    """Parse the text of an `entry_points.txt`; lines that say nothing are passed over."""
    found: list[EntryPoint] = []
    group = ""
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
            continue
        name, equals, value = line.partition("=")
        if group and equals:
            found.append(EntryPoint(group, name.strip(), value.strip()))
    return found


def reference(value: str) -> tuple[str, str]:
    """Split a value into module and object; the object is empty if the module itself is meant.

    Raises:
        ValueError: the value names no module.
    """
    plain = value.partition("[")[0]
    module, colon, attribute = (part.strip() for part in plain.partition(":"))
    names = [*module.split("."), *(attribute.split(".") if colon else ())]
    if not all(name.isidentifier() for name in names):
        raise ValueError(f"{value!r} does not name a module or an object in one")
    return module, attribute


def is_plain_name(name: str) -> bool:
    """Whether a name can be typed, configured and printed: letters, digits, `-`, `_` and `.`, first no punctuation."""
    return name.isascii() and name[:1].isalnum() and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
