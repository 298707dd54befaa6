"""The user's file: parsed, its references to environment variables replaced, its keys sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from .check import invalid
from .dotted import Path, join
from .merge import walk
from .places import is_secret
from .references import check_references, expand
from .secret import seal
from .toml import parse_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .files import TextFile


@frozen
class UserLayer:
    """What the user's file sets; `written` has the text of each value that came out of a variable, by its path."""

    table: Mapping[str, Any] = field(factory=dict, repr=False)
    written: Mapping[Path, str] = field(factory=dict, repr=False)
    notices: tuple[str, ...] = ()


def user_layer(file: TextFile, environ: Mapping[str, str]) -> UserLayer:
    """Make a layer of the user's file.

    Raises:
        InvalidConfigError: it is malformed, or has references where none may stand.
    """
    table = parse_toml(file.text, str(file.path))
    if problems := check_references(table):
        raise invalid([f"{problem} [user ({file.path})]" for problem in problems])
    notices: tuple[str, ...] = ()
    if file.readable_by_others and (key := _literal_secret(table)):
        notices = (
            f"{file.path} holds {key} in clear and others can read it (mode {file.mode:04o}): chmod 600 {file.path}",
        )
    expanded, written = expand(table, environ, str(file.path))
    return UserLayer(seal(expanded), written, notices)


def _literal_secret(table: Mapping[str, Any]) -> str | None:
    found = (
        join(path) for path, value in walk(table) if is_secret(path) and isinstance(value, str) and "${" not in value
    )
    return next(found, None)
