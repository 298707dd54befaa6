"""Undoing: files as they were before a diff was applied, for when that breaks off in the middle.

1. What is another file now is removed, from the top down, so that nothing is removed through a link that came.
2. Folders that were none are removed, from the bottom up, unless somebody else has put something into them.
3. Folders that were there are made again, from the top down, and the copies of the files are put into them.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

_Look = tuple[int, ...] | None


class Undo:
    """Copies of the files that a diff is about; it waits for the disk.

    Git looks at everything before it writes anything, and yet a full disk, or a file in the place of a folder, can stop
    it in the middle.

    Args:
        top: of the repository.
        paths: of the files, relative to it; such as lead elsewhere are left out, for git refuses those.
        store: where the folder of the copies is made.

    Attributes:
        copies: the folder; the copies have the paths of their files in it.

    Raises:
        OSError: a file cannot be copied.
    """

    def __init__(self, top: Path, paths: Iterable[str], store: Path) -> None:
        self.copies = Path(mkdtemp(prefix="before-", dir=store))
        self._top = top
        self._looks: dict[Path, _Look] = {}
        """Each file, and each folder above it: how it looked, the upper ones first."""
        self._files: dict[Path, Path] = {}
        """Each file that was there, and its copy."""
        try:
            for path in sorted(set(paths)):
                if not os.path.isabs(path) and ".." not in Path(path).parts:
                    self._copy(path)
        except BaseException:
            self.close()
            raise

    def _copy(self, path: str) -> None:
        place, copy = self._top / path, self.copies / path
        for each in (*_above(place, self._top), place):
            self._looks[each] = _look(each, self._top)
        look = self._looks[place]
        if look is not None and not _is_folder(look):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(place, copy, follow_symlinks=False)
            self._files[place] = copy

    def undo(self) -> None:
        """Have each file that is another one now as it was.

        Raises:
            OSError: one cannot be written.
        """
        changed = [place for place, look in self._looks.items() if _look(place, self._top) != look]
        changed.sort(key=lambda place: len(place.parts))
        for place in changed:
            now = _look(place, self._top)
            if now is not None and not _is_folder(now):
                place.unlink()
        for place in reversed(changed):
            if _is_folder(_look(place, self._top)) and not _is_folder(self._looks[place]):
                with suppress(OSError):
                    place.rmdir()
        for place in changed:
            look = self._looks[place]
            if look is not None and _is_folder(look):
                place.mkdir(exist_ok=True)
                place.chmod(look[0] & 0o7777)
            elif place in self._files:
                # Not `copy2`, which copies into a folder that is in the place of the file.
                shutil.copyfile(self._files[place], place, follow_symlinks=False)
                shutil.copystat(self._files[place], place, follow_symlinks=False)

    def close(self) -> None:
        """Remove the copies."""
        shutil.rmtree(self.copies, ignore_errors=True)


def _above(place: Path, top: Path) -> Iterator[Path]:
    """The folders between the top and a place, the upper ones first."""
    for folder in reversed(place.relative_to(top).parents):
        if folder.parts:
            yield top / folder


def _look(place: Path, top: Path) -> _Look:
    """What tells a file or a folder from another one at its place; `None` if there is none, or beyond a link."""
    try:
        if not all(stat.S_ISDIR(folder.lstat().st_mode) for folder in _above(place, top)):
            return None
        found = place.lstat()
    except OSError:
        return None
    if stat.S_ISDIR(found.st_mode):
        return (found.st_mode,)
    return found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns


def _is_folder(look: _Look) -> bool:
    return look is not None and stat.S_ISDIR(look[0])
