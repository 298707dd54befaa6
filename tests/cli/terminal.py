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
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

OWN = re.compile(rb"\x1b\[(?:[0-9;]*m|[0-9]*A|K|J)")
"""The sequences that Claif itself writes: styles, cursor up, erase line, erase below."""


class Terminal:
    """A program on a pty, which is its controlling terminal; standard streams can be something else all the same."""

    def __init__(
        self, command: list[str], env: dict[str, str], folder: Path, columns: int, rows: int, **streams: int
    ) -> None:
        self._own, other = pty.openpty()
        self.resize(columns, rows)

        def control() -> None:
            """Runs in the child; the only way to give it a terminal that it can open by `/dev/tty`."""
            fcntl.ioctl(other, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # tests that run in the background ignore it

        streams = {"stdin": other, "stdout": other, "stderr": other, **streams}
        self.child = subprocess.Popen(
            command,
            env=env,
            cwd=folder,
            start_new_session=True,
            preexec_fn=control,  # noqa: PLW1509 - two system calls, which need no lock
            **streams,
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

    def wait(self, seconds: float = 0.1) -> None:
        """Take what comes within some time."""
        if select.select([self._own], [], [], seconds)[0]:
            self.seen += os.read(self._own, 65536)

    def wait_for(self, true: Callable[[], bool], seconds: float = 20.0) -> None:
        """Take what comes until something is true."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"it did not come true: {self.seen!r}"
            self.wait(0.01)

    def answer(self, keys: str, times: int = 1, seconds: float = 20.0) -> None:
        """Press keys when a question is asked for the so manieth time."""
        self.wait_for(lambda: self.seen.count(b"(Enter: no) ") >= times, seconds)
        self.type(keys)

    def hang_up(self) -> None:
        """Take the terminal away."""
        os.close(self._own)
        self._own = os.open(os.devnull, os.O_RDWR)

    def end(self, seconds: float = 20.0) -> int:
        """Read to the end; the exit code."""
        self.read(seconds=seconds)
        return self.child.wait(seconds)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.child.send_signal(signal.SIGINT)

    def press_ctrl_c_until_it_ends(self, seconds: float = 20.0) -> int:
        """Press Ctrl-C again and again, since two that come at once are one; the exit code."""
        deadline = time.monotonic() + seconds
        while self.child.poll() is None:
            assert time.monotonic() < deadline, f"Ctrl-C does not end it: {self.seen!r}"
            with suppress(OSError):  # it has ended just now
                self.type("\x03")
                self.wait()
            time.sleep(0.1)
        return self.end()

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._own, text.encode())

    @property
    def modes(self) -> list[object]:
        """The modes of the terminal."""
        return termios.tcgetattr(self._own)

    @property
    def text(self) -> str:
        """What came, without Claif's own sequences."""
        return OWN.sub(b"", self.seen).decode().replace("\r\n", "\n")
