"""What the server says about tokens."""

from __future__ import annotations

from typing import Any

import pytest

from claif.api import Usage
from claif.protocols.generate_content.usage import read_usage


@pytest.mark.parametrize(
    ("counted", "usage"),
    [
        (
            {
                "promptTokenCount": 9,
                "cachedContentTokenCount": 4,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 3,
                "totalTokenCount": 17,
            },
            Usage(9, 8, 4, 3),
        ),
        ({"promptTokenCount": 9, "toolUsePromptTokenCount": 2, "candidatesTokenCount": 5}, Usage(11, 5)),
        ({"promptTokenCount": 9, "thoughtsTokenCount": 3, "totalTokenCount": 12}, Usage(9, 3, None, 3)),
        ({"promptTokenCount": 9, "totalTokenCount": 9}, Usage(9, 0)),
        ({"promptTokenCount": 9, "totalTokenCount": 3}, Usage(9, 0)),
        ({"promptTokenCount": 9}, Usage(9)),
        ({"promptTokenCount": -1, "candidatesTokenCount": True, "totalTokenCount": "9"}, Usage()),
        ({}, Usage()),
    ],
)
def test_input_includes_what_was_cached_and_output_what_was_thought(counted: dict[str, Any], usage: Usage) -> None:
    assert read_usage(counted) == usage


def test_thoughts_that_the_answer_includes_are_not_counted_twice() -> None:
    counted = {"promptTokenCount": 9, "candidatesTokenCount": 8, "thoughtsTokenCount": 3, "totalTokenCount": 17}
    assert read_usage(counted) == Usage(9, 8, None, 3)
