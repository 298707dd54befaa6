"""Files that Claif writes for an agent: settings and instructions, in a folder that the agent's tools cannot change."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

from claif.api import write_private

MOST = 20
"""Files of instructions that are kept, the latest ones; a warm process may read its own again."""
KEPT = 3600.0
"""Seconds for which one is kept in any case: it may be that of a query that is just beginning."""


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
    latest = time.time() - KEPT
    for old in sorted(folder.glob("system-*.md"), key=_changed, reverse=True)[MOST:]:
        if _changed(old) < latest:
            with suppress(OSError):
                old.unlink()
    return path


def _changed(path: Path) -> float:
    """When a file was last asked for, in seconds of the system's clock."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
