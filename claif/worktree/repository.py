"""Repositories: the one that a directory is in, as far as a worktree needs to know it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import frozen

from ..errors import InvalidQueryError, WorktreeError
from ..transport.sandbox.paths import real_path
from .git import Git, find_git

_NONE = ("not a git repository", "must be run in a work tree")
_LINK = b"160000 "
"""The mode of a submodule in an index."""


@frozen(kw_only=True)
class Repository:
    """A repository with files.

    Args:
        git: git without the repository's filters, at its top.
        top: its top folder.
        inner: the directory that was asked for, relative to it.
        git_dir: where its HEAD and its index are.
        common: where everything else is, that its worktrees share.
        objects: where its objects are.
        index: the user's index, which may not be there.
    """

    git: Git
    top: Path
    inner: Path
    git_dir: Path
    common: Path
    objects: Path
    index: Path

    async def head(self) -> str:
        """The id of the commit that is checked out.

        Raises:
            InvalidQueryError: there is none yet.
        """
        code, out, words = await self.git.tried("rev-parse", "--quiet", "--verify", "HEAD^{commit}")
        if code == 1:
            raise InvalidQueryError(
                f"The Git repository {self.top} has no commit yet, so nothing can be checked out of it.",
                hint="Make a first commit, or leave out --worktree.",
            )
        if code:
            raise WorktreeError(f"git rev-parse failed: {words}")
        return out.decode().strip()


async def find_repository(directory: Path, environ: Mapping[str, str]) -> Repository:
    """The repository that a directory is in.

    Args:
        directory: it exists.
        environ: where PATH is.

    Raises:
        InvalidQueryError: it is in none, or in one that has no files.
        DependencyError: git is not installed.
        WorktreeError: git failed.
    """
    folder = real_path(directory)
    git = find_git(environ, folder)
    code, out, words = await git.tried("rev-parse", "--show-toplevel")
    if code and any(said in words for said in _NONE):
        raise InvalidQueryError(
            f"{directory} is in no Git repository that has files, so there can be no worktree of it.",
            hint="Leave out --worktree, or name a repository with --directory.",
        )
    if code:
        raise WorktreeError(f"git rev-parse failed: {words}")
    top = real_path(os.fsdecode(out).removesuffix("\n"))
    git = await git.at(top).without_filters()

    async def place(*question: str) -> Path:
        return real_path(top / await git.line("rev-parse", *question), strict=False)

    return Repository(
        git=git,
        top=top,
        inner=folder.relative_to(top),
        git_dir=await place("--absolute-git-dir"),
        common=await place("--git-common-dir"),
        objects=await place("--git-path", "objects"),
        index=await place("--git-path", "index"),
    )


async def submodules(git: Git) -> list[str]:
    """The paths of submodules in an index, relative to the top."""
    entries = (await git.run("ls-files", "-z", "--stage")).split(b"\0")
    return [os.fsdecode(entry.partition(b"\t")[2]) for entry in entries if entry.startswith(_LINK)]


def everything_but(paths: Iterable[str]) -> list[str]:
    """What limits a command to all files but these, which git then does not look into.

    A repository inside of another one has its own configuration, and git would do what that says.
    """
    return ["--", ":/", *[f":(top,exclude,literal){path}" for path in paths]]
