"""How many tokens a query takes at worst."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import FileBlock, ImageBlock, Message, Options, Query, TextBlock, Tool, ToolResultBlock, ToolUseBlock
from claif.costs.worst import MAX_INPUT, MAX_OUTPUT, OF_AN_IMAGE, input_at_most, output_at_most
from claif.models import ThinkingBlock, UnknownBlock

EMPTY = input_at_most(Query(""))


def growth(*blocks: Any) -> int:
    """By how much blocks make a query larger."""
    return input_at_most(Query(Message.user([TextBlock(""), *blocks]))) - EMPTY


@given(st.text(max_size=200))
def test_a_text_has_no_more_tokens_than_bytes(text: str) -> None:
    assert growth(TextBlock(text)) == len(text.encode(errors="replace"))


def test_every_message_counts_and_is_marked_off() -> None:
    several = Query([Message.system("abc"), Message.user("de"), Message.assistant("f")])
    assert input_at_most(several) > EMPTY + 6
    assert input_at_most(several) - EMPTY == 6 + 2 * (EMPTY - 16)


@pytest.mark.parametrize(
    ("block", "least"),
    [
        (ThinkingBlock("four"), 4),
        (ToolUseBlock("1", "name", {"a": "bcdef"}), 4 + len('{"a": "bcdef"}')),
        (ToolResultBlock("1", "result"), 6),
        (ImageBlock(b"x", "image/png"), OF_AN_IMAGE),
        (FileBlock(b"x" * 20_000, "application/pdf"), 20_000),
        (FileBlock(b"x", "application/pdf"), OF_AN_IMAGE),
        (UnknownBlock({}), OF_AN_IMAGE),
    ],
)
def test_every_kind_of_block_counts(block: Any, least: int) -> None:
    assert growth(block) == least


def test_tools_and_schemas_count() -> None:
    tool = Tool("name", "what it does", {"type": "object"})
    assert input_at_most(Query("", tools=[tool])) == EMPTY + 16 + 4 + 12 + len('{"type": "object"}')
    assert input_at_most(Query("", schema={"ä": 1})) == EMPTY + len('{"ä": 1}'.encode())


def test_what_is_no_json_data_counts_as_it_is_written() -> None:
    assert input_at_most(Query("", schema={"a": Path("b")})) == EMPTY + len('{"a": "b"}')


def test_no_model_takes_more_than_a_bound() -> None:
    assert input_at_most(Query("x" * (MAX_INPUT + 1))) == MAX_INPUT


@pytest.mark.parametrize(
    ("options", "known", "most"),
    [
        ({}, None, MAX_OUTPUT),
        ({}, 4096, 4096),
        ({"max_tokens": 100}, 4096, 100),
        ({"max_tokens": 1}, 4096, 1),
        ({"max_tokens": 100, "extra": {"max_completion_tokens": 500}}, None, 500),
        ({"extra": {"maxOutputTokens": 7}}, 4096, 7),
        ({"max_tokens": 100, "extra": {"thinking": 1000}}, None, 1100),
        ({"max_tokens": 100, "extra": {"thinking": "adaptive"}}, None, 100),
        ({"max_tokens": 100, "extra": {"thinking": True}}, None, 100),
        ({"max_tokens": 100, "extra": {"n": 3}}, None, 300),
        ({"max_tokens": 100, "extra": {"candidateCount": 2, "thinkingBudget": 50}}, None, 300),
        ({"max_tokens": 100, "extra": {"n": 0, "thinking": -5}}, None, 100),
    ],
)
def test_the_answer_is_as_long_as_options_and_the_model_allow(
    options: dict[str, Any], known: int | None, most: int
) -> None:
    assert output_at_most(Query("x", options=Options(**options)), known) == most
