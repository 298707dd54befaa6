"""Where a key is: `api_key = {stored = "work"}`, `{cmd = ["op", "read", "…"]}` or `{keyring = "service/name"}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MissingAPIKeyError
from .dotted import Path as DottedPath
from .dotted import join
from .keyfile import no_such_key, stored_keys
from .schema import is_name
from .secret import Secret

if TYPE_CHECKING:
    from .merge import Kind

_TRUSTED: Mapping[str, frozenset[Kind]] = {
    "stored": frozenset({"user", "environment", "cli"}),
    "keyring": frozenset({"user", "environment", "cli"}),
    # A command runs: only the user's own file, or the code that uses Claif as a library, may say which.
    "cmd": frozenset({"user"}),
}
FORMS = '{stored = "NAME"}, {keyring = "SERVICE/NAME"} or {cmd = ["PROGRAM", "ARGUMENT"]}'


def key_source(table: Mapping[str, Any], path: DottedPath, home: Path, origin: Callable[[DottedPath], Any]) -> Secret:
    """A secret that is fetched from where the table says when it is first needed.

    Args:
        table: what stands in place of the key.
        path: where it stands.
        home: Claif's folder.
        origin: tells where a value came from.

    Raises:
        ValueError: it says nothing that is known, more than one thing, or comes from a place that must not say it.
    """
    if len(table) != 1 or not table.keys() <= _TRUSTED.keys():
        raise ValueError(f"must be a key, or say where it is: {FORMS}")
    ((kind, value),) = table.items()
    if origin((*path, kind)).kind not in _TRUSTED[kind]:
        raise ValueError(f"only your own file may say `{kind}`")
    name = join(path)
    if kind == "stored":
        if not is_name(value):
            raise ValueError("`stored` must be the name of a key, see `claif keys list`")
        return Secret.later(lambda _alive: _stored(home, value))
    if kind == "keyring":
        service, slash, user = value.partition("/") if isinstance(value, str) and value.isprintable() else ("", "", "")
        if not (service and slash and user):
            raise ValueError('`keyring` must be "SERVICE/NAME"')
        return Secret.later(lambda alive: _from_keyring(service, user, name, alive))
    command = _command(value)
    return Secret.later(lambda alive: _from_command(command, name, alive))


def _command(value: Any) -> tuple[str, ...]:
    words = value if isinstance(value, list | tuple) else ()
    if words and words[0] and all(isinstance(word, str) and "\0" not in word for word in words):
        return tuple(words)
    raise ValueError('`cmd` must be a list of texts, the program first: ["op", "read", "op://vault/openai/key"]')


def _stored(home: Path, name: str) -> str:
    found = stored_keys(home).get(name)
    if found is None:
        error = no_such_key(home, name)
        raise MissingAPIKeyError(error.message, hint=error.hint)
    return found.reveal()


def _from_command(command: tuple[str, ...], name: str, alive: Callable[[], None]) -> str:
    from .keycommand import run_key_command

    return run_key_command(command, name, alive)


def _from_keyring(service: str, user: str, name: str, alive: Callable[[], None]) -> str:
    from .keyring import read_keyring

    return read_keyring(service, user, name, alive)


def written_source(text: str) -> tuple[str, Any] | None:
    """Kind and value of a place that `source_text` has written; `None` of any other text."""
    from json import loads

    kind, equals, value = text.removeprefix("{").removesuffix("}").partition(" = ")
    return (kind, loads(value)) if equals and kind in _TRUSTED and text.startswith("{") else None


def source_text(table: Mapping[str, Any]) -> str:
    """How the table is written in the file, for `claif config show`."""
    from json import dumps

    ((kind, value),) = table.items()
    return f"{{{kind} = {dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)}}}"
