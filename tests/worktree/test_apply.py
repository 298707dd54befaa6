"""A diff is applied whole or not at all, and what is not applied is kept."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from claif.errors import InvalidQueryError, WorktreeError
from claif.worktree import git as git_module
from claif.worktree.apply import apply_command, apply_diff, keep_diff
from claif.worktree.checkout import checkout
from worktree.repo import Repo, files_of, write

PATIENCE = 25.0
"""Seconds of real time after which git hangs."""


async def diff_of(repo: Repo, home: Path, files: dict[str, str]) -> str:
    async with checkout(repo.path, home, os.environ) as made:
        write(made.top, files)
        return await made.diff()


def kept(home: Path) -> list[Path]:
    return sorted((home / "diffs").glob("*.diff"))


async def test_it_is_applied_to_files_and_not_to_the_index(repo: Repo, home: Path) -> None:
    diff = await diff_of(repo, home, {"a.txt": "one\ntwo\nthree\n", "new/x.txt": "x\n"})
    changes = await apply_diff(diff, repo.path / "sub", home=home)
    assert [(change.path, change.kind) for change in changes] == [("a.txt", "update"), ("new/x.txt", "add")]
    assert repo.git("status", "--porcelain").splitlines() == [" M a.txt", "?? new/"]
    assert kept(home) == []
    assert await apply_diff("", repo.path, home=home) == []


async def test_what_the_user_did_meanwhile_elsewhere_stays(repo: Repo, home: Path) -> None:
    lines = [f"{number}\n" for number in range(20)]
    repo.commit({"a.txt": "".join(lines)})
    diff = await diff_of(repo, home, {"a.txt": "".join([*lines, "agent\n"])})
    repo.write({"a.txt": "".join(["mine\n", *lines]), "b.txt": "mine\n"})
    repo.git("add", "b.txt")
    await apply_diff(diff, repo.path, home=home)
    assert (repo.path / "a.txt").read_text() == "".join(["mine\n", *lines, "agent\n"])
    assert repo.git("diff", "--cached", "--name-only") == "b.txt\n"


async def test_what_breaks_off_in_the_middle_is_undone(repo: Repo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were changed, made, moved and deleted before that are as they were, and so are links and modes."""
    repo.commit({"old.txt": "".join(f"{number}\n" for number in range(20)), "script": "#!/bin/sh\n"})
    (repo.path / "link").symlink_to("a.txt")
    (repo.path / "script").chmod(0o755)
    repo.commit({})
    async with checkout(repo.path, home, os.environ) as made:
        write(made.top, {"a.txt": "agent\n", "made/here/new.txt": "n\n", "b\xfc.txt": "n\n", "zzz/x": "x\n"})
        os.rename(made.top / "old.txt", made.top / "moved.txt")
        os.unlink(made.top / "sub" / "x.txt")
        os.unlink(made.top / "link")
        os.chmod(made.top / "script", 0o644)
        diff = await made.diff()
    repo.write({"zzz": "in the way\n"})
    before = repo.state(), sorted(os.listdir(repo.path))
    with pytest.raises(WorktreeError, match="nothing was changed"):
        await apply_diff(diff, repo.path, home=home)
    assert (repo.state(), sorted(os.listdir(repo.path))) == before
    assert [path.suffix for path in (home / "diffs").iterdir()] == [".diff"]


