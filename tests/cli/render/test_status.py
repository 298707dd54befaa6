"""The status line."""

from __future__ import annotations

import io
import os
from types import SimpleNamespace

import pytest

from claif.cli.render import status
from claif.cli.render.status import Status

MEBIBYTE = 2**20


class Screen(io.StringIO):
    """A terminal of some width."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def screen(monkeypatch):
    made = Screen()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    # Not sys.stderr itself: pytest puts its own there when the test begins.
    monkeypatch.setattr(status, "sys", SimpleNamespace(stdout=made, stderr=made))
    monkeypatch.setattr(status.shutil, "get_terminal_size", lambda: os.terminal_size((60, 24)))
    now = iter(range(1000))
    monkeypatch.setattr(status, "monotonic", lambda: next(now))
    return made


def test_it_spins_after_a_moment_and_is_cleared(screen):
    line = Status()
    line.tick()
    assert screen.getvalue() == ""
    line.wait("thinking")
    line.tick()
    line.stop()
    line.tick()
    assert screen.getvalue() == "\r\x1b[K⠙ thinking\r\x1b[K"


def test_a_bar_fits_the_terminal(screen):
    line = Status()
    line.progress("Downloading", 50 * MEBIBYTE, 100 * MEBIBYTE)
    line.progress("Downloading the weights of a model of the longest of all names", 50 * MEBIBYTE, 100 * MEBIBYTE)
    shown = screen.getvalue().split("\r\x1b[K")
    assert shown[1] == f"Downloading {'━' * 14}{'─' * 15} 50% of 100.0 MiB"
    assert len(shown[2]) == 59


def test_work_without_a_known_end_is_counted(screen):
    Status().progress("Fetching", 1000, None)
    assert screen.getvalue().endswith("Fetching 1 KiB")


def test_the_end_of_work_is_a_line_that_stays(screen):
    line = Status()
    line.progress("Downloading", 0, MEBIBYTE)
    line.progress("Downloading", MEBIBYTE, MEBIBYTE)
    assert screen.getvalue().endswith("\r\x1b[Kclaif: Downloading: done (1.0 MiB)\n")


def test_where_the_terminal_has_no_unicode_it_is_drawn_in_ascii(screen, monkeypatch):
    monkeypatch.setattr(Screen, "encoding", "ascii")
    line = Status()
    line.wait()
    line.tick()
    line.progress("Downloading", 1, 2)
    assert screen.getvalue().isascii()


def test_a_quiet_line_says_nothing(screen):
    line = Status(quiet=True)
    line.wait()
    line.tick()
    line.progress("Downloading", 1, 1)
    assert screen.getvalue() == ""


def test_it_counts_things_that_are_done(screen):
    line = Status()
    line.count("files", 1, 4)
    line.clear()
    drawn = screen.getvalue()
    assert drawn.startswith("\r\x1b[Kfiles ━")
    assert "1 of 4" in drawn
    assert drawn.count("━") * 3 in range(drawn.count("─") - 2, drawn.count("─") + 3)
    assert drawn.endswith("\r\x1b[K")


def test_it_counts_silently_where_nobody_looks(screen, monkeypatch):
    monkeypatch.setattr(screen, "isatty", lambda: False)
    Status().count("files", 1, 4)
    assert not screen.getvalue()
