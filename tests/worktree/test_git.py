"""Git runs nothing that a repository, a variable or an agent wants it to run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from claif.errors import DependencyError, WorktreeError
from claif.worktree.apply import apply_diff
from claif.worktree.checkout import checkout
from claif.worktree.git import find_git
from worktree.repo import Repo, git, write


def trap(folder: Path, mark: Path, then: str = "cat") -> Path:
    """A program that leaves a mark, and passes on what it is given or does something else then."""
    path = folder / "trap.sh"
    path.write_text(f'#!/bin/sh\necho "$0 $*" >> {mark}\n{then}\n')
    path.chmod(0o755)
    return path


def set_traps(repo: Repo, program: Path) -> None:
    """Everything in a repository that has git run a program."""
    for name in ("core.fsmonitor", "diff.external", "core.pager", "core.editor", "core.sshCommand", "gpg.program"):
        repo.git("config", name, str(program))
    for name in ("clean", "smudge", "process"):
        repo.git("config", f"filter.evil one.{name}", str(program))
        repo.git("config", f"filter.{name}.{name}", str(program))
    for name in ("textconv", "command"):
        repo.git("config", f"diff.evil.{name}", str(program))
    repo.git("config", "merge.evil.driver", str(program))
    hooks = repo.path / ".git" / "hooks"
    for name in ("post-checkout", "post-index-change", "pre-commit", "reference-transaction", "post-applypatch"):
        shutil.copy(program, hooks / name)


ATTRIBUTES = "*.txt filter=clean diff=evil merge=evil\n*.md filter=smudge\nsub/* filter=process\n"


async def test_a_hostile_repository_has_nothing_run(repo: Repo, home: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    repo.commit({".gitattributes": ATTRIBUTES, "x.md": "x\n"})
    set_traps(repo, trap(tmp_path, mark))
    repo.write({"a.txt": "dirty\n"})
    async with checkout(repo.path, home, os.environ) as made:
        write(made.top, {"a.txt": "agent\n", "sub/x.txt": "agent\n", "new.txt": "n\n"})
        diff = await made.diff()
    await apply_diff(diff, repo.path, home=home)
    assert (repo.path / "new.txt").read_text() == "n\n"
    assert not mark.exists()
    repo.git("status", check=False)
    assert mark.exists(), "the traps are none"


async def test_neither_attributes_nor_settings_for_the_checkout_alone_have_anything_run(
    repo: Repo, home: Path, tmp_path: Path
) -> None:
    """Settings may hold only where the git folder has a certain name, and attributes be in no file of a commit."""
    mark = tmp_path / "mark"
    program = trap(tmp_path, mark)
    names = [f"{kind}-{when}" for kind in ("clean", "smudge", "process") for when in ("folder", "always")]
    for when in ("folder", "always"):
        lines = [f'[filter "{kind}-{when}"]\n\t{kind} = {program}\n' for kind in ("clean", "smudge", "process")]
        (tmp_path / when).write_text("".join(lines))
    repo.commit({f"{name}.md": "x\n" for name in names})
    repo.git("config", "includeIf.gitdir:**/worktrees/**.path", str(tmp_path / "folder"))
    repo.git("config", "include.path", str(tmp_path / "always"))
    info = repo.path / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text("".join([f"{name}.md filter={name}\n" for name in names]))
    async with checkout(repo.path, home, os.environ) as made:
        write(made.top, {f"{name}.md": "agent\n" for name in names})
        diff = await made.diff()
        assert not mark.exists()
        git(made.top, "add", "-A", check=False)
        assert mark.exists(), "the traps are none"
        mark.unlink()
    await apply_diff(diff, repo.path, home=home)
    assert not mark.exists()


async def test_what_an_agent_leaves_in_its_checkout_has_nothing_run(repo: Repo, home: Path, tmp_path: Path) -> None:
    """A `.git` of its own, and a repository in the place of a submodule, whose status git would ask for."""
    mark = tmp_path / "mark"
    inner = Repo.make(tmp_path / "inner", {"i.txt": "i\n"})
    repo.git("submodule", "add", "-q", str(inner.path), "module")
    repo.git("commit", "-q", "-m", "module")
    program = trap(tmp_path, mark)
    async with checkout(repo.path, home, os.environ) as made:
        for folder in (made.top / "module", made.top / "own", tmp_path / "elsewhere"):
            evil = Repo.make(folder, {"e.txt": "e\n", ".gitattributes": ATTRIBUTES})
            set_traps(evil, program)
            evil.write({"e.txt": "changed\n"})
        git(made.top / "module", "status", check=False)
        assert mark.exists(), "the traps are none"
        mark.unlink()
        write(made.top, {".git": f"gitdir: {tmp_path}/elsewhere/.git\n", ".gitattributes": ATTRIBUTES, "a.txt": "x\n"})
        assert "a.txt" in await made.diff()
    assert not mark.exists()


async def test_what_a_partial_clone_lacks_is_not_fetched(repo: Repo, home: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for name, value in (
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", str(repo.path)),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", str(trap(tmp_path, mark, "exit 1"))),
        ("protocol.file.allow", "always"),
    ):
        repo.git("config", name, value)
    os.utime(repo.path / "b.txt", (1, 1))  # or else git looks into it again
    repo.git("status")
    blob = repo.git("rev-parse", "HEAD:b.txt").strip()
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(WorktreeError, match="git"):
        async with checkout(repo.path, home, os.environ):
            pass
    assert not mark.exists()
    repo.git("cat-file", "-p", blob, check=False)
    assert mark.exists(), "the traps are none"


async def test_a_filter_that_cannot_be_switched_off_is_refused(repo: Repo, home: Path) -> None:
    repo.git("config", "filter.a=b.smudge", "cat")
    with pytest.raises(WorktreeError, match="filter"):
        async with checkout(repo.path, home, os.environ):
            pass


def test_git_comes_from_an_absolute_folder_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    shutil.copy(trap(tmp_path, tmp_path / "mark"), tmp_path / "bin" / "git")
    monkeypatch.chdir(tmp_path)
    assert find_git({"PATH": str(tmp_path / "bin")}, tmp_path).program == tmp_path / "bin" / "git"
    for path in ("bin", "", str(tmp_path / "nothing")):
        with pytest.raises(DependencyError, match="git is not installed") as caught:
            find_git({"PATH": path}, tmp_path)
        assert "--worktree" in (caught.value.hint or "")


async def test_a_failure_is_told_in_one_line(repo: Repo) -> None:
    found = find_git(os.environ, repo.path)
    with pytest.raises(WorktreeError, match=r"^git cat-file failed: .*nothing") as caught:
        await found.run("cat-file", "-t", "nothing\nat all")
    assert "\n" not in caught.value.message
    with pytest.raises(WorktreeError, match="cannot be run"):
        await found.at(repo.path / "none").run("status")
