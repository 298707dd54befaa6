"""Real repositories for tests, and all about them that a worktree must leave as it is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

QUIET = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always")


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    """What git says in a folder, run as a user would."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(["git", *QUIET, *arguments], cwd=folder, capture_output=True, env=environ)
    assert not check or done.returncode == 0, done.stderr
    return os.fsdecode(done.stdout)


@frozen
class Repo:
    """A repository of the user."""

    path: Path

    @classmethod
    def make(cls, path: Path, files: Mapping[str, bytes | str] | None = None, *options: str) -> Repo:
        """A repository with one commit that has these files; without files it has none."""
        path.mkdir(parents=True, exist_ok=True)
        git(path, "init", "-q", *options)
        repo = cls(path)
        if files:
            repo.commit(files)
        return repo

    def git(self, *arguments: str, check: bool = True) -> str:
        return git(self.path, *arguments, check=check)

    def write(self, files: Mapping[str, bytes | str]) -> None:
        write(self.path, files)

    def commit(self, files: Mapping[str, bytes | str]) -> None:
        """Write files and commit all that there is."""
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "commit")

    def state(self) -> tuple[object, ...]:
        """Everything of the user's that nobody may touch."""
        index = self.path / ".git" / "index"
        return (
            self.git("--no-optional-locks", "status", "--porcelain=v2", "-z", "--untracked-files=all"),
            index.read_bytes() if index.exists() else None,
            self.git("for-each-ref"),
            self.git("worktree", "list", "--porcelain"),
            self.git("stash", "list"),
            self.git("count-objects"),
            sorted(os.listdir(self.path / ".git")),
            files_of(self.path),
        )


def write(folder: Path, files: Mapping[str, bytes | str]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def files_of(folder: Path) -> dict[str, tuple[str, bytes]]:
    """All files below a folder but those of git: kind and content."""
    found: dict[str, tuple[str, bytes]] = {}
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for name in [*names, *[name for name in folders if os.path.islink(os.path.join(root, name))]]:
            path = Path(root, name)
            if name == ".git":
                continue
            key = str(path.relative_to(folder))
            if path.is_symlink():
                found[key] = ("link", os.fsencode(os.readlink(path)))
            else:
                found[key] = ("program" if path.stat().st_mode & 0o100 else "file", path.read_bytes())
    return found


def leftovers(home: Path) -> list[str]:
    """What is in the folder of worktrees beside locks."""
    folder = home / "worktrees"
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock") if folder.exists() else []
