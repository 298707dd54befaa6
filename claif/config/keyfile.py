"""The keys file: keys by name, in a file of Claif's folder that only the user can read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError, InvalidConfigError
from ..logs import logger
from .files import folder_lock, make_private_folder, read_text, write_private
from .limits import MAX_FILE_BYTES, MAX_TEXT
from .redact import redact
from .schema import is_name
from .secret import Secret

FILE_NAME = "keys.json"


def keys_path(home: Path) -> Path:
    """Where the keys file is, or would be."""
    return home / FILE_NAME


def stored_keys(home: Path) -> dict[str, Secret]:
    """The stored keys by name; none if there is no file.

    Raises:
        InvalidConfigError: the file is not the user's alone, or nothing that Claif has written.
    """
    path = keys_path(home)
    file = read_text(path, secret=True)
    found = {} if file is None else {name: Secret(text) for name, text in _parse(file.text, path).items()}
    logger.debug("stored keys: {} in {}", len(found), path)
    return found


def _parse(text: str, path: Path) -> Mapping[str, str]:
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        raise _broken(path, "it is not JSON") from None
    if not isinstance(table, dict):
        raise _broken(path, "it is no JSON object")
    for name, value in table.items():
        if not is_name(name) or not isinstance(value, str):
            # Not even the name is shown: whoever wrote by hand may have put the key there.
            raise _broken(path, "an entry is no name with a text")
    return table


def _broken(path: Path, why: str) -> InvalidConfigError:
    return InvalidConfigError(
        f"{path} cannot be used: {why}.",
        problems=(f"{path}: {why}",),
        hint='It holds {"name": "key", …}. Correct it, or remove it and store the keys again: claif keys set NAME',
    )


def store_key(home: Path, name: str, key: Secret) -> bool:
    """Store a key, in place of the one of that name if there is one.

    Args:
        home: Claif's folder; created, for the user alone, if need be.
        name: what the key is called.
        key: the key.

    Returns:
        Whether there was one of that name.

    Raises:
        InvalidConfigError: the name or the key is not valid, or the file cannot be used as it is.
        ConfigurationError: the file cannot be written.
    """
    check_key_name(name)
    text = key.reveal()
    if not text or len(text) > MAX_TEXT or not text.isprintable() or " " in text:
        raise InvalidConfigError(
            "This is no key: a key is one word without spaces, line breaks or control characters.",
            hint="Nothing was stored. Was it copied as a whole, and alone?",
        )
    replaced = False

    def change(keys: dict[str, str]) -> None:
        nonlocal replaced
        replaced = name in keys
        keys[name] = text

    make_private_folder(home)
    _change(home, change)
    return replaced


def delete_key(home: Path, name: str) -> None:
    """Remove a stored key.

    Raises:
        InvalidConfigError: there is none of that name, or the file cannot be used as it is.
        ConfigurationError: the file cannot be written.
    """
    check_key_name(name)
    if name not in stored_keys(home):
        raise no_such_key(home, name)

    def change(keys: dict[str, str]) -> None:
        keys.pop(name, None)

    _change(home, change)


def _change(home: Path, change: Callable[[dict[str, str]], None]) -> None:
    path = keys_path(home)
    with folder_lock(home):
        file = read_text(path, secret=True)
        keys = dict(_parse(file.text, path)) if file else {}
        change(keys)
        text = json.dumps(keys, indent=2, sort_keys=True) + "\n"
        if len(text) > MAX_FILE_BYTES:
            raise ConfigurationError(f"{path} would be too large.", hint="Delete keys that you no longer need.")
        write_private(path, text)


def check_key_name(name: Any) -> None:
    """Refuse what is no name.

    Raises:
        InvalidConfigError: it is none.
    """
    if not is_name(name) or redact(name) != name:
        # The name is not repeated: it could be the key, given in the wrong place.
        raise InvalidConfigError(
            "This is no name of a key: letters, digits, '_', '.', '-', at most 64 characters.",
            hint="Name it like the provider: claif keys set openai. The key itself is asked for, or read from stdin.",
        )


def no_such_key(home: Path, name: str) -> InvalidConfigError:
    """The error for a name under which no key is stored."""
    from .dotted import nearest

    return InvalidConfigError(
        f"No key {name} is stored{nearest(name, stored_keys(home)) or '.'}",
        problems=(f"{keys_path(home)}: no key {name}",),
        hint=f"Store it with claif keys set {name}; claif keys list shows those that are.",
    )
