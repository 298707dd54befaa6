"""Guarded names: what is there stays as it is, what is not cannot be made, and nothing of ours stays behind."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.transport.sandbox import guards as room
from claif.transport.sandbox.guards import NAMES, Guards
from claif.transport.sandbox.mounts import Kind, Mount


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def kinds(mounts: list[Mount]) -> dict[str, Kind]:
    return {mount.path.name: mount.kind for mount in mounts}


def lie_on_the_host(mounts: list[Mount]) -> None:
    """What bubblewrap does: a mount needs something to lie on."""
    for mount in mounts:
        if mount.kind == Kind.SEALED:
            mount.path.mkdir(exist_ok=True)
        elif mount.kind == Kind.BLANK:
            mount.path.touch()


def test_what_is_there_is_read_only_and_what_is_not_is_blank(work, tmp_path):
    (work / ".git").mkdir()
    (work / ".mcp.json").write_text("{}")
    guards = Guards(work, tmp_path / "claif")
    found = kinds(guards.mounts())
    guards.close()
    assert found.pop(".git") == found.pop(".mcp.json") == Kind.READ
    assert found == {
        **dict.fromkeys((".claude", ".gemini", ".codex", ".opencode", ".qwen", ".vscode"), Kind.SEALED),
        ".envrc": Kind.BLANK,
    }


def test_nothing_is_left_behind_but_what_was_there_or_has_been_filled(work, tmp_path):
    (work / ".vscode").mkdir()
    guards = Guards(work, tmp_path / "claif")
    lie_on_the_host(guards.mounts())
    (work / ".envrc").write_text("somebody else wrote this meanwhile")
    (work / ".claude" / "settings.json").write_text("and this")
    guards.close()
    assert sorted(os.listdir(work)) == [".claude", ".envrc", ".vscode"]


def test_two_in_one_folder_are_both_guarded_and_the_last_one_cleans_up(work, tmp_path):
    first, second = (Guards(work, tmp_path / "claif") for _ in range(2))
    lie_on_the_host(first.mounts())
    found = second.mounts()
    assert Kind.READ not in kinds(found).values(), "what the first has made is not the project's"
    first.close()
    assert sorted(os.listdir(work)) == sorted(NAMES), "the mounts of the second still lie there"
    second.close()
    assert os.listdir(work) == []


def test_what_a_run_left_that_was_killed_is_known_for_ours(work, tmp_path):
    killed = Guards(work, tmp_path / "claif")
    lie_on_the_host(killed.mounts())
    killed._stack.close()
    guards = Guards(work, tmp_path / "claif")
    assert Kind.READ not in kinds(guards.mounts()).values()
    guards.close()
    assert os.listdir(work) == []


def test_closing_twice_does_no_harm(work, tmp_path):
    guards = Guards(work, tmp_path / "claif")
    guards.mounts()
    guards.close()
    (work / ".git").mkdir()
    guards.close()
    assert (work / ".git").exists()


def test_a_folder_that_may_not_be_written_needs_no_guards_for_what_is_missing(work, tmp_path, monkeypatch):
    (work / ".git").mkdir()
    monkeypatch.setattr(room, "may_be_written", lambda _folder: False)
    guards = Guards(work, tmp_path / "claif")
    assert kinds(guards.mounts()) == {".git": Kind.READ}
    guards.close()


def test_without_a_record_the_names_are_guarded_all_the_same_and_it_is_said_that_something_stays(work, tmp_path):
    (tmp_path / "claif").write_text("a file in place of the folder")
    guards = Guards(work, tmp_path / "claif")
    assert set(kinds(guards.mounts())) == set(NAMES)
    guards.close()
    assert "may stay behind" in guards.notes[0]


def test_another_claif_that_is_stuck_holds_nobody_up_for_long(work, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_PATIENCE", 0.05)
    stuck = Guards(work, tmp_path / "claif")
    stuck.mounts()
    with stuck._record():
        guards = Guards(work, tmp_path / "claif")
        assert set(kinds(guards.mounts())) == set(NAMES)
        guards.close()
    assert "stuck" in guards.notes[0]
    stuck.close()


def test_a_link_is_followed_and_said_to_be_weak(work, tmp_path):
    (tmp_path / "settings").mkdir()
    (work / ".claude").symlink_to(tmp_path / "settings")
    guards = Guards(work, tmp_path / "claif")
    assert Mount((tmp_path / "settings").resolve(), Kind.READ) in guards.mounts()
    guards.close()
    assert any("symbolic link" in note for note in guards.notes)
    assert (work / ".claude").is_symlink()


def test_a_record_that_was_tampered_with_removes_nothing_else(work, tmp_path):
    guards = Guards(work, tmp_path / "claif")
    guards.mounts()
    (work / "empty").touch()
    (tmp_path / "victim").touch()
    (record,) = (tmp_path / "claif" / "sandbox").glob("*.json")
    record.write_text(json.dumps(["empty", "../victim", "/etc/hostname", 5, None]))
    guards.close()
    assert os.listdir(work) == ["empty"]
    assert (tmp_path / "victim").exists()


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=12))
def test_whoever_comes_and_goes_in_whatever_order_the_last_leaves_an_empty_folder(tmp_path_factory, steps):
    base = tmp_path_factory.mktemp("guards")
    (base / "work").mkdir()
    running: dict[int, Guards] = {}
    for number, comes in steps:
        if comes and number not in running:
            running[number] = Guards(base / "work", base / "claif")
            found = running[number].mounts()
            assert set(kinds(found)) == set(NAMES)
            assert Kind.READ not in kinds(found).values()
            lie_on_the_host(found)
        elif not comes and number in running:
            running.pop(number).close()
        assert bool(os.listdir(base / "work")) == bool(running)
    for guards in running.values():
        guards.close()
    assert os.listdir(base / "work") == []
