"""Last words: what a child wrote beside its records, as far as it helps to understand its end."""

from __future__ import annotations

import re
from collections import deque

import trio

from ...config.redact import redact

RING = 64 * 1024
"""Bytes of standard error that are kept."""
SHOWN = 300
"""Characters of a line that are shown."""
_NOISE = 20
_LOOKED_AT = 40
_TELLING = re.compile(r"error|fatal|panic|denied|cannot|not found", re.IGNORECASE)


class Words:
    """Keeps the end of standard error, and lines of standard output that were no records."""

    def __init__(self) -> None:
        self._ring = bytearray()
        self._noise: deque[str] = deque(maxlen=_NOISE)
        self.drained = trio.Event()

    async def drain(self, stream: trio.abc.ReceiveStream) -> None:
        """Read standard error to its end."""
        try:
            async for part in stream:
                self._ring += part
                if len(self._ring) > 2 * RING:
                    del self._ring[:-RING]
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            self.drained.set()

    def noise(self, line: str) -> None:
        """A line of standard output that is no record."""
        self._noise.append(line[: 2 * SHOWN])

    def text(self) -> str:
        """The line that tells the most, without secrets and control characters; empty if nothing was written."""
        # Secrets are masked before anything is cut, so that no half of one remains.
        for lines in (
            redact(self._ring.decode(errors="replace")).split("\n"),
            redact("\n".join(self._noise)).split("\n"),
        ):
            if found := _telling([line.strip() for line in lines[-_LOOKED_AT:] if line.strip()]):
                return "".join(char if char.isprintable() else " " for char in found)
        return ""


def _telling(lines: list[str]) -> str:
    if not lines:
        return ""
    line = next((line for line in reversed(lines) if _TELLING.search(line)), lines[-1])
    return line if len(line) <= SHOWN else f"…{line[-SHOWN:]}"
