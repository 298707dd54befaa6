"""Markdown that grows is split into blocks that are complete and a rest that may change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cli.render.blocks import split

PIECES = st.lists(
    st.sampled_from(
        [
            "# T\n",
            "text\n",
            "\n",
            "- a\n",
            "1. x\n",
            "```\n",
            "code\n",
            "| a |\n|---|\n",
            "| 1 |\n",
            "> q\n",
            "    i\n",
            "end",
        ]
    ),
    max_size=14,
)


@pytest.mark.parametrize(
    ("text", "blocks", "rest"),
    [
        ("", [], ""),
        ("one", [], "one"),
        ("one\n\n", [], "one\n\n"),
        ("one\n\ntwo", [], "one\n\ntwo"),
        ("one\n\ntwo\n", ["one\n\n"], "two\n"),
        ("# T\ntext\nmore", ["# T\n"], "text\nmore"),
        ("1. a\n2", [], "1. a\n2"),
        ("- a\n\n- b\n", [], "- a\n\n- b\n"),
        ("```\na\n\nb\n```\nafter\n", ["```\na\n\nb\n```\n"], "after\n"),
        ("```\na\n\n# b\n", [], "```\na\n\n# b\n"),
    ],
)
def test_a_block_is_complete_when_another_begins(text, blocks, rest):
    assert split(text) == (blocks, rest)


@given(PIECES)
def test_nothing_is_lost(pieces):
    text = "".join(pieces)
    blocks, rest = split(text)
    assert "".join(blocks) + rest == text


@given(PIECES, st.integers(1, 5))
def test_what_is_complete_stays_complete_while_the_text_grows(pieces, size):
    """Feeding piece by piece loses nothing and repeats nothing."""
    text = "".join(pieces)
    done, pending = "", ""
    for begin in range(0, len(text), size):
        blocks, pending = split(pending + text[begin : begin + size])
        done += "".join(blocks)
    assert done + pending == text
