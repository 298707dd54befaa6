"""The live region leaves on the screen what was last drawn, and never more."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cli.render import live
from claif.cli.render.live import LiveRegion

MOVES = re.compile(r"\x1b\[(\d*)([AKJ])|\r|\n|[^\x1b\r\n]+")


class Screen:
    """Lines of a terminal without end, and a cursor; obeys the moves that the region makes."""

    def __init__(self):
        self.lines = [""]
        self.row = self.highest = 0

    def write(self, text):
        for match in MOVES.finditer(text):
            count, move = match.groups()
            if move == "A":
                self.row -= int(count)
                self.highest = max(self.highest, int(count))
            elif move == "K":
                self.lines[self.row] = ""
            elif move == "J":
                del self.lines[self.row :]
                self.lines.append("")
            elif match.group() == "\n":
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append("")
            elif match.group() != "\r":
                self.lines[self.row] += match.group()


@pytest.fixture
def size(monkeypatch):
    def change(columns, rows):
        monkeypatch.setattr(live.shutil, "get_terminal_size", lambda: os.terminal_size((columns, rows)))

    change(80, 24)
    return change


LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=6)


@given(st.lists(st.tuples(LINES, LINES), max_size=6))
def test_the_screen_shows_all_final_lines_and_the_last_live_ones(updates):
    screen = Screen()
    region = LiveRegion(screen.write)
    final, current = [], []
    for done, current in updates:
        region.update(done, current)
        final += done
    assert screen.lines == [*final, *current, ""]


def test_what_has_not_changed_is_not_written_again(size):
    written = []
    region = LiveRegion(written.append)
    region.update([], ["one", "two"])
    region.update([], ["one", "two"])
    region.update([], ["one", "two!"])
    assert len(written) == 2
    assert "one" not in written[1]


def test_of_a_text_taller_than_the_screen_the_end_is_live_and_all_becomes_final(size):
    size(80, 6)
    screen = Screen()
    region = LiveRegion(screen.write)
    lines = [str(number) for number in range(20)]
    region.update([], lines)
    assert screen.lines == ["16", "17", "18", "19", ""]
    region.update(lines, [])
    assert screen.lines == [*lines, ""]
    assert screen.highest < 6


def test_a_terminal_that_became_narrower_has_broken_the_lines_itself(size):
    written = []
    region = LiveRegion(written.append)
    region.update([], ["x" * 30, "y"])
    size(10, 24)
    region.update([], ["z"])
    assert written[1].startswith("\x1b[4A\r")


def test_a_tiny_terminal_works(size):
    size(1, 1)
    screen = Screen()
    region = LiveRegion(screen.write)
    region.update([], ["a", "b"])
    region.update(["a", "b"], [])
    assert screen.lines == ["a", "b", ""]
