"""What became of a process that a test has started, or has seen."""

from __future__ import annotations

import time
from pathlib import Path

PATIENCE = 20.0
"""Seconds."""


def gone(pid: int, patience: float = PATIENCE) -> bool:
    """Whether a process ends soon; a zombie that waits for its new parent has ended."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False
