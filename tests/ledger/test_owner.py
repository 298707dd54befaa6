"""Owners: it is known, not guessed, whether who left a row pending still runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from claif.downloads.lock import FileLock
from claif.ledger.owner import FOLDER, OLD, Owner, dead_owners, is_running

HOLD = """
import sys, time
from pathlib import Path
from claif.ledger.owner import Owner
owner = Owner(Path(sys.argv[1])); owner.enter(); print(owner.id, flush=True); time.sleep(60)
"""


def test_an_owner_runs_from_when_it_enters_until_it_leaves(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    assert not is_running(tmp_path, owner.id)
    owner.enter()
    assert is_running(tmp_path, owner.id)
    assert list(dead_owners(tmp_path)) == []
    owner.leave()
    assert not is_running(tmp_path, owner.id)
    assert os.listdir(tmp_path / FOLDER) == []
    owner.leave()


def test_an_owner_that_is_killed_does_not_run_even_if_another_process_gets_its_number(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    owner = child.stdout.readline().strip()
    assert is_running(tmp_path, owner)
    child.kill()
    child.wait()
    child.stdout.close()
    assert not is_running(tmp_path, owner)
    assert list(dead_owners(tmp_path)) == [(owner, None)], "it may have been made just now"
    path = tmp_path / FOLDER / owner
    os.utime(path, (time.time() - OLD - 1,) * 2)
    assert list(dead_owners(tmp_path)) == [(owner, path)]


def test_whose_file_is_looked_at_just_when_it_is_made_takes_another_and_leaves_none(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    (tmp_path / FOLDER).mkdir()
    looked_at, first = FileLock(tmp_path / FOLDER / owner.id), owner.id
    assert looked_at.acquire()
    owner.enter()
    looked_at.release()
    assert owner.id != first
    assert is_running(tmp_path, owner.id)
    assert os.listdir(tmp_path / FOLDER) == [owner.id]
    owner.leave()
    assert os.listdir(tmp_path / FOLDER) == []


def test_whose_file_goes_just_when_it_is_looked_at_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, acquire = Owner(tmp_path), FileLock.acquire
    owner.enter()

    def when_it_has_left(lock: FileLock, **how: bool) -> bool:
        owner.leave()
        return acquire(lock, **how)

    monkeypatch.setattr(FileLock, "acquire", when_it_has_left)
    assert not is_running(tmp_path, owner.id)
    assert os.listdir(tmp_path / FOLDER) == []


def test_where_no_file_can_be_locked_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claif.ledger.owner.FileLock.acquire", lambda _lock, **_how: False)
    with pytest.raises(OSError, match="no file of an owner can be locked"):
        Owner(tmp_path).enter()


def test_without_a_folder_nobody_runs(tmp_path: Path) -> None:
    assert not is_running(tmp_path, "x")
    assert list(dead_owners(tmp_path)) == []
