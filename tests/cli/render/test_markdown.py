"""A block of Markdown becomes lines that fit the terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claif.cli.render.markdown import BlockRenderer, plain
from claif.cli.sanitize import sanitize
from claif.cli.table import display_width

SGR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def blocks(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return BlockRenderer()


def shown(blocks, text, width=40):
    return [plain(line) for line in blocks.lines(text, width)]


def test_headings_stand_at_the_left_without_a_box(blocks):
    assert shown(blocks, "# Title") == ["Title"]


def test_html_is_text(blocks):
    assert shown(blocks, "A List<int> and <b>bold</b>") == ["A List<int> and <b>bold</b>"]
    assert shown(blocks, "<div>\nx\n</div>") == ["<div> x </div>"]


def test_a_link_shows_where_it_leads_and_is_no_control_sequence(blocks):
    lines = blocks.lines("[click](https://evil.example)", 60)
    assert "https://evil.example" in plain(lines[0])
    assert "\x1b]8" not in lines[0]


def test_code_keeps_its_lines_and_its_indentation(blocks):
    assert shown(blocks, "```python\ndef f():\n    return 1\n```") == ["  def f():", "      return 1"]


def test_an_unknown_language_is_plain_code(blocks):
    assert shown(blocks, "```nosuchlanguage\nx\n```") == ["  x"]


def test_blank_blocks_have_no_lines(blocks):
    assert blocks.lines(" \n\n", 40) == []


@settings(max_examples=60, deadline=None)
@given(text=st.text("ab `*_#-|>\n1.[](世é~<&", max_size=80), width=st.integers(4, 40))
def test_no_line_is_wider_than_the_terminal_and_only_styles_are_left(text, width):
    for line in BlockRenderer().lines(sanitize(text), width):
        assert display_width(plain(line)) <= width
        assert "\x1b" not in SGR.sub("", line)


def test_no_color_is_honoured(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    line = BlockRenderer().lines("`code`", 40)[0]
    assert "36" not in line
