"""Checkouts: the files of a repository once more, for one query, and the diff of what was done to them.

1. What is checked out is what is tracked, as it is in the user's folder now; commits and the index are the user's HEAD.
2. New objects are in a folder of the checkout, not in the repository; the user's index and refs are only read.
3. What an agent has written is never asked how to run git: not the file `.git`, no repository inside of the checkout.
4. The diff is made in an empty repository beside it, where no attributes and no configuration are.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import trio
from attrs import field, frozen

from ..errors import WorktreeError
from ..permission import GOVERNING
from .diff import heads, with_binaries
from .place import Place, entry_of, take_place
from .repository import Repository, everything_but, find_repository, submodules
from .store import make_bare, make_store, private_git

if TYPE_CHECKING:
    from .git import Git

CLEANUP = 30.0
"""Seconds that removing a checkout is waited for; a thread goes on with it."""
MOST_BYTES = 64 * 2**20
"""Of a diff."""
_TRIES = 3
_PAUSE = 0.02
_DIFF = (
    *("diff-tree", "-r", "--patch", "--binary", "--full-index", "--no-ext-diff", "--no-textconv"),
    *("--no-color", "--unified=3", "--src-prefix=a/", "--dst-prefix=b/"),
)
_BINARY = "* -diff\n"
"""Attributes with which git takes all files for binary."""


@frozen(kw_only=True)
class Checkout:
    """The files of a repository once more.

    Args:
        repository: whose they are.
        place: where they are.
        entry: where the repository keeps what it knows of them.
        start: the id of the tree that was checked out.
        left_out: what the last diff does not have; sentences.
    """

    repository: Repository
    place: Place
    entry: Path
    start: str
    left_out: list[str] = field(factory=list)

    @property
    def top(self) -> Path:
        """The top folder."""
        return self.place.checkout

    @property
    def directory(self) -> Path:
        """The directory that stands for the one that was asked for."""
        return self.top / self.repository.inner

    @property
    def readable(self) -> tuple[Path, ...]:
        """What has to be readable for git to work in it."""
        return (self.top, self.repository.common)

    async def diff(self) -> str:
        """What was changed since it was made, as a unified diff with binary files; empty if nothing was.

        Ignored files are not in it, and repositories that were made inside.

        Raises:
            WorktreeError: git failed, or there is more than `MOST_BYTES`.
        """
        with _disk():
            return await self._diff()

    async def _diff(self) -> str:
        self.left_out.clear()
        folder = self.place.folder
        await trio.to_thread.run_sync(shutil.copy2, folder / "start", folder / "end")
        git = (await _git_of(self.repository, self.place, self.entry)).at(self.top, GIT_INDEX_FILE=folder / "end")
        left_out = [*await submodules(git), *await self._foreign(git)]
        code, _, words = await git.tried("add", "--all", "--ignore-errors", *everything_but(left_out))
        if code:
            self.left_out.append(f"The diff is not complete: {words}")
        end = (await git.run("write-tree")).decode().strip()
        return "" if end == self.start else await self._between(end)

    async def _foreign(self, git: Git) -> list[str]:
        """Repositories inside, and empty files that only stood in the way of an agent."""
        names = os.fsdecode(await git.run("ls-files", "-z", "--others", "--exclude-standard")).split("\0")
        inner = [name for name in names if name.endswith("/")]
        self.left_out.extend([f"The diff has nothing of {name}, which is a repository of its own." for name in inner])
        beside = [name for name in names if (self.top / name).parent == self.directory]
        return [name.rstrip("/") for name in inner] + [name for name in beside if _stood_in_the_way(self.top / name)]

    async def _between(self, end: str) -> str:
        bare, file = self.place.folder / "bare", self.place.folder / "diff"
        git = private_git(self.repository, self.place).at(bare, GIT_DIR=bare)

        async def read(renames: str, attributes: str = "") -> bytes:
            await trio.to_thread.run_sync(make_bare, bare, self.start, attributes)
            await git.run(*_DIFF, renames, f"--output={file}", self.start, end)
            if (size := file.stat().st_size) > MOST_BYTES:
                raise WorktreeError(f"The diff has {size} bytes, which is more than {MOST_BYTES}.")
            return await trio.to_thread.run_sync(file.read_bytes)

        texts = await read("--find-renames")
        try:
            return texts.decode()
        except UnicodeDecodeError:
            binaries = await read("--find-renames", _BINARY)
        if heads(texts) != heads(binaries):
            # Git has found other renames where it takes all files for binary.
            texts, binaries = await read("--no-renames"), await read("--no-renames", _BINARY)
        return with_binaries(texts, binaries)


@asynccontextmanager
async def checkout(directory: Path, home: Path, environ: Mapping[str, str]) -> AsyncIterator[Checkout]:
    """A checkout of the repository that a directory is in; it is gone after the block, however that ends.

    Args:
        directory: it exists.
        home: Claif's own folder.
        environ: where PATH is.

    Raises:
        InvalidQueryError: the directory is in no repository, or in one without a commit.
        DependencyError: git is not installed.
        WorktreeError: git failed.
    """
    repository = await find_repository(directory, environ)
    head = await repository.head()
    place = await trio.to_thread.run_sync(_taken, home, repository.common)
    kept = False
    try:
        with _disk():
            made = await _made(repository, place, head)
        try:
            yield made
        except WorktreeError as error:
            kept = True
            with trio.CancelScope(shield=True):
                error.path = str(await trio.to_thread.run_sync(place.keep))
            error.hint = error.hint or f"The files are in {error.path}."
            raise
    finally:
        if not kept:
            with trio.move_on_after(CLEANUP, shield=True):
                await trio.to_thread.run_sync(place.give_back, abandon_on_cancel=True)


@contextmanager
def _disk() -> Iterator[None]:
    """Tell of a disk that is full, or the like, as all else that goes wrong with a worktree."""
    try:
        yield
    except OSError as error:
        raise WorktreeError(f"{error.filename or 'The worktree'} cannot be used ({error.strerror}).") from None


def _taken(home: Path, repository: Path) -> Place:
    with _disk():
        return take_place(home, repository)


async def _made(repository: Repository, place: Place, head: str) -> Checkout:
    await trio.to_thread.run_sync(make_store, place.folder, repository)
    start = await _snapshot(repository, place)
    top = place.checkout
    entry = await _entry(repository, top, head)
    git = await _git_of(repository, place, entry)
    await git.run("read-tree", start)
    await git.run("checkout-index", "--all", "--index")
    await trio.to_thread.run_sync(shutil.copy2, entry / "index", place.folder / "start")
    # The user's changes are not committed here either.
    await git.run("read-tree", "-m", head)
    made = Checkout(repository=repository, place=place, entry=entry, start=start)
    await trio.to_thread.run_sync(_make_inner, made)
    return made


async def _git_of(repository: Repository, place: Place, entry: Path) -> Git:
    """Git for the checkout, in which settings may hold that do not in the repository: that have a filter, say."""
    git = private_git(repository, place).at(place.checkout, GIT_DIR=entry, GIT_WORK_TREE=place.checkout)
    return await git.without_filters()


async def _entry(repository: Repository, top: Path, head: str) -> Path:
    """Make the checkout, without files yet; where the repository keeps what it knows of it."""
    for _ in range(_TRIES):
        code, _, words = await repository.git.tried(
            "worktree", "add", "--quiet", "--detach", "--no-checkout", top, head
        )
        entry = await trio.to_thread.run_sync(entry_of, top, repository.common)
        if code == 0 and entry is not None:
            return entry
        # Another query may just have removed the last entry, and with it the folder of them.
        await trio.sleep(_PAUSE)
    raise WorktreeError(f"git worktree failed: {words or 'it does not know what it has made'}")


async def _snapshot(repository: Repository, place: Place) -> str:
    """The id of a tree of what is tracked, as it is in the user's folder now."""
    index = place.folder / "index"
    git = private_git(repository, place).at(
        repository.top, GIT_DIR=repository.git_dir, GIT_WORK_TREE=repository.top, GIT_INDEX_FILE=index
    )
    try:
        await trio.to_thread.run_sync(shutil.copy2, repository.index, index)
    except FileNotFoundError:
        await git.run("read-tree", "HEAD")
    await git.run("add", "--update", *everything_but(await submodules(git)))
    return (await git.run("write-tree")).decode().strip()


def _make_inner(made: Checkout) -> None:
    """Make the directory, if nothing in it is tracked.

    Raises:
        WorktreeError: a file or a link is in its place.
    """
    try:
        made.directory.mkdir(parents=True, exist_ok=True)
        astray = os.path.realpath(made.directory) != str(made.directory)
    except OSError:
        astray = True
    if astray:
        raise WorktreeError(f"{made.repository.inner} is no folder in the worktree.")


def _stood_in_the_way(path: Path) -> bool:
    try:
        return path.name in GOVERNING and path.lstat().st_size == 0
    except OSError:
        return False
