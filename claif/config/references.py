"""References: `${NAME}` in the user's file stands for an environment variable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ..errors import InvalidConfigError, MissingAPIKeyError
from .dotted import Path, join
from .merge import walk
from .places import is_address, is_secret

_REFERENCE = re.compile(r"\$\{([^}]*)(\}?)")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


@frozen
class Unresolved:
    """A value that refers to environment variables which are not set; it is false, and an error when it is used."""

    path: Path
    text: str
    missing: tuple[str, ...]
    where: str

    def __bool__(self) -> bool:
        return False

    def error(self) -> MissingAPIKeyError | InvalidConfigError:
        """What to raise when the value is needed."""
        names = ", ".join(self.missing)
        key = join(self.path)
        message = f"The environment variable {names} is not set; {key} in {self.where} refers to it."
        hint = f"Set it: export {self.missing[0]}=…"
        if is_secret(self.path):
            if self.path[0] == "providers":
                hint += f"; or store the key with `claif keys set {self.path[1]}` and remove {key} from the file."
            return MissingAPIKeyError(message, hint=hint)
        return InvalidConfigError(message, problems=(f"{key}: {names} is not set",), hint=hint)


def check_references(table: Mapping[str, Any]) -> list[str]:
    """The problems with the references in a table, as `path: what`: places where none may stand, and misspelt ones."""
    problems = []
    for path, value in walk(table):
        for name, closed in _references(value):
            if is_address(path[2:] if path[0] == "providers" else path):
                problems.append(f"{join(path)}: ${{…}} may not stand in an address, a path, a command or a header")
            elif not (closed and _VARIABLE.fullmatch(name)):
                problems.append(
                    f"{join(path)}: ${{…}} must name an environment variable in capitals: ${{OPENAI_API_KEY}}"
                )
    return problems


def expand(table: Mapping[str, Any], environ: Mapping[str, str], where: str) -> tuple[dict[str, Any], dict[Path, str]]:
    """Put the variables' values in place of the references; what comes out of a variable is not looked at again.

    Args:
        table: a table without problems in the sense of `check_references`.
        environ: the environment.
        where: the file that the table comes from.

    Returns:
        The table, with an `Unresolved` for each value that refers to a variable that is unset or empty, and what was
        written in the file, by path, for each value that was expanded.
    """
    written: dict[Path, str] = {}

    def expanded(path: Path, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: expanded((*path, key), item) for key, item in value.items()}
        names = [name for _, item in walk(value) for name, _ in _references(item)]
        if not names:
            return value
        written[path] = value if isinstance(value, str) else repr(value)
        missing = tuple(dict.fromkeys(name for name in names if not environ.get(name)))
        return Unresolved(path, written[path], missing, where) if missing else _replace(value, environ)

    return expanded((), table), written


def _references(value: Any) -> list[tuple[str, str]]:
    return _REFERENCE.findall(value) if isinstance(value, str) else []


def _replace(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _replace(item, environ) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace(item, environ) for item in value]
    return _REFERENCE.sub(lambda match: environ[match.group(1)], value) if isinstance(value, str) else value
