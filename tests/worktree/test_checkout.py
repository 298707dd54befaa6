"""A checkout has what the user has, its diff what was done to it, and nothing of it is left."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
import trio
from hypothesis import example, given, settings
from hypothesis import strategies as st

from claif.errors import ConfigurationError, InvalidQueryError, WorktreeError
from claif.worktree import checkout as room
from claif.worktree.apply import apply_diff
from claif.worktree.checkout import checkout
from claif.worktree.diff import file_changes
from worktree.repo import Repo, files_of, git, leftovers, write


def opened(folder: Path, home: Path):
    return checkout(folder, home, os.environ)


async def test_it_has_the_tracked_files_and_the_commit_of_the_user_and_nothing_else(repo: Repo, home: Path) -> None:
    repo.write({"untracked.txt": "u", "ignored.log": "i"})
    async with opened(repo.path, home) as made:
        assert files_of(made.directory) == {
            name: found for name, found in files_of(repo.path).items() if name not in {"untracked.txt", "ignored.log"}
        }
        assert git(made.top, "rev-parse", "HEAD") == repo.git("rev-parse", "HEAD")
        assert git(made.top, "status", "--porcelain") == ""
        assert git(made.top, "branch", "--show-current") == ""
        assert await made.diff() == ""
        assert made.top.name.startswith("my-repo-")


async def test_nothing_of_the_user_is_touched_and_nothing_is_left(repo: Repo, home: Path) -> None:
    repo.write({"a.txt": "dirty\n", "staged.txt": "s\n", "untracked.txt": "u\n"})
    repo.git("add", "staged.txt")
    before = repo.state()
    async with opened(repo.path, home) as made:
        write(made.top, {"a.txt": "agent\n", "new.txt": "n\n"})
        assert await made.diff()
        places = made.place.folder, made.entry
    assert repo.state() == before
    assert leftovers(home) == []
    assert not any(place.exists() for place in places)


async def test_what_the_user_has_not_committed_is_there_and_not_in_the_diff(repo: Repo, home: Path) -> None:
    repo.write({"a.txt": "dirty\n", "staged.txt": "s\n"})
    (repo.path / "b.txt").unlink()
    repo.git("add", "staged.txt")
    repo.write({"staged.txt": "staged and changed\n"})
    (repo.path / "sub" / "x.txt").chmod(0o755)
    async with opened(repo.path, home) as made:
        assert files_of(made.top) == files_of(repo.path)
        assert git(made.top, "diff", "--name-only", "HEAD").split() == ["a.txt", "b.txt", "sub/x.txt"]
        assert await made.diff() == ""
        write(made.top, {"a.txt": "dirty\nmore\n"})
        (change,) = file_changes(await made.diff())
    assert (change.path, change.kind) == ("a.txt", "update")
    assert "+more" in change.diff
    assert "-one" not in change.diff


async def test_files_in_the_middle_of_a_merge_are_there_as_they_are(repo: Repo, home: Path) -> None:
    repo.git("checkout", "-q", "-b", "other")
    repo.commit({"a.txt": "theirs\n"})
    repo.git("checkout", "-q", "-")
    repo.commit({"a.txt": "ours\n"})
    repo.git("merge", "other", check=False)
    before = repo.state()
    async with opened(repo.path, home) as made:
        assert "<<<<<<<" in (made.top / "a.txt").read_text()
        assert await made.diff() == ""
    assert repo.state() == before


async def test_every_kind_of_change_is_in_the_diff(repo: Repo, home: Path) -> None:
    repo.commit(
        {"old.txt": "".join(f"line {number}\n" for number in range(20)), "script": "#!/bin/sh\n", "dir/f": "f\n"}
    )
    async with opened(repo.path, home) as made:
        top = made.top
        write(top, {"a.txt": "changed\n", "new folder/a b.txt": "n\n", "new\nline ü.txt": "ü\n", "empty": ""})
        write(top, {"binary": bytes(range(256)), "latin.txt": "caf\xe9\n".encode("latin-1"), "crlf.txt": "a\r\nb\r\n"})
        write(top, {"ignored.log": "i\n"})
        (top / "b.txt").unlink()
        (top / "old.txt").rename(top / "moved.txt")
        (top / "script").chmod(0o755)
        (top / "link").symlink_to("/etc/passwd")
        shutil.rmtree(top / "dir")
        write(top, {"dir": "now a file\n"})
        shutil.rmtree(top / "sub")
        diff = await made.diff()
        expected = {name: found for name, found in files_of(top).items() if name != "ignored.log"}
    kinds = {change.path: change.kind for change in file_changes(diff)}
    assert kinds == {
        **dict.fromkeys(["a.txt", "script"], "update"),
        **dict.fromkeys(["new folder/a b.txt", "new\nline ü.txt", "empty", "binary", "latin.txt", "crlf.txt"], "add"),
        **dict.fromkeys(["b.txt", "dir/f", "sub/x.txt", "sub/deep/y.txt"], "delete"),
        **dict.fromkeys(["link", "dir"], "add"),
        "moved.txt": "move",
    }
    diff.encode()
    await apply_diff(diff, repo.path, home=home)
    assert files_of(repo.path) == expected


async def test_a_sub_directory_stands_for_the_same_one(repo: Repo, home: Path) -> None:
    (repo.path / "scratch" / "here").mkdir(parents=True)
    for inner in ("sub/deep", "scratch/here"):
        async with opened(repo.path / inner, home) as made:
            assert made.directory == made.top / inner
            assert made.directory.is_dir()
            write(made.directory, {"n.txt": "n\n"})
            assert [change.path for change in file_changes(await made.diff())] == [f"{inner}/n.txt"]
    (repo.path / "link").symlink_to("sub")
    async with opened(repo.path / "link", home) as made:
        assert made.directory == made.top / "sub"


async def test_several_side_by_side_have_nothing_to_do_with_each_other(repo: Repo, home: Path) -> None:
    diffs: dict[int, str] = {}
    before = repo.state()
    together = trio.Event()

    async def attempt(number: int) -> None:
        async with opened(repo.path, home) as made:
            write(made.top, {"a.txt": f"attempt {number}\n", f"new-{number}.txt": "n\n"})
            if len(os.listdir(home / "worktrees")) >= 8:
                together.set()
            await together.wait()
            diffs[number] = await made.diff()

    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            for number in range(4):
                nursery.start_soon(attempt, number)
    for number, diff in diffs.items():
        assert f"+attempt {number}\n" in diff
        assert [change.path for change in file_changes(diff)] == ["a.txt", f"new-{number}.txt"]
    assert repo.state() == before
    assert leftovers(home) == []


async def test_one_that_goes_is_not_in_the_way_of_one_that_comes(repo: Repo, home: Path) -> None:
    async def again_and_again() -> None:
        for _ in range(4):
            async with opened(repo.path / "sub", home) as made:
                assert (made.directory / "x.txt").exists()

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(again_and_again)
    assert leftovers(home) == []


async def test_where_git_cannot_make_one_it_says_what_git_said(repo: Repo, home: Path) -> None:
    (repo.path / ".git" / "worktrees").write_text("in the way")
    with pytest.raises(WorktreeError, match=r"git worktree failed: .*worktrees"):
        async with opened(repo.path, home):
            pass
    assert leftovers(home) == []


@pytest.mark.parametrize("way", ["raised", "cancelled", "late"])
async def test_it_is_gone_however_the_block_ends(repo: Repo, home: Path, way: str) -> None:
    before = repo.state()
    with trio.CancelScope() as scope, suppress(ZeroDivisionError):
        async with opened(repo.path, home) as made:
            write(made.top, {"a.txt": "agent\n"})
            (made.top / "sub").chmod(0o500)
            if way == "raised":
                _ = 1 / 0
            scope.cancel()
            if way == "late":
                await made.diff()
            await trio.sleep_forever()
    assert leftovers(home) == []
    assert repo.state() == before


@pytest.mark.parametrize("seconds", [0.002, 0.01, 0.02, 0.03, 0.05, 0.08])
async def test_it_is_gone_when_it_is_cancelled_while_it_is_made(repo: Repo, home: Path, seconds: float) -> None:
    before = repo.state()
    with trio.move_on_after(seconds):
        async with opened(repo.path, home):
            await trio.sleep_forever()
    assert leftovers(home) == []
    assert repo.state() == before


async def test_what_cannot_be_told_is_kept(repo: Repo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_BYTES", 100)
    before = repo.state()
    with pytest.raises(WorktreeError, match="more than 100") as caught:
        async with opened(repo.path, home) as made:
            write(made.top, {"new.txt": "much\n" * 100})
            await made.diff()
    kept = Path(caught.value.path or "")
    assert str(kept) in (caught.value.hint or "")
    async with opened(repo.path, home):
        assert files_of(kept)["new.txt"] == ("file", b"much\n" * 100)
    assert leftovers(home) == [kept.name]
    assert repo.state() == before


async def test_what_a_broken_disk_keeps_from_being_told_is_kept_too(repo: Repo, home: Path) -> None:
    with pytest.raises(WorktreeError, match="cannot be used") as caught:
        async with opened(repo.path, home) as made:
            write(made.top, {"new.txt": "n\n"})
            os.unlink(made.place.folder / "start")
            await made.diff()
    assert "new.txt" in files_of(Path(caught.value.path or ""))
    (home / "worktrees").rename(home / "gone")
    (home / "worktrees").write_text("in the way")
    with pytest.raises((WorktreeError, ConfigurationError)):
        async with opened(repo.path, home):
            pass


async def test_where_there_is_nothing_to_check_out_it_says_why(tmp_path: Path, home: Path) -> None:
    (tmp_path / "plain").mkdir()
    unborn = Repo.make(tmp_path / "unborn")
    bare = Repo.make(tmp_path / "bare", None, "--bare")
    for folder, said in (
        (tmp_path / "plain", "no Git repository"),
        (bare.path, "no Git repository"),
        (unborn.path, "no commit"),
    ):
        with pytest.raises(InvalidQueryError, match=said) as caught:
            async with opened(folder, home):
                raise AssertionError
        assert caught.value.hint
    assert leftovers(home) == []


async def test_a_worktree_of_the_user_and_a_detached_head_do_too(repo: Repo, home: Path, tmp_path: Path) -> None:
    first = repo.git("rev-parse", "HEAD").strip()
    repo.commit({"a.txt": "second\n"})
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "other"), first)
    listed = repo.git("worktree", "list")
    async with opened(tmp_path / "other", home) as made:
        assert (made.top / "a.txt").read_text() == "one\ntwo\n"
        write(made.top, {"a.txt": "new\n"})
        assert "+new" in await made.diff()
    assert repo.git("worktree", "list") == listed


async def test_submodules_are_left_alone_and_so_are_repositories_that_were_made_inside(
    repo: Repo, home: Path, tmp_path: Path
) -> None:
    inner = Repo.make(tmp_path / "inner", {"i.txt": "i\n"})
    repo.git("submodule", "add", "-q", str(inner.path), "module")
    repo.git("commit", "-q", "-m", "module")
    (repo.path / "module" / "i.txt").write_text("dirty\n")
    before = repo.state()
    async with opened(repo.path, home) as made:
        assert os.listdir(made.top / "module") == []
        write(made.top, {"a.txt": "agent\n", "module/evil.txt": "e\n"})
        Repo.make(made.top / "made", {"m.txt": "m\n"})
        Repo.make(made.top / "unborn")
        assert [change.path for change in file_changes(await made.diff())] == ["a.txt"]
        assert sorted(sentence.split()[5] for sentence in made.left_out) == ["made/,", "unborn/,"]
    assert repo.state() == before


async def test_line_ends_and_modes_are_the_user_s(repo: Repo, home: Path) -> None:
    repo.commit({"dos.txt": "a\r\nb\r\n"})
    repo.git("config", "core.autocrlf", "true")
    repo.commit({"dos2.txt": "a\r\nb\r\n"})
    repo.git("config", "core.safecrlf", "true")
    async with opened(repo.path, home) as made:
        assert (made.top / "dos2.txt").read_bytes() == b"a\r\nb\r\n"
        assert await made.diff() == ""
        write(made.top, {"dos2.txt": b"a\r\nb\r\nc\r\n", "dos.txt": b"a\r\nb\r\nc\r\n"})
        diff = await made.diff()
    await apply_diff(diff, repo.path, home=home)
    assert (repo.path / "dos2.txt").read_bytes() == b"a\r\nb\r\nc\r\n"
    assert (repo.path / "dos.txt").read_bytes() == b"a\r\nb\r\nc\r\n"


async def test_objects_of_the_other_kind_do_too(tmp_path: Path, home: Path) -> None:
    repo = Repo.make(tmp_path / "new", {"a.txt": "a\n"}, "--object-format=sha256")
    async with opened(repo.path, home) as made:
        write(made.top, {"a.txt": "b\n"})
        assert "+b" in await made.diff()


async def test_what_git_knows_nothing_of_is_no_trouble(repo: Repo, home: Path) -> None:
    async with opened(repo.path, home) as made:
        write(made.top, {"new.txt": "n\n", "long/" + "x" * 200: "x"})
        os.mkfifo(made.top / "fifo")
        os.unlink(made.top / "sub" / "x.txt")
        os.mkdir(made.top / "sub" / "x.txt")
        assert [change.path for change in file_changes(await made.diff())] == [
            "long/" + "x" * 200,
            "new.txt",
            "sub/x.txt",
        ]
        assert made.left_out == []


async def test_a_second_diff_is_made_like_the_first(repo: Repo, home: Path) -> None:
    """What was left out is told once, and files that were binary then are no reason to take all for binary."""
    async with opened(repo.path, home) as made:
        write(made.top, {"latin.txt": "caf\xe9\n".encode("latin-1"), "a.txt": "agent\n"})
        Repo.make(made.top / "inner", {"i.txt": "i\n"})
        first = await made.diff()
        left_out = list(made.left_out)
        assert len(left_out) == 1
        assert (await made.diff(), made.left_out) == (first, left_out)
        shutil.rmtree(made.top / "inner")
        (made.top / "latin.txt").unlink()
        third = await made.diff()
    assert "-one\n-two\n+agent\n" in third
    assert third in first
    assert made.left_out == []


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8
)
PATHS = st.lists(
    NAMES.filter(lambda name: name.casefold() not in {".", "..", ".git", "git~1", ".gitignore", ".gitattributes"}),
    min_size=1,
    max_size=3,
).map("/".join)
CONTENTS = st.one_of(
    st.binary(max_size=40),
    st.lists(st.sampled_from(["a", "b", "+c", "-d", "diff --git a/x b/x", "\xe9", "e\r", ""]))
    .map("\n".join)
    .map(str.encode),
    st.text(st.characters(max_codepoint=255), max_size=10).map(lambda text: text.encode("latin-1")),
)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes]:
    """Files of which none is in the place of another one's folder, whatever a file system thinks of their names."""
    found: dict[str, bytes] = {}
    for path, content in draw(st.dictionaries(PATHS, CONTENTS, max_size=5)).items():
        if not any(other.startswith(f"{path}/") or path.startswith(f"{other}/") for other in found):
            found[path] = content
    return found


@settings(max_examples=12, deadline=None)
@given(trees(), trees())
@example(before={"0": b"\x80", "00": b"e\n"}, after={"0/0": b"e\r\n"})
async def test_whatever_was_done_the_diff_does_it_again(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        repo = Repo.make(Path(folder, "repo"), {"keep": "k\n", **before})
        async with checkout(repo.path, home, os.environ) as made:
            for name in before:
                (made.top / name).unlink()
            for root, _, _ in os.walk(made.top, topdown=False):
                if not os.listdir(root):
                    os.rmdir(root)
            write(made.top, after)
            diff = await made.diff()
            expected = files_of(made.top)
        assert {change.path for change in file_changes(diff)} <= {*before, *after}
        await apply_diff(diff, repo.path, home=home)
        assert files_of(repo.path) == expected
