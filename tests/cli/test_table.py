"""Tables for people."""

from __future__ import annotations

from claif.cli.table import display_width, table


def test_columns_are_aligned_and_empty_ones_left_out():
    lines = table(["NAME", "TYPE", "N"], [["openai", "", 1], ["世界", None, 22]]).split("\n")
    assert lines == ["NAME    N", "openai  1", "世界    22"]


def test_cells_cannot_break_the_table_or_drive_the_terminal():
    assert table(["A"], [["x\n\x1b[31my"]]) == "A\nx y"


def test_a_table_without_rows_is_its_headers():
    assert table(["A", "B"], [], style=str.lower) == "a  b"


def test_the_width_is_that_on_a_terminal():
    assert [display_width(text) for text in ("abc", "世界", "e\u0301")] == [3, 4, 1]
