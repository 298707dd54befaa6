"""Fenced blocks of code are found as Markdown has them, whatever is between and around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.models import Message
from claif.models.fences import CodeBlock, code_blocks


def test_every_block_is_found_with_its_info() -> None:
    text = "A\n```python file=a.py\nx = 1\n```\nB\n~~~\ny\n~~~\n```sh"
    assert code_blocks(text) == [
        CodeBlock("x = 1\n", "python file=a.py"),
        CodeBlock("y\n"),
        CodeBlock("", "sh", closed=False),
    ]


@pytest.mark.parametrize(("info", "language"), [("", ""), ("python", "python"), ("js title=x", "js")])
def test_the_language_is_the_first_word(info: str, language: str) -> None:
    assert CodeBlock("", info).language == language


def test_a_block_that_is_cut_off_says_so() -> None:
    [block] = code_blocks("```c\nint x;")
    assert (block.code, block.closed) == ("int x;\n", False)


def test_the_blocks_that_were_extracted_from_a_message_are_found_in_its_metadata() -> None:
    blocks = [CodeBlock("x\n", "sh"), CodeBlock("y", closed=False)]
    message = Message.assistant("x\n").with_metadata(code_blocks=[block.to_dict() for block in blocks])
    assert code_blocks(message) == blocks


@pytest.mark.parametrize("found", ["text", 3, [1, "x", None], None])
def test_metadata_of_another_shape_is_passed_over(found: object) -> None:
    assert code_blocks(Message.assistant("plain").with_metadata(code_blocks=found)) == []


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="`~\n\r", exclude_categories=["Cs"])))))
def test_any_code_comes_out_as_it_went_in(codes: list[list[str]]) -> None:
    joined = ["".join(f"{line}\n" for line in lines) for lines in codes]
    text = "Text\n".join(f"```x\n{code}```\n" for code in joined)
    assert [block.code for block in code_blocks(text)] == joined
