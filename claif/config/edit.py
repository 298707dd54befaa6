"""Editing: changes single values in the user's file and leaves everything else in it, comments too, as it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, get_args

from ..errors import ConfigurationError, InvalidConfigError
from .check import invalid
from .dotted import join, split
from .edit_toml import not_there, with_value, without_value
from .files import TextFile, folder_lock, make_private_folder, read_text, write_private
from .limits import MAX_DEPTH
from .loader import ConfigLoader
from .merge import Origin
from .places import is_key
from .types import declared_type, from_text
from .userfile import user_layer

if TYPE_CHECKING:
    from .config import Config

Check = Callable[["Config"], Iterable[str]]
"""Tells what else is wrong with a configuration, as `path: what`."""


def _nothing(_config: Config) -> Iterable[str]:
    return ()


def value_from_text(name: str, text: str) -> Any:
    """The text as the type that the schema declares for a setting; where it declares none, as TOML would take it.

    Raises:
        InvalidConfigError: there can be no such setting, or the text is nothing for it.
    """
    path = split(name)
    kind = declared_type(path)
    try:
        value = from_text(text, kind)
    except ValueError as error:
        raise invalid([f"{join(path)}: {error}"]) from None
    # A whole number is written as it was given: `timeout = 30`, not `30.0`.
    return int(text) if float in {kind, *get_args(kind)} and text.strip().isdecimal() else value


def set_value(file: FilePath, name: str, value: Any, check: Check = _nothing) -> None:
    """Set a value in the user's file, which is created if need be, after the whole new file was checked.

    Args:
        file: the file; the new one has mode 0600, in a folder of mode 0700.
        name: the setting's dotted name.
        value: a text, number, truth value, secret, a list of such, or a table that says where a key is.
        check: what else must be right.

    Raises:
        InvalidConfigError: the file would have a problem that it does not have now.
        ConfigurationError: it cannot be written.
    """
    path = split(name)
    if len(path) > MAX_DEPTH:
        raise invalid([f"{join(path[:3])}…: deeper than {MAX_DEPTH} levels"])
    if is_key(path[:-1]):
        # One thing says where a key is: it takes the place of what said so before.
        path, value = path[:-1], {path[-1]: value}
    make_private_folder(file.parent)
    _change(file, lambda text: with_value(text, path, value), check)


def unset_value(file: FilePath, name: str) -> None:
    """Remove a value, or a table with all that is in it, from the user's file.

    Raises:
        InvalidConfigError: it is not in the file.
        ConfigurationError: the file cannot be written.
    """
    path = split(name)
    if not file.exists():
        raise not_there(path, {}, file)
    _change(file, lambda text: without_value(text, path, file), _nothing)


def replace_text(file: FilePath, old: str | None, new: str, check: Check = _nothing) -> None:
    """Put a whole text in the place of the user's file, which is created if need be, after it was checked.

    Args:
        file: the file.
        old: the text that it is believed to have; `None` if there is no file.
        new: the text that it shall have.
        check: what else must be right.

    Raises:
        InvalidConfigError: the file would have a problem that it does not have now.
        ConfigurationError: it has another text than `old`, or cannot be written.
    """
    make_private_folder(file.parent)
    with folder_lock(file.parent):
        found = read_text(file, private=True)
        if (found.text if found else None) != old:
            raise ConfigurationError(
                f"{file} was changed by somebody else meanwhile.", hint="Nothing was written; look at it and try again."
            )
        _refuse_new_problems(file, old or "", new, check)
        write_private(file, new)


def _change(file: FilePath, change: Callable[[str], str], check: Check) -> None:
    with folder_lock(file.parent):
        found = read_text(file, private=True)
        old = found.text if found else ""
        new = change(old)
        _refuse_new_problems(file, old, new, check)
        write_private(file, new)


def _refuse_new_problems(file: FilePath, old: str, new: str, check: Check) -> None:
    # A file with two mistakes must be mendable one by one: only what is newly wrong counts.
    before = _problems(file, old, check)
    if added := [problem for problem in _problems(file, new, check) if problem not in before]:
        raise invalid(added, hint="Nothing was written.")


def _problems(file: FilePath, text: str, check: Check) -> list[str]:
    try:
        layer = user_layer(TextFile(file, text, 0o600), os.environ)
        config = ConfigLoader(home=file.parent, user=layer, user_origin=Origin("user", str(file))).build()
    except InvalidConfigError as error:
        return list(error.problems)
    return list(check(config))
