"""Guards: names in a folder that an agent may write, with which it could make other programs run its commands.

A name that is not there yet can only be guarded by a mount, and a mount needs something on the host to lie on: an empty
folder or file, which is removed again when the last child in that folder has ended.

1. The names that we had made are recorded in a file of Claif's own, so that they are known for ours after a crash.
2. Whoever works in the folder shares a lock; who gets it alone is the last one, and removes what was recorded.
3. Both changes are made under another lock, held for a moment.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ...config.files import make_private_folder
from ...errors import ClaifError
from ...permission import GOVERNING
from ...system import flags, try_lock
from .mounts import Kind, Mount
from .paths import may_be_written, real_path

FILES = {".mcp.json": b'{"mcpServers": {}}\n', ".envrc": b""}
"""Those that are files, and what a child reads there if the host has no such file."""
NAMES = tuple(sorted(GOVERNING))

_PATIENCE = 2.0
"""Seconds to wait for another Claif that changes the same record, which takes it milliseconds."""
_OPEN = flags("O_RDWR", "O_CREAT", "O_CLOEXEC", "O_NOFOLLOW")


class Guards:
    """The guarded names of one folder, until it is closed.

    Args:
        folder: the folder, without symbolic links in its path.
        claif_home: Claif's own folder, where the record is.
    """

    def __init__(self, folder: Path, claif_home: Path) -> None:
        self.folder = folder
        self.notes: list[str] = []
        self._records = claif_home / "sandbox"
        self._stem = hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]
        self._stack = ExitStack()
        self._user: int | None = None

    def mounts(self) -> list[Mount]:
        """What guards the names; call it once, and `close` when the child has ended."""
        blank: set[str] = set()
        if may_be_written(self.folder):
            try:
                blank = self._claim()
            except (OSError, ClaifError, ValueError) as error:
                blank = self._missing()
                self.notes.append(f"Empty files that guard names in {self.folder} may stay behind ({error}).")
        found = [
            Mount(self.folder / name, Kind.BLANK if name in FILES else Kind.SEALED, content=FILES.get(name, b""))
            for name in sorted(blank)
        ]
        return found + [mount for name in NAMES if name not in blank for mount in self._there(name)]

    def _there(self, name: str) -> Iterator[Mount]:
        path = self.folder / name
        if path.is_symlink():
            self.notes.append(f"{path} is a symbolic link, which the agent can replace.")
        with suppress(OSError):
            yield Mount(real_path(path), Kind.READ)

    def _missing(self) -> set[str]:
        return {name for name in NAMES if not os.path.lexists(self.folder / name)}

    def _claim(self) -> set[str]:
        """Record the missing names as ours; returns them, and those that are only there because of us."""
        make_private_folder(self._records)
        user = os.open(self._records / f"{self._stem}.users", _OPEN, 0o600)
        self._stack.callback(os.close, user)
        with self._record() as recorded:
            # From now on nobody removes anything.
            _lock(user, shared=True)
            missing = self._missing()
            ours = {name for name in recorded if _is_blank(self.folder / name)}
            recorded.update(missing)
        self._user = user
        return missing | ours

    @contextmanager
    def _record(self) -> Iterator[set[str]]:
        """The recorded names, to be changed; nobody else changes them meanwhile."""
        descriptor = os.open(self._records / f"{self._stem}.json", _OPEN, 0o600)
        with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
            _lock(descriptor)
            names = {name for name in json.loads(file.read() or "[]") if name in NAMES}
            yield names
            file.seek(0)
            file.truncate()
            json.dump(sorted(names), file)

    def close(self) -> None:
        """Remove what only we had put there, if no other child works in the folder."""
        with self._stack, suppress(OSError, ClaifError, ValueError):
            if self._user is not None:
                with self._record() as recorded:
                    if try_lock(self._user):
                        for name in sorted(recorded):
                            _remove_blank(self.folder / name)
                        recorded.clear()


def _lock(descriptor: int, *, shared: bool = False) -> None:
    end = time.monotonic() + _PATIENCE
    while not try_lock(descriptor, shared=shared):
        if time.monotonic() > end:
            raise TimeoutError("another Claif is stuck")
        time.sleep(0.005)


def _is_blank(path: Path) -> bool:
    try:
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            return not os.listdir(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == 0


def _remove_blank(path: Path) -> None:
    if _is_blank(path):
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
