"""Columns hold what each provider has said, at any width, and nothing that it took back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claif.cli.render.columns import Column
from claif.cli.render.comparison import comparison_table, differences, to_data
from claif.cli.render.markdown import BlockRenderer, plain
from claif.cli.table import display_width
from claif.client.outcome import Outcome
from claif.errors import ConnectionError, RateLimitError
from claif.models import Message, Reply, TextDelta, TextReset, Timings, Usage


@pytest.fixture(scope="module")
def blocks() -> BlockRenderer:
    return BlockRenderer()


def shown(column: Column, blocks: BlockRenderer, width: int = 40) -> list[str]:
    return [plain(line) for line in column.lines(blocks, width)]


def outcome(name: str, text: str | None = None, error: Exception | None = None, **more: object) -> Outcome:
    reply = None if text is None else Reply((Message.assistant(text),), provider=name, **more)
    return Outcome(name, reply, error, 1.234)


def test_text_grows_and_what_is_taken_back_goes(blocks) -> None:
    column = Column("a")
    column.take(TextDelta("One.\n\nTw"))
    assert shown(column, blocks) == ["One.", "", "Tw"]
    column.take(TextDelta("o."))
    assert shown(column, blocks) == ["One.", "", "Two."]
    column.take(TextReset("again"))
    assert shown(column, blocks) == []
    column.take(TextDelta("Three."))
    column.take(Message.assistant("Three."))
    column.take(TextDelta("Four"))
    column.take(TextReset("again"))
    assert shown(column, blocks) == ["Three."]


def test_a_failure_stands_below_what_had_come(blocks) -> None:
    column = Column("a")
    column.take(TextDelta("Some te"))
    column.end(
        outcome("a", error=ConnectionError("It broke.", partial=Message.assistant("Some text"), hint="Mend it."))
    )
    assert shown(column, blocks) == ["Some text", "", "It broke.", "Mend it."]
    assert column.state("x", 0) == "failed after 1.2 s"


def test_a_failure_is_no_wider_than_its_column_in_any_script(blocks) -> None:
    column = Column("a")
    column.end(outcome("a", error=ConnectionError("服务器繁忙请稍后再试" * 4, hint="稍后再试")))
    lines = shown(column, blocks, 20)
    assert all(display_width(line) <= 20 for line in lines)
    assert "".join(lines) == "服务器繁忙请稍后再试" * 4 + "稍后再试"


WORDS = st.text(st.sampled_from("ab *_`#\n\n-1.|\x1b[31m\u202e日✅"), max_size=12)


@settings(max_examples=80, deadline=None)
@given(pieces=st.lists(WORDS, max_size=12), widths=st.lists(st.integers(8, 60), min_size=1, max_size=12))
def test_how_it_is_cut_and_how_wide_it_was_before_make_no_difference(pieces: list[str], widths: list[int]) -> None:
    blocks = BlockRenderer()
    grown, whole = Column("a"), Column("a")
    for number, piece in enumerate(pieces):
        grown.take(TextDelta(piece))
        grown.lines(blocks, widths[number % len(widths)])
    whole.take(TextDelta("".join(pieces)))
    lines = shown(grown, blocks, 40)
    assert lines == shown(whole, blocks, 40)
    assert all(display_width(line) <= 40 for line in lines)
    assert not set("\x1b\u202e") & set("".join(lines))


def test_the_table_has_a_dash_for_what_is_not_known() -> None:
    known = outcome(
        "a",
        "x",
        model="m",
        usage=Usage(1200, 3, cost=0.0123),
        timings=Timings(0.5, 1.2),
        finish_reason="length",
    )
    rows = comparison_table([known, outcome("b", "y"), outcome("c", error=RateLimitError("no"))]).splitlines()
    assert [row.split() for row in rows] == [
        ["provider", "model", "first", "total", "in", "out", "cost", "status"],
        ["a", "m", "0.50", "s", "1.23", "s", "1,200", "3", "$0.0123", "ended", "by", "length"],
        ["b", "-", "-", "1.23", "s", "-", "-", "-", "answered"],
        ["c", "-", "-", "1.23", "s", "-", "-", "-", "RateLimitError"],
    ]


def test_differences_are_those_from_the_first_that_answered() -> None:
    text = differences([outcome("a", error=RateLimitError("no")), outcome("b", "1\n2"), outcome("c", "1\n3")])
    assert text.split("== c ==\n")[1] == "--- b\n+++ c\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n\n"
    assert "== a ==\nfailed: no\n" in text
    assert "== b ==\n1\n2\n" in text


def test_without_any_answer_there_is_nothing_to_differ_from() -> None:
    data = to_data([outcome("a", error=ValueError("bad"))], diff=True)
    assert data["answers"][0]["error"]["error"] == "ValueError"
    assert "failed: An error in Claif itself" in differences([outcome("a", error=ValueError("bad"))])
