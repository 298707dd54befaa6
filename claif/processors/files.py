"""Writes code blocks to new files of one folder. A model had the idea of their names: only plain names are kept."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..models.fences import CodeBlock

MOST_FILES = 50
"""Files that are written for one message."""
MOST_BYTES = 1024 * 1024
"""Bytes of the largest file."""
MOST_OF_A_NAME = 500
"""Files whose names differ only in their number."""

_LONGEST_STEM = 48
_LONGEST_SUFFIX = 16
_NAMED = re.compile(r"(?i)\b(?:file|filename|name|path|title)[ ]?[=:][ ]?(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_LIKE_A_NAME = re.compile(r"[^\s=\"'{}]*\.[A-Za-z][A-Za-z0-9]{0,9}")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|conin\$|conout\$|com[0-9]|lpt[0-9])(?:\.|$)")
_SUFFIXES = {
    "": ".txt",
    "bash": ".sh",
    "c++": ".cpp",
    "c#": ".cs",
    "csharp": ".cs",
    "console": ".txt",
    "golang": ".go",
    "haskell": ".hs",
    "javascript": ".js",
    "jsx": ".jsx",
    "kotlin": ".kt",
    "latex": ".tex",
    "markdown": ".md",
    "objective-c": ".m",
    "perl": ".pl",
    "plaintext": ".txt",
    "powershell": ".ps1",
    "python": ".py",
    "python3": ".py",
    "ruby": ".rb",
    "rust": ".rs",
    "shell": ".sh",
    "text": ".txt",
    "typescript": ".ts",
    "yaml": ".yaml",
    "zsh": ".sh",
}


class Result(NamedTuple):
    """The names of the files that were written, and what was not, each in a sentence."""

    names: tuple[str, ...]
    problems: tuple[str, ...]


def save(directory: Path, blocks: Iterable[CodeBlock]) -> Result:
    """Write each block to a new file, which nobody else can read and nothing can run.

    Args:
        directory: where; made if there is none.
        blocks: what; blocks that were cut off are left out.
    """
    names: list[str] = []
    problems: list[str] = []
    for number, block in enumerate(blocks, 1):
        name = file_name(block, number)
        data = block.code.encode("utf-8", "replace")
        if not block.closed:
            problems.append(f"{name} was not saved: the answer ends within it.")
        elif len(data) > MOST_BYTES:
            problems.append(f"{name} was not saved: it is larger than {MOST_BYTES} bytes.")
        elif len(names) == MOST_FILES:
            problems.append(f"{name} and what follows was not saved: {MOST_FILES} files are the most for one message.")
            break
        else:
            try:
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                names.append(_write(directory, name, data))
            except OSError as error:
                problems.append(f"{name} was not saved in {directory}: {error.strerror or error}.")
                break
    return Result(tuple(names), tuple(problems))


def file_name(block: CodeBlock, number: int) -> str:
    """The name for a block: the one that its info gives it, made safe, or one that tells its number and language."""
    if named := _NAMED.search(block.info):
        wanted = next(group for group in named.groups() if group is not None)
    else:
        wanted = next((word.rpartition(":")[2] for word in block.info.split() if _LIKE_A_NAME.fullmatch(word)), "")
    return _safe(wanted) or f"block-{number}{_suffix(block.language)}"


def _suffix(language: str) -> str:
    language = language.lower()
    if language in _SUFFIXES:
        return _SUFFIXES[language]
    return f".{language}" if language.isascii() and language.isalnum() and len(language) < _LONGEST_SUFFIX else ".txt"


def _safe(wanted: str) -> str:
    """A name without folders, dots at its ends, dashes at its beginning, and whatever else could mean something."""
    last = re.split(r"[/\\]", wanted)[-1]
    plain = "".join([char if char.isalnum() or char in "._-" else "_" for char in last]).lstrip(".-_").rstrip("._")
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > _LONGEST_SUFFIX or not suffix.isascii():
        stem, dot, suffix = plain, "", ""
    name = f"{stem[:_LONGEST_STEM]}{dot}{suffix}"
    return f"_{name}" if _RESERVED.match(name) else name


def _write(directory: Path, name: str, data: bytes) -> str:
    """Write a new file.

    Returns:
        Its name: the given one, or a numbered one if there is such a file.

    Raises:
        OSError: it cannot be written; then nothing is left of it.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    stem, suffix = os.path.splitext(name)
    for number in islice(count(1), MOST_OF_A_NAME):
        free = name if number == 1 else f"{stem}-{number}{suffix}"
        try:
            descriptor = os.open(directory / free, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
        except FileExistsError:
            continue
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
        except OSError:
            (directory / free).unlink(missing_ok=True)
            raise
        return free
    raise FileExistsError(errno.EEXIST, f"there are {MOST_OF_A_NAME} files of this name")
