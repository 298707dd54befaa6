"""Where the broker of a user is: a folder that nobody else can enter, and the socket in it."""

from __future__ import annotations

import errno
import os
import secrets
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import PermissionError
from ...system import belongs_to_others, try_lock

SOCKET, LOCK, LOG, TOKEN = "socket", "lock", "log", "token"
BACKLOG = 64
CONNECT_TIMEOUT = 1.0
"""Seconds that a broker with many clients may let another one wait."""
MOST_LOG = 1024 * 1024
"""Bytes of the log above which it begins anew."""


def broker_folder(home: Path) -> Path:
    """The broker's folder.

    Args:
        home: Claif's own folder; each has a broker of its own.
    """
    return home / "broker"


@contextmanager
def opened(home: Path, *, make: bool = False) -> Iterator[int]:
    """A descriptor of the broker's folder.

    Args:
        home: Claif's own folder.
        make: whether to make it if it is not there.

    Raises:
        FileNotFoundError: it is not there.
        PermissionError: others can enter it, or it is somebody else's.
    """
    folder = broker_folder(home)
    if make:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except NotADirectoryError:
        raise _not_private(folder) from None
    try:
        found = os.fstat(descriptor)
        if belongs_to_others(found) or stat.S_IMODE(found.st_mode) & 0o077:
            raise _not_private(folder)
        yield descriptor
    finally:
        os.close(descriptor)


def connected(folder: int) -> socket.socket | None:
    """A connection to the broker that listens in a folder; `None` if there is none.

    Raises:
        PermissionError: it is somebody else's.
    """
    connection = _socket()
    # The system waits for room among those who wait only where the socket itself does, and not by `settimeout`.
    seconds, fraction = divmod(CONNECT_TIMEOUT, 1)
    patience = struct.pack("@ll", int(seconds), int(fraction * 1_000_000))
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        connection.connect(_address(folder))
        while not _has_peer(connection):
            connection.connect(_address(folder))
        check_peer(connection)
    except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
        connection.close()
        return None
    except BaseException:
        connection.close()
        raise
    return connection


def _has_peer(connection: socket.socket) -> bool:
    """Whether it is connected; a signal ends the waiting for that, and Python does not tell."""
    try:
        connection.getpeername()
    except OSError as error:
        if error.errno != errno.ENOTCONN:
            raise
        return False
    return True


def listening(folder: int) -> socket.socket:
    """A socket in a folder that listens; whoever has the folder's lock may call this."""
    forget(folder)
    listener = _socket()
    listener.bind(_address(folder))
    os.chmod(SOCKET, 0o600, dir_fd=folder)
    listener.listen(BACKLOG)
    return listener


def new_token(folder: int) -> str:
    """What clients must know from now on; it is in a file of the folder, for this user alone.

    A program that Landlock confines can reach any socket, but cannot read this.
    """
    token = secrets.token_urlsafe(32)
    with suppress(FileNotFoundError):
        os.unlink(TOKEN, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(TOKEN, flags, 0o600, dir_fd=folder), "w") as file:
        file.write(token)
    return token


def token_of(folder: int) -> str:
    """What the broker of a folder wants its clients to know; empty if there is none."""
    try:
        descriptor = os.open(TOKEN, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=folder)
    except FileNotFoundError:
        return ""
    with os.fdopen(descriptor) as file:
        return file.read()


def forget(folder: int) -> None:
    """Remove the socket of a folder."""
    with suppress(FileNotFoundError):
        os.unlink(SOCKET, dir_fd=folder)


def locked(folder: int) -> int | None:
    """Be the one broker of a folder, until the descriptor is closed; `None` if there is another one."""
    lock = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    if try_lock(lock):
        return lock
    os.close(lock)
    return None


def log_of(folder: int) -> int:
    """The log of a folder, to write at its end; one that has grown large begins anew."""
    log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    if os.fstat(log).st_size > MOST_LOG:
        os.truncate(log, 0)
    return log


def check_peer(peer: socket.socket) -> None:
    """Make sure that another process of the same user is at the other end.

    Raises:
        PermissionError: it is somebody else.
    """
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _pid, uid, _gid = struct.unpack("3i", credentials)
    if uid != os.geteuid():
        raise PermissionError("Somebody else is at the other end of the broker's socket.")


def _socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _address(folder: int) -> str:
    """By its descriptor, since a path may be too long for an address."""
    return f"/proc/self/fd/{folder}/{SOCKET}"


def _not_private(folder: Path) -> PermissionError:
    return PermissionError(
        f"The folder {folder} is not yours alone.", hint=f"Move it away, or: chmod 700 {folder}; then try again."
    )
