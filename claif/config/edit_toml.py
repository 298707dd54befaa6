"""Changing single values in a TOML text: everything else in it, comments too, stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from ..errors import ConfigurationError, InvalidConfigError
from .check import invalid
from .dotted import Path, join, nearest
from .limits import MAX_FILE_BYTES
from .merge import look
from .places import is_key
from .secret import Secret
from .toml import parse_toml


def with_value(text: str, path: Path, value: Any) -> str:
    """The TOML text with a value at a path; all other lines stay as they are.

    Raises:
        InvalidConfigError: the text is not TOML, or a value stands where a table must be.
    """
    import tomlkit

    plain = _plain(value)
    expected = parse_toml(text, "The file")
    if is_key(path) and isinstance(look(expected, path), dict):
        text = without_value(text, path, FilePath("The file"))
    _put(expected, path, plain)
    document: Any = tomlkit.parse(text)
    table = document
    for depth, part in enumerate(path[:-1]):
        if part not in table:
            table[part] = tomlkit.table(is_super_table=depth < len(path) - 2)
        table = table[part]
    if isinstance(plain, dict):
        inline = tomlkit.inline_table()
        inline.update(plain)
        plain = inline
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
            raise not_there(path[: depth + 1], parent, file)
        if depth < len(path) - 1:
            parent, table = parent[part], table[part]
    del parent[path[-1]]
    del table[path[-1]]
    new = _verified(tomlkit.dumps(document), expected, _without_emptied(expected, path[:-1]))
    tidy = _with_comment_below(text, new)
    return tidy if tidy != new and parse_toml(tidy, "The new file") == parse_toml(new, "The new file") else new


def _with_comment_below(old: str, new: str) -> str:
    """The new text with the comment that stood at the end of what was removed: it belongs to what comes next."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    start = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(after))
    end = start + len(before) - len(after)
    comment = end
    while comment > start and (not (line := before[comment - 1].strip()) or line.startswith("#")):
        comment -= 1
    if before[:start] + before[end:] != after:
        return new
    if comment < end and not before[comment].strip() and not "".join(before[:start][-1:]).strip():
        comment += 1  # one blank line is enough
    return "".join([*before[:start], *before[comment:end], *before[end:]])


def _put(table: dict[str, Any], path: Path, value: Any) -> None:
    for depth, part in enumerate(path[:-1]):
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise invalid([f"{join(path[: depth + 1])}: is a value, not a table"])
    if isinstance(table.get(path[-1]), dict) and not is_key(path):
        raise invalid([f"{join(path)}: is a table; set its keys one by one"])
    table[path[-1]] = value


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        value = value.reveal()
    if isinstance(value, str) and not _is_unicode(value):
        raise InvalidConfigError("The value is not valid Unicode.", hint="Nothing was written.")
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
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


def not_there(path: Path, near: Any, file: FilePath) -> InvalidConfigError:
    """The error for what is not in the file; `near` is the table in which it would be."""
    known = near if isinstance(near, Mapping) else {}
    return InvalidConfigError(
        f"{join(path)} is not in {file}{nearest(path[-1], known)}.",
        problems=(f"{join(path)}: is not in {file}",),
        hint="See what is set, and where, with `claif config show --origin`.",
    )
