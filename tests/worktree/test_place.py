"""A place is one query's alone; what a crash leaves is removed by the next one, and what is in use is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest

from claif.worktree.place import clear, entry_of, take_place
from worktree.repo import Repo, leftovers, write

CRASH = """
import os, sys, signal, trio
from pathlib import Path
from claif.worktree.checkout import checkout

async def main():
    async with checkout(Path(sys.argv[1]), Path(sys.argv[2]), os.environ) as made:
        made.top.joinpath("a.txt").write_text("agent")
        print(made.top, flush=True)
        await trio.sleep_forever()

trio.run(main)
"""


def test_places_are_different_and_used_again(repo: Repo, home: Path) -> None:
    common = repo.path / ".git"
    first, second = take_place(home, common), take_place(home, common)
    assert first.folder != second.folder
    names = {first.folder.name, second.folder.name}
    assert all(name.startswith("my-repo-") for name in names)
    assert first.folder.stat().st_mode & 0o777 == 0o700
    first.give_back()
    second.give_back()
    third = take_place(home, common)
    assert third.folder.name in names
    third.give_back()
    assert leftovers(home) == []


def test_repositories_of_one_name_have_different_places_and_odd_names_are_none(tmp_path: Path, home: Path) -> None:
    taken = [take_place(home, tmp_path / name / ".git") for name in ("a/x", "b/x", "日本\n", "-", "x" * 255)]
    assert len({place.folder for place in taken}) == len(taken)
    for place in taken:
        assert place.folder.name.isascii()
        assert len(place.folder.name) < 80
        assert not place.folder.name.startswith("-")
        place.give_back()


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_crash_leaves_is_removed_by_the_next_and_not_before(
    repo: Repo, home: Path, tmp_path: Path, way: signal.Signals
) -> None:
    before = repo.state()
    command = [sys.executable, "-c", CRASH, str(repo.path), str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        top = Path(process.stdout.readline().strip())
        other = take_place(home, tmp_path / "another" / ".git")
        other.give_back()
        assert (top / "a.txt").read_text() == "agent", "it is in use"
        process.send_signal(way)
    assert top.exists()
    assert entry_of(top, repo.path / ".git")
    other = take_place(home, tmp_path / "another" / ".git")
    other.give_back()
    assert leftovers(home) == []
    assert repo.state() == before


def test_what_is_kept_stays(repo: Repo, home: Path) -> None:
    kept = []
    for _ in range(2):
        place = take_place(home, repo.path / ".git")
        place.checkout.mkdir()
        (place.checkout / "a.txt").write_text("a")
        kept.append(place.keep())
    take_place(home, repo.path / ".git").give_back()
    assert [(path / "a.txt").read_text() for path in kept] == ["a", "a"]
    assert leftovers(home) == sorted(path.name for path in kept)


def test_folders_that_nobody_may_write_are_removed_and_links_not_followed(home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("p")
    outside.chmod(0o500)
    place = take_place(home, tmp_path / "r" / ".git")
    (place.checkout / "a" / "b").mkdir(parents=True)
    (place.checkout / "a" / "b" / "f").write_text("f")
    (place.checkout / "link").symlink_to(outside)
    for name in ("a/b", "a"):
        (place.checkout / name).chmod(0o500)
    place.give_back()
    assert leftovers(home) == []
    assert (outside / "precious").exists()
    assert outside.stat().st_mode & 0o777 == 0o500
    outside.chmod(0o700)


def test_no_entry_of_another_checkout_is_removed(repo: Repo, home: Path, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "theirs"))
    place = take_place(home, repo.path / ".git")
    before = repo.git("worktree", "list")
    place.give_back()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "repository").write_bytes(b"relative/.git")
    clear(tmp_path / "odd")
    assert repo.git("worktree", "list") == before
    assert not os.path.lexists(tmp_path / "odd")


@pytest.mark.parametrize("begun", [None, {}, {"locked": "initializing"}, {"locked": "", "gitdir": ""}])
def test_what_git_had_begun_when_it_was_killed_is_removed(
    repo: Repo, home: Path, begun: dict[str, bytes | str] | None
) -> None:
    """Git makes the folder of all entries, that of this one, and then the file that says whose it is."""
    before = repo.state()
    place = take_place(home, repo.path / ".git")
    entries = repo.path / ".git" / "worktrees"
    entries.mkdir()
    if begun is not None:
        entry = entries / place.folder.name
        entry.mkdir()
        write(entry, begun)
    place.give_back()
    assert repo.state() == before


def test_an_entry_of_the_same_name_stays_if_it_is_of_another_place(repo: Repo, home: Path, tmp_path: Path) -> None:
    place = take_place(home, repo.path / ".git")
    theirs = tmp_path / "theirs" / place.folder.name
    repo.git("worktree", "add", "-q", "--detach", str(theirs))
    before = repo.git("worktree", "list")
    assert entry_of(theirs, repo.path / ".git") == repo.path / ".git" / "worktrees" / place.folder.name
    place.give_back()
    assert repo.git("worktree", "list") == before


def test_an_entry_is_found_by_the_slashes_that_git_writes_on_every_system(tmp_path: Path) -> None:
    entry = tmp_path / "worktrees" / "x-1"
    entry.mkdir(parents=True)
    (entry / "gitdir").write_bytes(b"C:/Users/me/.claif/worktrees/x-1/x-1/.git\n")
    assert entry_of(PureWindowsPath(r"C:\Users\me\.claif\worktrees\x-1\x-1"), tmp_path) == entry
    assert entry_of(PureWindowsPath(r"C:\Users\me\.claif\worktrees\x-1\x-2"), tmp_path) is None


def test_a_folder_of_entries_that_another_query_removes_at_that_moment_has_none(
    repo: Repo, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was there a moment before, and is gone when it is read."""
    place = take_place(home, repo.path / ".git")
    entries = repo.path / ".git" / "worktrees"
    entries.mkdir()
    scandir = os.scandir

    def removed_before(path: str) -> object:
        if os.fspath(path) == str(entries):
            entries.rmdir()
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", removed_before)
        assert entry_of(place.checkout, repo.path / ".git") is None
    place.give_back()
    assert leftovers(home) == []
