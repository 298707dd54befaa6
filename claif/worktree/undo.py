"""Undoing: files as they were before a diff was applied, for when that breaks off in the middle."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

_Look = tuple[int, int, int, int] | None


class Undo:
    """Copies of the files that a diff is about; it waits for the disk.

    Git looks at everything before it writes anything, and yet a full disk, or a file in the place of a folder, can stop
    it in the middle.

    Args:
        top: of the repository.
        paths: of the files, relative to it; such as lead elsewhere are left out, for git refuses those.
        store: where the copies are.

    Raises:
        OSError: a file cannot be copied.
    """

    def __init__(self, top: Path, paths: Iterable[str], store: Path) -> None:
        self._copies = Path(mkdtemp(prefix="before-", dir=store))
        self._files: list[tuple[Path, _Look, Path]] = []
        self._folders: list[Path] = []
        for number, path in enumerate(sorted(set(paths))):
            if os.path.isabs(path) or ".." in Path(path).parts:
                continue
            place, copy = top / path, self._copies / str(number)
            look = _look(place)
            if look is not None and not (place.is_dir() and not place.is_symlink()):
                shutil.copy2(place, copy, follow_symlinks=False)
            self._files.append((place, look, copy))
            self._folders += [folder for folder in place.parents if folder != top and not os.path.lexists(folder)]

    def undo(self) -> None:
        """Have each file that is another one now as it was.

        Raises:
            OSError: one cannot be written.
        """
        for place, look, copy in self._files:
            if _look(place) == look:
                continue
            with suppress(FileNotFoundError, IsADirectoryError):
                place.unlink()
            if os.path.lexists(copy):
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(copy, place, follow_symlinks=False)
        for folder in sorted(self._folders, key=lambda folder: -len(folder.parts)):
            with suppress(OSError):
                folder.rmdir()

    def close(self) -> None:
        """Remove the copies."""
        shutil.rmtree(self._copies, ignore_errors=True)


def _look(path: Path) -> _Look:
    """What tells a file from another one at its place; `None` if there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns
