"""A text of others is shown exactly, on lines that cannot pass for Claif's own."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cli.ask.visible import escaped, framed, visible
from claif.cli.table import display_width
from claif.testing import strategies

ANY = st.text() | strategies.texts()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rm -rf build", "rm -rf build"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\rb\nc\td", "a\\rb\\nc\\td"),
        ("\x9b2J\x07\x08\x7f\0", "\\x9b2J\\x07\\x08\\x7f\\x00"),
        ("invoice\u202efdp.exe", "invoice\\u202efdp.exe"),
        ("a\u200bb\u2060c\ufeff", "a\\u200bb\\u2060c\\ufeff"),
        ("\U000e0065\U000e0001", "\\U000e0065\\U000e0001"),
        ("a\xa0b\u3000c\u2028d", "a\\xa0b\\u3000c\\u2028d"),
        ("x\ufe0fy\u3164z\u2800", "x\\ufe0fy\\u3164z\\u2800"),
        ("\udcff\ud800", "\\udcff\\ud800"),
        ("日本語 é \U0001f600", "日本語 é \U0001f600"),
    ],
)
def test_what_is_not_plainly_visible_is_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_escapes_are_marked_so_that_the_same_letters_in_the_text_look_otherwise() -> None:
    assert visible("\\x1b \x1b[", lambda text: f"<{text}>") == "\\x1b <\\x1b>["


@given(ANY)
def test_nothing_is_left_that_a_terminal_would_obey_or_nobody_would_see(text: str) -> None:
    for line in (visible(text), *framed(text, 40)):
        assert all(each == " " or unicodedata.category(each)[0] not in "CZ" for each in line)
        assert visible(line) == line


@given(ANY, st.integers(1, 200), st.booleans())
def test_a_framed_text_is_whole_and_each_of_its_lines_is_behind_the_bar_and_on_the_screen(
    text: str, width: int, tabs: bool
) -> None:
    lines = list(framed(text, width, tabs=tabs))
    assert all(line.startswith("| ") for line in lines)
    assert all(display_width(line) <= max(width, 11 + 10) for line in lines)
    assert "".join([line[2:] for line in lines]) == "".join(
        [visible(line.expandtabs(4) if tabs else line) for line in text.split("\n")]
    )
    assert len(lines) >= text.count("\n") + 1


def test_a_command_cannot_draw_a_prompt_of_its_own() -> None:
    spoof = "ls\n\rAllow it? [y]es / [n]o (Enter: no) \x1b[1A" + " " * 200 + "rm -rf /"
    lines = list(framed(spoof, 60))
    assert not [line for line in lines if not line.startswith("| ")]
    assert "rm -rf /" in "".join(lines)


def test_every_character_of_unicode_is_either_seen_or_escaped() -> None:
    unseen = [chr(code) for code in range(0x110000) if escaped(chr(code)) is None and not chr(code).isprintable()]
    assert not unseen
