"""Taking a diff over: all of it, or nothing, and then it is kept where the user finds it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from ..config.files import make_private_folder, quoted, write_private
from ..config.loader import claif_home
from ..errors import ClaifError, WorktreeError
from .diff import file_changes, paths_of
from .repository import find_repository
from .undo import Undo

if TYPE_CHECKING:
    from ..models import FileChange
    from .repository import Repository

FOLDER = "diffs"
"""In Claif's own folder."""


def keep_diff(diff: str, home: Path) -> Path:
    """Write a diff into a file of its own, for this user alone; waits for the disk.

    Args:
        diff: as `Reply.diff` has it.
        home: Claif's own folder.

    Raises:
        ConfigurationError: it cannot be written.
    """
    folder = home / FOLDER
    make_private_folder(folder)
    path = folder / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.urandom(3).hex()}.diff"
    write_private(path, diff)
    return path


async def apply_command(path: Path, directory: Path) -> str:
    """What the user types to apply a diff that was kept; below the top of a repository git would leave out the rest.

    Args:
        path: of the diff.
        directory: in the repository.

    Raises:
        ClaifError: see `find_repository`.
    """
    repository = await find_repository(directory, os.environ)
    return f"git -C {quoted(repository.top)} apply {quoted(path)}"


async def apply_diff(
    diff: str, directory: str | os.PathLike[str] = ".", *, home: Path | None = None
) -> list[FileChange]:
    """Apply the diff of a worktree to the files of the user: all of it, or, if one change does not fit, nothing.

    Args:
        diff: as `Reply.diff` has it.
        directory: the one that the query was asked for, in the same repository.
        home: Claif's own folder, where a diff is kept that cannot be applied; the user's when `None`.

    Returns:
        The changes that were made.

    Raises:
        WorktreeError: it cannot be applied; `path` is where it is kept, and nothing was changed. If what git had
            written by then cannot be undone, `path` is the folder that has the files as they were.
        InvalidQueryError: the directory is in no repository.
        DependencyError: git is not installed.
        ConfigurationError: the diff cannot be written into Claif's own folder.
    """
    if not diff:
        return []
    path = await trio.to_thread.run_sync(keep_diff, diff, home or claif_home())
    try:
        repository = await find_repository(Path(directory), os.environ)
        with trio.CancelScope(shield=True):  # git is bounded, and half of a diff would be worse than a wait
            words = await _applied(repository, path, paths_of(diff))
    except ClaifError as error:
        if isinstance(error, WorktreeError):
            error.path = error.path or str(path)
        error.hint = " ".join(filter(None, (error.hint, f"The changes are kept in {path}.")))
        raise
    if words is not None:
        raise WorktreeError(
            f"The changes do not fit, and nothing was changed: {words}",
            path=str(path),
            hint=f"They are kept in {path}. Try `git -C {quoted(repository.top)} apply --3way {quoted(path)}`.",
        )
    await trio.to_thread.run_sync(path.unlink)
    return file_changes(diff)


async def _applied(repository: Repository, diff: Path, files: set[str]) -> str | None:
    """Apply a diff; if that fails, undo it and tell what git says.

    Raises:
        WorktreeError: git took too long, or what it has written cannot be undone.
    """
    try:
        before = await trio.to_thread.run_sync(Undo, repository.top, files, diff.parent)
    except OSError as error:
        return _told(error)
    try:
        code, _, words = await repository.git.tried("apply", "--whitespace=nowarn", diff)
    except BaseException as error:
        await _undo(before)  # noqa: ASYNC102 - whoever calls it shields it
        if isinstance(error, WorktreeError):
            error.message += " Nothing was changed."
        raise
    if code:
        await _undo(before)
        return words
    await trio.to_thread.run_sync(before.close)
    return None


async def _undo(before: Undo) -> None:
    """Have the files as they were before, and remove the copies, but only then.

    Raises:
        WorktreeError: that cannot be; `path` is where the copies are.
    """
    try:
        await trio.to_thread.run_sync(before.undo)
    except OSError as error:
        raise WorktreeError(
            f"Half of the changes are made, and that cannot be undone: {_told(error)}.",
            path=str(before.copies),
            hint=f"The files as they were are in {before.copies}.",
        ) from None
    await trio.to_thread.run_sync(before.close)


def _told(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.strerror else str(error)
