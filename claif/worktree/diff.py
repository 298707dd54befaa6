"""Diffs: a pure reading of what git writes, and what makes a text of one that has files in no known encoding."""

from __future__ import annotations

import re
from io import BytesIO

from ..models import FileChange

_BEGIN = "diff --git "
_HUNK = "\n@@ -"
_ESCAPE = re.compile(rb'\\([abtnvfr"\\]|[0-7]{3})')
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_KINDS = {"new file mode ": "add", "deleted file mode ": "delete", "rename to ": "move"}


def sections(diff: bytes) -> list[bytes]:
    """The parts of a diff, one for each file; together they are the diff.

    Lines of a file begin with a blank, a sign or a backslash, and so none is taken for the beginning of a part.
    """
    found: list[list[bytes]] = []
    for line in BytesIO(diff):
        if line.startswith(_BEGIN.encode()) or not found:
            found.append([])
        found[-1].append(line)
    return [b"".join(lines) for lines in found]


def heads(diff: bytes) -> list[bytes]:
    """The first lines of the parts of a diff, which say of what files they are."""
    return [part.partition(b"\n")[0] for part in sections(diff)]


def with_binaries(texts: bytes, binaries: bytes) -> str:
    """A diff as a text: of files that are no UTF-8 it has the binary part.

    Args:
        texts: the diff.
        binaries: the same one, with all files taken for binary; its parts are of the same files.
    """
    found = []
    for text, binary in zip(sections(texts), sections(binaries), strict=True):
        try:
            found.append(text.decode())
        except UnicodeDecodeError:
            found.append(binary.decode())
    return "".join(found)


def file_changes(diff: str) -> list[FileChange]:
    """The changes of files in a diff; each has its part of it, as far as that tells of lines."""
    found = []
    for part in _parts(diff):
        kind, names = _header(part)
        path = names[-1].encode(errors="surrogateescape").decode(errors="replace")
        found.append(FileChange(path, kind, part if _HUNK in part else ""))
    return found


def paths_of(diff: str) -> set[str]:
    """The paths of all files that a diff is about, as the file system has them."""
    return {name for part in _parts(diff) for name in _header(part)[1]}


def _parts(diff: str) -> list[str]:
    return [part.decode() for part in sections(diff.encode("utf-8", "replace")) if part.strip()]


def _header(part: str) -> tuple[str, list[str]]:
    """The kind of a change, and the paths of its file: where it was, if that is elsewhere, and where it is."""
    first, *lines = part.split("\n")
    kind, names = "update", []
    for line in lines:
        if line.startswith(("@@", "GIT binary patch", "Binary files ")):
            break
        kind = next((word for begin, word in _KINDS.items() if line.startswith(begin)), kind)
        if line.startswith(("rename from ", "rename to ", "copy from ", "copy to ")):
            names.append(unquoted(line.split(" ", 2)[2]))
        elif line.startswith(("--- ", "+++ ")) and not names and not line.endswith("/dev/null"):
            names.append(unquoted(line[4:].removesuffix("\t"))[2:])
    return kind, names or [_twice(first.removeprefix(_BEGIN))]


def _twice(names: str) -> str:
    """The path of a file whose name stands there twice, as `a/…` and `b/…`."""
    return unquoted(names[len(names) // 2 + 1 :])[2:]


def unquoted(name: str) -> str:
    """A name as git writes it, with what it has escaped; bytes that are no UTF-8 become what `os.fsdecode` makes."""
    if not (len(name) > 1 and name.startswith('"') and name.endswith('"')):
        return name

    def one(match: re.Match[bytes]) -> bytes:
        escape = match.group(1)
        return bytes([int(escape, 8) & 0xFF]) if len(escape) > 1 else _ESCAPES.get(escape, escape)

    return _ESCAPE.sub(one, name[1:-1].encode(errors="surrogateescape")).decode(errors="surrogateescape")
