"""Retry-After: what is said is obeyed as far as it makes sense."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claif.transport.retry_after import LONGEST, retry_after

NOW = 1_700_000_000.0
"""Tue, 14 Nov 2023 22:13:20 GMT."""


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("\x1c7", 7.0),
        ("18.403", 18.403),
        ("1000000000", LONGEST),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 22:13:00 GMT", 0.0),
        ("Thu, 01 Jan 2099 00:00:00 GMT", LONGEST),
        ("-5", None),
        ("1e9", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("٣", None),
        ("soon", None),
        ("Mon, 99 Foo 2023 22:13:50 GMT", None),
        ("Thu, 01 Jan 99999 00:00:00 GMT", None),
        ("9" * 5000, None),
        ("Thu, " * 5000, None),
    ],
)
def test_seconds_and_dates_are_understood_and_clamped(value: str, seconds: float | None) -> None:
    assert retry_after([(b"Retry-After", value.encode("utf-8", "replace"))], NOW) == seconds


def test_milliseconds_come_first_if_they_are_usable() -> None:
    both = [(b"retry-after", b"3"), (b"retry-after-ms", b"250")]
    assert retry_after(both, NOW) == 0.25
    assert retry_after([(b"retry-after", b"3"), (b"retry-after-ms", b"-1")], NOW) == 3.0
    assert retry_after([(b"retry-after-ms", b"999999999999")], NOW) == LONGEST


def test_nothing_said_is_nothing_known() -> None:
    assert retry_after([], NOW) is None


@given(st.binary(max_size=50), st.binary(max_size=20))
@example(b"\x1c0", b"\x1c0")
def test_any_value_gives_a_sane_number_or_nothing(value: bytes, milliseconds: bytes) -> None:
    found = retry_after([(b"retry-after", value), (b"retry-after-ms", milliseconds)], NOW)
    assert found is None or 0.0 <= found <= LONGEST
