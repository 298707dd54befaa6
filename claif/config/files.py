"""Files: reads configuration files that may be hostile, writes them so that nobody else can read or redirect them."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ConfigurationError, InvalidConfigError
from ..system import HAS_OWNERS, belongs_to_others, flags, try_lock
from .limits import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READ = flags("O_RDONLY", "O_CLOEXEC", "O_NONBLOCK")
_CREATE = flags("O_WRONLY", "O_CREAT", "O_EXCL", "O_CLOEXEC", "O_NOFOLLOW")
_HAS_DIR_FD = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")


class TextFile(NamedTuple):
    """A file that was read: its path, its text, and its permissions."""

    path: Path
    text: str
    mode: int

    def __repr__(self) -> str:
        # The text may have keys in it.
        return f"TextFile({str(self.path)!r})"

    @property
    def readable_by_others(self) -> bool:
        """Whether other users can read it."""
        return HAS_OWNERS and bool(self.mode & 0o077)


def read_text(path: Path, *, private: bool = False, secret: bool = False) -> TextFile | None:
    """Read a file of at most 64 KiB; `None` if there is none.

    Args:
        path: the file.
        private: demand that nobody but its owner, who is the user or root, can write it or replace it.
        secret: demand that nobody but the user, whose file it is, can even read it.

    Raises:
        InvalidConfigError: it is no regular file, too large, not UTF-8, cannot be read, or is not private.
    """
    try:
        # Not blocking: a named pipe in a stranger's folder must not hang the program.
        descriptor = os.open(path, _READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unusable(path, f"it cannot be opened ({error.strerror})") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _unusable(path, "it is not a regular file")
        if private or secret:
            _check_private(path, status)
        if secret:
            _check_secret(path, status)
        data = _read_bounded(descriptor)
    except OSError as error:
        raise _unusable(path, f"it cannot be read ({error.strerror})") from None
    finally:
        os.close(descriptor)
    if len(data) > MAX_FILE_BYTES:
        raise _unusable(path, f"it is larger than {MAX_FILE_BYTES // 1024} KiB")
    try:
        return TextFile(path, data.decode("utf-8-sig"), stat.S_IMODE(status.st_mode))
    except UnicodeDecodeError as error:
        raise _unusable(path, f"it is not UTF-8 (byte {error.start})") from None


def _read_bounded(descriptor: int) -> bytes:
    parts: list[bytes] = []
    left = MAX_FILE_BYTES + 1
    while left > 0 and (part := os.read(descriptor, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _check_private(path: Path, status: os.stat_result) -> None:
    if not HAS_OWNERS:
        return
    if belongs_to_others(status, trust_root=True):
        raise _unusable(path, "it belongs to another user", f'Take it over: sudo chown "$USER" {path}')
    if status.st_mode & stat.S_IWOTH:
        raise _unusable(path, "every user can write it", f"Make it yours alone: chmod 600 {path}")
    _check_folder(path, path.parent.stat())


def _check_secret(path: Path, status: os.stat_result) -> None:
    if not HAS_OWNERS:
        return
    if belongs_to_others(status):
        raise _unusable(path, "it belongs to another user", f'Take it over: sudo chown "$USER" {quoted(path)}')
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise _unusable(
            path, f"others can read or change it (mode {mode:04o})", f"Make it yours alone: chmod 600 {quoted(path)}"
        )


def quoted(path: Path) -> str:
    """The path as a shell wants it."""
    from shlex import quote

    return quote(str(path))


def _check_folder(path: Path, status: os.stat_result) -> None:
    mode = status.st_mode
    if HAS_OWNERS and mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise _unusable(path, "every user can replace it", f"Make its folder yours alone: chmod 700 {path.parent}")


def _unusable(path: Path, why: str, hint: str = "Correct or remove the file.") -> InvalidConfigError:
    return InvalidConfigError(f"{path} cannot be used: {why}.", problems=(f"{path}: {why}",), hint=hint)


def make_private_folder(folder: Path) -> None:
    """Create a folder, with mode 0700, and those above it, unless they exist.

    Raises:
        ConfigurationError: it cannot be created.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            folder.chmod(0o700)
    except OSError as error:
        raise _unwritable(folder, error) from None


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, or not at all; the new one has mode 0600.

    The folder is opened once and everything happens relative to it, so that nobody can swap it meanwhile; the temporary
    file is created exclusively, so that a link planted in its place is refused instead of followed.

    Raises:
        ConfigurationError: it cannot be written, is a symbolic link, or everybody may write into its folder.
    """
    refuse_link(path)
    temporary = _temporary_name(path.name)
    try:
        with _opened_folder(path.parent) as (folder, prefix):
            # The folder that was opened is looked at, not what its path leads to now.
            _check_folder(path, path.parent.stat() if folder is None else os.fstat(folder))
            descriptor = os.open(f"{prefix}{temporary}", _CREATE, 0o600, dir_fd=folder)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(f"{prefix}{temporary}", f"{prefix}{path.name}", src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(f"{prefix}{temporary}", dir_fd=folder)
                raise
            if folder is not None:
                os.fsync(folder)
    except OSError as error:
        raise _unwritable(path, error) from None


def refuse_link(path: Path) -> None:
    """Refuse to replace a symbolic link.

    Raises:
        ConfigurationError: it is one.
    """
    if path.is_symlink():
        raise ConfigurationError(
            f"{path} is a symbolic link, which Claif does not write through.",
            hint=f"Edit the file that it points to: {os.path.realpath(path)}",
        )


def _temporary_name(name: str) -> str:
    return f".{name}.{os.urandom(8).hex()}.tmp"


@contextmanager
def _opened_folder(folder: Path) -> Iterator[tuple[int | None, str]]:
    """The folder's descriptor and the prefix of names in it; where the system has no such thing, its path as prefix."""
    if not _HAS_DIR_FD:
        yield None, f"{folder}{os.sep}"
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor, ""
    finally:
        os.close(descriptor)


@contextmanager
def folder_lock(folder: Path, patience: float = 20.0) -> Iterator[None]:
    """Keep other processes from writing into the folder through Claif meanwhile.

    Args:
        folder: the folder; it exists.
        patience: seconds to wait for another process.

    Raises:
        ConfigurationError: another process keeps it, or it is no folder.
    """
    from time import monotonic, sleep

    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder} is a file, not a folder.", hint="Set CLAIF_HOME to a folder.")
    deadline = monotonic() + patience
    with _opened_folder(folder) as (descriptor, _):
        while descriptor is not None and not try_lock(descriptor):
            if monotonic() > deadline:
                raise ConfigurationError(
                    f"Another process is writing into {folder}.", hint="Try again when it is done."
                )
            sleep(0.02)
        yield


def _unwritable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{path} cannot be written ({error.strerror}).",
        hint="Check the permissions and the space left, or set CLAIF_HOME.",
    )
