"""A terminal for tests: the other end of a pty, and a reader that forgets nothing."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path
from types import TracebackType
from typing import Self

OWN = re.compile(rb"\x1b\[(?:[0-9;]*m|[0-9]*A|K|J)")
"""The sequences that Claif itself writes: styles, cursor up, erase line, erase below."""


class Terminal:
    """A program on a pty."""

    def __init__(self, command: list[str], env: dict[str, str], folder: Path, columns: int, rows: int) -> None:
        self._own, other = pty.openpty()
        self.resize(columns, rows)
        self.child = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, env=env, cwd=folder, start_new_session=True
        )
        os.close(other)
        self.seen = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        os.close(self._own)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the program is told by nothing but the next look."""
        fcntl.ioctl(self._own, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, until: bytes | None = None, seconds: float = 20.0) -> bytes:
        """Everything up to `until`, or to the end."""
        deadline = time.monotonic() + seconds
        while until is None or until not in self.seen:
            assert time.monotonic() < deadline, f"{until!r} did not come: {self.seen!r}"
            if select.select([self._own], [], [], 0.1)[0]:
                try:
                    data = os.read(self._own, 65536)
                except OSError:
                    data = b""
                if not data:
                    assert until is None or until in self.seen, f"{until!r} did not come: {self.seen!r}"
                    break
                self.seen += data
        return self.seen

    def end(self, seconds: float = 20.0) -> int:
        """Read to the end; the exit code."""
        self.read(seconds=seconds)
        return self.child.wait(seconds)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.child.send_signal(signal.SIGINT)

    @property
    def text(self) -> str:
        """What came, without Claif's own sequences."""
        return OWN.sub(b"", self.seen).decode().replace("\r\n", "\n")
