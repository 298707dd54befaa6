"""The folder of downloads: nobody else writes in it, processes share it, and nothing that is half done is seen."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import trio
from attrs import frozen

from ..errors import ClaifError, InstallError, PermissionError
from ..system import HAS_OWNERS, belongs_to_others, flags
from .lock import FileLock

PART = ".part"
LOOK_AGAIN = 0.1
"""Seconds between two looks at a lock that another process holds."""
_CREATE = flags("O_RDWR", "O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_BINARY", "O_CLOEXEC")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@frozen
class DownloadFolder:
    """A folder in Claif's home. What is put there has a name, under which its lock and temporary files are found.

    Args:
        folder: the folder; it is made when something is put there.
    """

    folder: Path

    def open(self) -> None:
        """Make the folder if it is not there.

        Raises:
            PermissionError: others can write in it.
            OSError: it cannot be made.
        """
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if not HAS_OWNERS:
            return
        found = self.folder.stat()
        if found.st_mode & 0o022 or belongs_to_others(found, trust_root=True):
            raise PermissionError(
                f"Others can write in the folder {self.folder}.",
                hint=f"Make it yours alone: chmod 700 {self.folder}",
            )

    def lock(self, name: str) -> FileLock:
        """What whoever changes something of this name has to hold."""
        return FileLock(self.folder / f".{name}.lock")

    @asynccontextmanager
    async def alone(self, name: str, waiting: Callable[[], None]) -> AsyncIterator[None]:
        """Hold the lock of a name; `waiting` is called once if another process has it."""
        lock = self.lock(name)
        told = False
        while not lock.acquire():
            if not told:
                waiting()
                told = True
            await trio.sleep(LOOK_AGAIN)
        try:
            yield
        finally:
            lock.release()

    def sweep(self, name: str) -> None:
        """Remove what dead processes left of this name; only for the holder of the lock."""
        for left in self.folder.glob(f".{name}.*{PART}"):
            remove(left)

    @contextmanager
    def temporary(self, name: str) -> Iterator[tuple[BinaryIO, Path]]:
        """A new file in the folder, open for writing and reading, that is gone afterwards unless it was renamed.

        No link that somebody has planted is followed: the name is random, and the file must not exist.
        """
        path = self._part(name)
        file = os.fdopen(os.open(path, _CREATE, stat.S_IRUSR | stat.S_IWUSR), "w+b")
        try:
            with file:
                yield file, path
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    @contextmanager
    def temporary_folder(self, name: str) -> Iterator[Path]:
        """A new folder in the folder that is gone afterwards unless it was renamed."""
        path = self._part(name)
        path.mkdir(mode=0o700)
        try:
            yield path
        finally:
            remove(path)

    @contextmanager
    def storing(self, what: str, needed: int) -> Iterator[None]:
        """Turn what the operating system says about files into errors that tell what to do.

        Args:
            what: what is put there.
            needed: the bytes that it needs.

        Raises:
            InstallError: there is no room, or another failure of the disk.
            PermissionError: the system does not allow it.
        """
        try:
            yield
        except ClaifError:
            raise
        except OSError as error:
            raise self._explain(error, what, needed) from error

    def _part(self, name: str) -> Path:
        return self.folder / f".{name}.{secrets.token_hex(8)}{PART}"

    def _explain(self, error: OSError, what: str, needed: int) -> ClaifError:
        where = f"{self.folder}: {error.strerror or error}"
        if error.errno in _FULL:
            return InstallError(
                f"There is no room for {what} in {where}.",
                hint=f"Free {needed / 1e6:.0f} MB there, or move Claif's folder to another disk with CLAIF_HOME.",
            )
        if error.errno in _FORBIDDEN:
            return PermissionError(
                f"{what} cannot be put into {where}.",
                hint="Make the folder writable, or choose another one for Claif with CLAIF_HOME.",
            )
        if error.errno == errno.ELOOP:
            return InstallError(f"There is a symbolic link where none may be in {where}.", hint="Remove the link.")
        return InstallError(f"{what} cannot be put into {where}.")


def remove(path: Path) -> None:
    """Remove a file or a folder with all in it, as far as that can be done; links are removed, not followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
