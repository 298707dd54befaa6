"""Editing: changes single values in the user's file and leaves everything else in it, comments too, as it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Any

from ..errors import ConfigurationError, InvalidConfigError
from .check import invalid
from .dotted import Path, join, nearest, split
from .files import TextFile, folder_lock, make_private_folder, read_text, write_private
from .limits import MAX_DEPTH, MAX_FILE_BYTES
from .loader import ConfigLoader
from .merge import Origin
from .secret import Secret
from .toml import parse_toml
from .types import declared_type, from_text
from .userfile import user_layer


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
    return int(text) if kind is float and text.strip().isdecimal() else value


def set_value(file: FilePath, name: str, value: Any) -> None:
    """Set a value in the user's file, which is created if need be, after the whole new file was checked.

    Args:
        file: the file; the new one has mode 0600, in a folder of mode 0700.
        name: the setting's dotted name.
        value: a text, number, truth value, secret, or a list of such.

    Raises:
        InvalidConfigError: the file would have a problem that it does not have now.
        ConfigurationError: it cannot be written.
    """
    path = split(name)
    if len(path) > MAX_DEPTH:
        raise invalid([f"{join(path[:3])}…: deeper than {MAX_DEPTH} levels"])
    make_private_folder(file.parent)
    _change(file, lambda text: with_value(text, path, value))


def unset_value(file: FilePath, name: str) -> None:
    """Remove a value, or a table with all that is in it, from the user's file.

    Raises:
        InvalidConfigError: it is not in the file.
        ConfigurationError: the file cannot be written.
    """
    path = split(name)
    if not file.exists():
        raise _not_there(path, {}, file)
    _change(file, lambda text: without_value(text, path, file))


def replace_text(file: FilePath, old: str | None, new: str) -> None:
    """Put a whole text in the place of the user's file, which is created if need be, after it was checked.

    Args:
        file: the file.
        old: the text that it is believed to have; `None` if there is no file.
        new: the text that it shall have.

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
        _check(file, old or "", new)
        write_private(file, new)


def _change(file: FilePath, change: Callable[[str], str]) -> None:
    with folder_lock(file.parent):
        found = read_text(file, private=True)
        old = found.text if found else ""
        new = change(old)
        _check(file, old, new)
        write_private(file, new)


def _check(file: FilePath, old: str, new: str) -> None:
    # A file with two mistakes must be mendable one by one: only what is newly wrong counts.
    before = _problems(file, old)
    if added := [problem for problem in _problems(file, new) if problem not in before]:
        raise invalid(added, hint="Nothing was written.")


def _problems(file: FilePath, text: str) -> tuple[str, ...]:
    try:
        layer = user_layer(TextFile(file, text, 0o600), os.environ)
        ConfigLoader(home=file.parent, user=layer, user_origin=Origin("user", str(file))).build()
    except InvalidConfigError as error:
        return error.problems
    return ()


def with_value(text: str, path: Path, value: Any) -> str:
    """The TOML text with a value at a path; all other lines stay as they are.

    Raises:
        InvalidConfigError: the text is not TOML, or a value stands where a table must be.
    """
    import tomlkit

    plain = _plain(value)
    expected = parse_toml(text, "The file")
    _put(expected, path, plain)
    document: Any = tomlkit.parse(text)
    table = document
    for depth, part in enumerate(path[:-1]):
        if part not in table:
            table[part] = tomlkit.table(is_super_table=depth < len(path) - 2)
        table = table[part]
    table[path[-1]] = plain
    new = _verified(tomlkit.dumps(document), expected)
    tidy = _below_its_neighbours(text, new)
    return tidy if tidy != new and parse_toml(tidy, "The new file") == expected else new


def _below_its_neighbours(old: str, new: str) -> str:
    """The new text with an added line moved above the comment that belongs to the next table."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    place = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    if place == len(after) or after[:place] + after[place + 1 :] != before:
        return new
    comment = place
    while comment > 0 and before[comment - 1].lstrip().startswith("#"):
        comment -= 1
    blank = comment
    while blank > 0 and not before[blank - 1].strip():
        blank -= 1
    if blank in {0, comment}:
        return new
    return "".join([*before[:blank], after[place], *before[blank:]])


def without_value(text: str, path: Path, file: FilePath) -> str:
    """The TOML text without the value or table at a path; all other lines stay as they are.

    Raises:
        InvalidConfigError: the text is not TOML, or has nothing there.
    """
    import tomlkit

    expected = parse_toml(text, str(file))
    parent: Any = expected
    table: Any = tomlkit.parse(text)
    document = table
    for depth, part in enumerate(path):
        if not isinstance(parent, Mapping) or part not in parent:
            raise _not_there(path[: depth + 1], parent, file)
        if depth < len(path) - 1:
            parent, table = parent[part], table[part]
    del parent[path[-1]]
    del table[path[-1]]
    return _verified(tomlkit.dumps(document), expected, _without_emptied(expected, path[:-1]))


def _put(table: dict[str, Any], path: Path, value: Any) -> None:
    for depth, part in enumerate(path[:-1]):
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise invalid([f"{join(path[: depth + 1])}: is a value, not a table"])
    if isinstance(table.get(path[-1]), dict):
        raise invalid([f"{join(path)}: is a table; set its keys one by one"])
    table[path[-1]] = value


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        value = value.reveal()
    if isinstance(value, str) and not _is_unicode(value):
        raise InvalidConfigError("The value is not valid Unicode.", hint="Nothing was written.")
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _without_emptied(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The table without those on a path that have nothing in them: without a header of their own they are gone."""
    found = dict(table)
    if path:
        found[path[0]] = _without_emptied(found[path[0]], path[1:])
        if not found[path[0]]:
            del found[path[0]]
    return found


def _verified(text: str, *expected: Mapping[str, Any]) -> str:
    # The editing library has had trouble with tables that stand out of order: better no change than a wrong one.
    try:
        if len(text.encode()) <= MAX_FILE_BYTES and parse_toml(text, "The new file") in expected:
            return text
    except InvalidConfigError as error:
        raise ConfigurationError(f"The change cannot be made: {error.message}", hint="Nothing was written.") from None
    raise ConfigurationError(
        "The file would be too large, or is laid out in a way that this change cannot be made in.",
        hint="Edit it by hand; `claif config path` tells where it is.",
    )


def _not_there(path: Path, near: Any, file: FilePath) -> InvalidConfigError:
    known = near if isinstance(near, Mapping) else {}
    return InvalidConfigError(
        f"{join(path)} is not in {file}{nearest(path[-1], known)}.",
        problems=(f"{join(path)}: is not in {file}",),
        hint="See what is set, and where, with `claif config show --origin`.",
    )
