"""What Claif reads and writes for an agent is what the agent's own sandbox shows it, below its directory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claif.errors import SandboxError
from claif.transport.sandbox.policy import Policy
from claif.transport.sandbox.view import SandboxView

MOST = 1000


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A working directory with something in it, and something beside it."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "a.txt").write_text("a")
    (tmp_path / "outside.txt").write_text("outside")
    return work


def view_of(work: Path, *, writable: bool = True, home: Path | None = None) -> SandboxView:
    return SandboxView(Policy(directory=work, writable=writable), home or work.parent / "claif")


def test_a_file_is_read_and_written_and_keeps_its_mode(work: Path) -> None:
    view = view_of(work)
    assert view.read(str(work / "a.txt"), MOST) == view.read("a.txt", MOST) == b"a"
    (work / "a.txt").chmod(0o600)
    view.write(str(work / "a.txt"), b"b")
    view.write(str(work / "new" / "folder" / "c.txt"), b"c")
    assert (work / "a.txt").read_bytes() == b"b"
    assert (work / "new" / "folder" / "c.txt").read_bytes() == b"c"
    if os.name == "posix":
        assert (work / "a.txt").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in work.iterdir()) == ["a.txt", "new"]


@pytest.mark.parametrize("path", ["../outside.txt", "/etc/passwd", ".", "", "link.txt", "folder/../../outside.txt"])
def test_nothing_elsewhere_is_read_or_written(work: Path, path: str) -> None:
    (work / "link.txt").symlink_to(work.parent / "outside.txt")
    view = view_of(work)
    with pytest.raises(SandboxError, match="below the working directory"):
        view.read(path, MOST)
    with pytest.raises(SandboxError, match="below the working directory"):
        view.write(path, b"x")
    assert (work.parent / "outside.txt").read_text() == "outside"


def test_links_within_the_directory_lead_on(work: Path) -> None:
    (work / "link.txt").symlink_to(work / "a.txt")
    view = view_of(work)
    assert view.read("link.txt", MOST) == b"a"
    view.write("link.txt", b"b")
    assert (work / "link.txt").is_symlink()
    assert (work / "a.txt").read_bytes() == b"b"


@pytest.mark.parametrize("name", [".env", ".env.local", "deep/.env"])
def test_secrets_of_the_project_are_hidden_also_those_that_come_later(work: Path, name: str) -> None:
    (work / "deep").mkdir()
    early, late = view_of(work), None
    (work / name).write_text("SECRET")
    late = view_of(work)
    for view in (early, late):
        with pytest.raises(SandboxError, match="hidden"):
            view.read(name, MOST)
        with pytest.raises(SandboxError, match="hidden"):
            view.write(name, b"x")
    (work / ".env.example").write_text("NAME=")
    assert early.read(".env.example", MOST) == b"NAME="


def test_secrets_of_the_user_are_hidden_where_the_directory_is_the_home(work: Path, monkeypatch) -> None:
    (work / ".ssh").mkdir()
    (work / ".ssh" / "id").write_text("SECRET")
    (work / ".claif").mkdir()
    (work / ".claif" / "keys.json").write_text("SECRET")
    monkeypatch.setenv("HOME", str(work))
    view = view_of(work, home=work / ".claif")
    for name in (".ssh/id", ".claif/keys.json"):
        with pytest.raises(SandboxError, match="hidden"):
            view.read(name, MOST)


@pytest.mark.parametrize("name", [".git/hooks/pre-commit", ".GIT/config", "sub/.claude/settings.json", ".mcp.json"])
def test_what_governs_is_never_written(work: Path, name: str) -> None:
    with pytest.raises(SandboxError, match="read-only"):
        view_of(work).write(name, b"x")
    assert not (work / name).exists()


def test_nothing_is_written_where_the_sandbox_only_reads(work: Path) -> None:
    view = view_of(work, writable=False)
    assert view.read("a.txt", MOST) == b"a"
    with pytest.raises(SandboxError, match="read-only"):
        view.write("a.txt", b"x")


def test_what_is_too_large_or_no_file_is_refused(work: Path) -> None:
    (work / "large").write_bytes(b"x" * (MOST + 1))
    (work / "folder").mkdir()
    view = view_of(work)
    with pytest.raises(SandboxError, match="more than"):
        view.read("large", MOST)
    with pytest.raises((SandboxError, OSError)):
        view.read("folder", MOST)
    with pytest.raises(SandboxError, match="no file"):
        view.write("folder", b"x")
    if hasattr(os, "mkfifo"):
        os.mkfifo(work / "pipe")
        with pytest.raises(SandboxError, match="no file"):
            view.read("pipe", MOST)


def test_a_folder_that_becomes_a_link_in_between_is_not_followed(work: Path, monkeypatch) -> None:
    if os.open not in os.supports_dir_fd:
        return
    (work / "folder").mkdir()
    (work.parent / "elsewhere").mkdir()
    view = view_of(work)
    parts = view._parts

    def swapped(path: str, *, writing: bool) -> tuple[str, ...]:
        found = parts(path, writing=writing)
        (work / "folder").rmdir()
        (work / "folder").symlink_to(work.parent / "elsewhere")
        return found

    monkeypatch.setattr(view, "_parts", swapped)
    with pytest.raises(OSError):  # noqa: PT011 - its number differs between systems
        view.write("folder/x.txt", b"x")
    assert not list((work.parent / "elsewhere").iterdir())


def test_files_of_further_folders_count_like_those_of_the_directory(work: Path) -> None:
    more = work.parent / "more"
    (more / ".git").mkdir(parents=True)
    (more / "b.txt").write_text("b")
    for writable in (True, False):
        view = SandboxView(Policy(directory=work, more=[more], writable=writable), work.parent / "claif")
        assert view.read(str(more / "b.txt"), MOST) == view.read("../more/b.txt", MOST) == b"b"
        for path in (work.parent / "outside.txt", more):
            with pytest.raises(SandboxError, match="below the working directory"):
                view.read(str(path), MOST)
        with pytest.raises(SandboxError, match="read-only"):
            view.write(str(more / ".git" / "config"), b"x")
        if not writable:
            with pytest.raises(SandboxError, match="read-only"):
                view.write(str(more / "c.txt"), b"c")
            continue
        view.write(str(more / "new" / "c.txt"), b"c")
        assert (more / "new" / "c.txt").read_bytes() == b"c"
        (more / "new" / "c.txt").unlink()
