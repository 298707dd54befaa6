"""What a test leaves behind is found."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from claif.testing import LeakCheck, leaks


def test_nothing_is_found_where_nothing_is_left(tmp_path: Path) -> None:
    check = LeakCheck()
    (tmp_path / "file").write_text("x")
    check.assert_clean()


def test_an_open_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "PATIENCE", 0.0)
    check = LeakCheck()
    with (tmp_path / "left_open").open("w"), pytest.raises(AssertionError, match="left_open"):
        check.assert_clean()
    check.assert_clean()


def test_a_child_process_is_named_until_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "PATIENCE", 0.0)
    check = LeakCheck()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        with pytest.raises(AssertionError, match=f"process {child.pid}"):
            check.assert_clean()
        child.communicate()
    check.assert_clean()


def test_something_that_goes_away_in_time_is_no_leak() -> None:
    check = LeakCheck()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    reading, writing = os.pipe()
    slow = threading.Timer(2.5, lambda: (child.communicate(), os.close(reading), os.close(writing)))
    slow.start()
    check.assert_clean()
    slow.join()
