"""Changes of files: they are really made, and told as a unified diff."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

HUNK = ("oldStart", "oldLines", "newStart", "newLines")


class Change:
    """What a step will do to a file.

    Args:
        path: of the file, as the agent says it.
        content: what will be in it; `None` deletes it.

    Attributes:
        kind: `add`, `update` or `delete`.
        old: what is in it now.
        diff: the hunks of a unified diff.
    """

    def __init__(self, path: str, content: str | None) -> None:
        self.path = os.path.abspath(path)
        self.content = content
        self.old = _read(self.path)
        self.kind = "delete" if content is None else "add" if self.old is None else "update"
        self.hunks = _hunks(self.old or "", content or "")

    @property
    def diff(self) -> str:
        """The hunks as text."""
        return "".join([_text(hunk) for hunk in self.hunks])

    def make(self) -> str:
        """Do it; returns what went wrong, or nothing."""
        try:
            write(self.path, self.content)
        except OSError as error:
            return f"{error.strerror}: {self.path}"
        return ""


def write(path: str, content: str | None) -> None:
    """Write a file, with the folders above it, or delete it."""
    if content is None:
        Path(path).unlink()
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(content, encoding="utf-8")


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _hunks(old: str, new: str) -> list[dict[str, Any]]:
    from difflib import SequenceMatcher

    before, after = old.splitlines(), new.splitlines()
    hunks = []
    for group in SequenceMatcher(None, before, after).get_grouped_opcodes(3):
        lines = []
        for kind, low, high, new_low, new_high in group:
            if kind == "equal":
                lines += [f" {line}" for line in before[low:high]]
                continue
            lines += [f"-{line}" for line in before[low:high]]
            lines += [f"+{line}" for line in after[new_low:new_high]]
        old_start, old_end, new_start, new_end = group[0][1], group[-1][2], group[0][3], group[-1][4]
        numbers = (old_start + 1, old_end - old_start, new_start + 1, new_end - new_start)
        hunks.append({**dict(zip(HUNK, numbers, strict=True)), "lines": lines})
    return hunks


def _text(hunk: dict[str, Any]) -> str:
    old_start, old_lines, new_start, new_lines = (hunk[name] for name in HUNK)
    head = f"@@ -{old_start},{old_lines} +{new_start},{new_lines} @@\n"
    return head + "".join([f"{line}\n" for line in hunk["lines"]])
