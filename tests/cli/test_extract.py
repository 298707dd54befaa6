"""The first code block of an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cli.extract import first_code_block
from claif.errors import ClaifError


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Hi\n```python\nx = 1\n```\n\n```\ny\n```", "x = 1\n"),
        ("~~~\na\n```\nb\n~~~\n", "a\n```\nb\n"),
        ("````md\n```\ninner\n```\n````", "```\ninner\n```\n"),
        ("1. do\n   ```sh\n   ls\n     -l\n   ```\n", "ls\n  -l\n"),
        ("```\nnever closed", "never closed\n"),
        ("```\n```", ""),
        ("```\r\nx\r\n```\r\n", "x\n"),
        ("``` not `a` fence\n```c\nint x;\n```", "int x;\n"),
    ],
)
def test_it_is_found(text, code):
    assert first_code_block(text) == code


@pytest.mark.parametrize("text", ["", "no code", "inline ``` is none", "`` x ``"])
def test_without_one_there_is_an_error(text):
    with pytest.raises(ClaifError, match="no fenced code block"):
        first_code_block(text)


@given(st.lists(st.text(st.characters(exclude_characters="`~\n\r", exclude_categories=["Cs"]))))
def test_any_code_comes_out_as_it_went_in(lines):
    code = "".join(f"{line}\n" for line in lines)
    assert first_code_block(f"Text\n\n```python\n{code}```\n") == code
