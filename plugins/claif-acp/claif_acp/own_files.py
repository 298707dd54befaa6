"""Files that Claif writes for an agent: settings and instructions, in a folder that the agent's tools cannot change."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from claif.api import write_private

MOST = 20
"""Files of instructions that are kept, the latest ones; a warm process may read its own again."""


def put(path: Path, text: str) -> Path:
    """Write a private file, unless it is as it should be.

    Raises:
        ConfigurationError: it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        if path.read_bytes() == text.encode() and not path.is_symlink():
            return path
    except OSError:
        pass
    write_private(path, text)
    return path


def put_instructions(folder: Path, text: str) -> Path:
    """The file with these instructions: one for each text.

    Raises:
        ConfigurationError: it cannot be written.
    """
    path = put(folder / f"system-{hashlib.sha256(text.encode()).hexdigest()[:32]}.md", text)
    with suppress(OSError):
        os.utime(path)
    for old in sorted(folder.glob("system-*.md"), key=_age, reverse=True)[MOST:]:
        with suppress(OSError):
            old.unlink()
    return path


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
