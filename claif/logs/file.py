"""A log file: private, of limited size, and shared by all processes that write to it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..system import HAS_OWNERS, belongs_to_others, flags, try_lock

LIMIT = 10 * 2**20
"""Bytes after which a new file is begun."""
KEPT = 3
"""Files that are kept: the one that is written, `.1` and `.2`."""
_OPEN = flags("O_WRONLY", "O_APPEND", "O_CREAT", "O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK")


class LogFile:
    """Appends lines.

    The file is opened for each line: other processes may have put it aside meanwhile, and nothing is left open.

    Args:
        path: where it is.
        complain: told once why it cannot be written; then it is left alone.
        limit: bytes after which a new file is begun.
    """

    def __init__(self, path: Path, complain: Callable[[str], None], limit: int = LIMIT) -> None:
        self._path = path
        self._complain = complain
        self._limit = limit
        self._given_up = False

    def write(self, line: str) -> None:
        """Append a line; never fails."""
        if self._given_up:
            return
        try:
            self._write(f"{line}\n".encode("utf-8", "backslashreplace"))
        except OSError as error:
            self._given_up = True
            self._complain(f"The log file {self._path} cannot be written: {error.strerror or error}.")

    def _write(self, data: bytes) -> None:
        descriptor = self._open()
        try:
            if os.fstat(descriptor).st_size + len(data) > self._limit and self._put_aside(descriptor):
                full, descriptor = descriptor, self._open()
                os.close(full)
            # One call: lines of several processes do not mix.
            os.write(descriptor, data)
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            descriptor = os.open(self._path, _OPEN, 0o600)
        except FileNotFoundError:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, _OPEN, 0o600)
        try:
            _make_private(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _put_aside(self, descriptor: int) -> bool:
        """Make the full file the first old one; false if there is nothing to do, or another process is at it."""
        if not try_lock(descriptor):
            return False
        if not os.path.samestat(os.fstat(descriptor), self._path.lstat()):
            return True
        for number in range(KEPT - 1, 0, -1):
            older = self._old(number - 1)
            with suppress(FileNotFoundError):
                older.replace(self._old(number))
        return True

    def _old(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path


def _make_private(descriptor: int) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")
    if belongs_to_others(status):
        raise OSError(0, "it belongs to another user")
    if HAS_OWNERS and status.st_mode & 0o077:
        os.fchmod(descriptor, 0o600)