def break_off(monkeypatch: pytest.MonkeyPatch, folder: Path, then: str) -> None:
    """Have git apply a diff, and do this in its place then; all else it does as ever."""
    git = shutil.which("git")
    folder.mkdir()
    program = folder / "git"
    program.write_text(f'#!/bin/sh\ncase " $* " in *" apply "*) {git} "$@"; {then};; *) exec {git} "$@";; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


async def test_a_file_that_became_a_folder_is_a_file_again(
    repo: Repo, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with checkout(repo.path, home, os.environ) as made:
        (made.top / "a.txt").unlink()
        shutil.rmtree(made.top / "sub")
        write(made.top, {"a.txt/x": "x\n", "sub": "now a file\n"})
        diff = await made.diff()
    before = repo.state(), sorted(os.listdir(repo.path))
    break_off(monkeypatch, tmp_path / "bin", f"test -f '{repo.path}/a.txt/x' && touch '{tmp_path}/done'; exit 1")
    with pytest.raises(WorktreeError, match="nothing was changed"):
        await apply_diff(diff, repo.path, home=home)
    assert (tmp_path / "done").exists(), "it has not broken off in the middle"
    assert (repo.state(), sorted(os.listdir(repo.path))) == before


def test_what_takes_too_long_is_undone(repo: Repo, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands until git has written everything, and then its time is over."""
    clock, done = MockClock(), tmp_path / "done"
    before = repo.state()

    async def apply() -> None:
        diff = await diff_of(repo, home, {"a.txt": "agent\n", "new.txt": "n\n"})
        break_off(monkeypatch, tmp_path / "bin", f"test -f '{repo.path}/new.txt' && touch '{done}'; sleep 60")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pass_time)
            with pytest.raises(WorktreeError, match=r"took longer than 300 s\. Nothing was changed\.") as caught:
                await apply_diff(diff, repo.path, home=home)
        assert caught.value.path == str(*kept(home))

    async def pass_time() -> None:
        guard = time.monotonic() + PATIENCE
        while not done.exists() and time.monotonic() < guard:
            await trio.to_thread.run_sync(time.sleep, 0.01)
        clock.jump(git_module.PATIENCE)

    trio.run(apply, clock=clock)
    assert done.exists(), "it has not broken off in the middle"
    assert repo.state() == before
    assert [path.suffix for path in (home / "diffs").iterdir()] == [".diff"]


async def test_what_cannot_be_undone_is_kept_as_it_was(
    repo: Repo, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diff = await diff_of(repo, home, {"a.txt": "agent\n", "sub/x.txt": "agent\n"})
    file = f"'{repo.path}/a.txt'"
    break_off(monkeypatch, tmp_path / "bin", f"rm {file}; mkdir {file}; touch {file}/theirs; exit 1")
    with pytest.raises(WorktreeError, match="cannot be undone") as caught:
        await apply_diff(diff, repo.path, home=home)
    copies = Path(caught.value.path or "")
    assert (copies / "a.txt").read_text() == "one\ntwo\n"
    assert (copies / "sub" / "x.txt").read_text() == "x\n"
    assert str(copies) in (caught.value.hint or "")
    assert str(*kept(home)) in (caught.value.hint or "")


@pytest.mark.parametrize(
    "mine",
    [{"a.txt": "entirely\ndifferent\n"}, {"new.txt": "mine\n"}, {"a.txt": None}, {"folder": "a file\n"}],
    ids=["changed", "made", "deleted", "in the way"],
)
async def test_where_one_change_does_not_fit_nothing_is_changed_and_all_is_kept(
    repo: Repo, home: Path, mine: dict[str, str | None]
) -> None:
    diff = await diff_of(repo, home, {"a.txt": "one\n2\n", "b.txt": "agent\n", "new.txt": "n\n", "folder/x": "x\n"})
    for name, content in mine.items():
        if content is None:
            (repo.path / name).unlink()
        else:
            repo.write({name: content})
    before = repo.state()
    with pytest.raises(WorktreeError, match="nothing was changed") as caught:
        await apply_diff(diff, repo.path, home=home)
    assert repo.state() == before
    (path,) = kept(home)
    assert caught.value.path == str(path) == caught.value.to_dict()["path"]
    assert caught.value.exit_code == 12
    assert str(path) in (caught.value.hint or "")
    assert path.read_bytes() == diff.encode()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_diff_that_leads_elsewhere_is_refused(repo: Repo, home: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (repo.path / "link").symlink_to(tmp_path / "outside")
    for name in (".git/hooks/post-checkout", "../outside/x", "link/x", "sub/.git/config", f"{tmp_path}/outside/x"):
        diff = f"diff --git a/{name} b/{name}\nnew file mode 100755\n--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+x\n"
        before = files_of(repo.path), sorted(os.listdir(repo.path / ".git" / "hooks"))
        with pytest.raises(WorktreeError):
            await apply_diff(diff, repo.path, home=home)
        assert (files_of(repo.path), sorted(os.listdir(repo.path / ".git" / "hooks"))) == before
    assert os.listdir(tmp_path / "outside") == []


async def test_outside_of_a_repository_it_is_kept_too(repo: Repo, home: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    diff = await diff_of(repo, home, {"a.txt": "x\n"})
    with pytest.raises(InvalidQueryError) as caught:
        await apply_diff(diff, tmp_path / "plain", home=home)
    (path,) = kept(home)
    assert path.read_text() == diff
    assert str(path) in (caught.value.hint or "")


async def test_what_is_typed_applies_it_from_anywhere(repo: Repo, home: Path) -> None:
    diff = await diff_of(repo, home, {"a.txt": "one\ntwo\r\n", "new\nname.txt": "n\n"})
    command = await apply_command(keep_diff(diff, home), repo.path / "sub")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    await trio.run_process(["sh", "-c", command], cwd=home, env=environ)
    assert (repo.path / "a.txt").read_bytes() == b"one\ntwo\r\n"
    assert (repo.path / "new\nname.txt").exists()
