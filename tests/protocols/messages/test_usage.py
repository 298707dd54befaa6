"""What the Messages API says about tokens."""

from __future__ import annotations

from claif.api import Usage
from claif.protocols.messages.usage import read_usage


def test_the_tokens_of_the_cache_are_part_of_the_input() -> None:
    found = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 200,
        "cache_creation": {"ephemeral_5m_input_tokens": 50, "ephemeral_1h_input_tokens": 150},
        "cache_read_input_tokens": 3000,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 4},
    }
    assert read_usage(found) == Usage(
        3210, 7, cached_tokens=3000, reasoning_tokens=4, cache_write_tokens=200, cache_write_1h_tokens=150
    )
    assert read_usage({"output_tokens": 7, "cache_read_input_tokens": 5}) == Usage(None, 7, cached_tokens=5)
    assert read_usage({"input_tokens": -1, "output_tokens": True, "output_tokens_details": 3}) == Usage()
    assert read_usage({"input_tokens": -1, "cache_creation": []}) == Usage()
