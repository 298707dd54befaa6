"""JSON lines: the lines depend on the bytes alone, never on how they arrive."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claif.errors import ProtocolError
from claif.transport.limits import Limits
from claif.transport.lines import LineParser


def run(pieces: list[bytes], limits: Limits | None = None) -> tuple[list[str], str | None]:
    """All lines, and the error if there was one."""
    parser = LineParser(limits or Limits())
    found = []
    try:
        for piece in pieces:
            found += parser.feed(piece)
        found += parser.close()
    except ProtocolError as error:
        return found, str(error)
    return found, None


def cut(data: bytes, borders: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    places = sorted({border % (len(data) + 1) for border in borders})
    return [data[start:stop] for start, stop in zip([0, *places], [*places, len(data)], strict=True)]


@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.lists(st.integers(0, 10_000), max_size=12),
)
def test_lines_are_the_same_wherever_the_stream_is_cut(
    texts: list[str], end: str, last: bool, borders: list[int]
) -> None:
    data = end.join([*texts, ""] if last else texts).encode()
    expected = [text for text in texts if text.encode() and not text.encode().isspace()]
    assert run(cut(data, borders)) == (expected, None)


@given(st.binary(max_size=60), st.lists(st.integers(0, 10_000), max_size=8), st.integers(1, 20))
@example(b"12345\r\n", [6], 5)
@example(b"a\n12345\r", [7, 8], 5)
def test_limits_and_bad_bytes_are_found_at_the_same_line_wherever_the_stream_is_cut(
    data: bytes, borders: list[int], limit: int
) -> None:
    limits = Limits(line=limit)
    assert run(cut(data, borders), limits) == run([data], limits)


def test_a_last_line_needs_no_line_end() -> None:
    parser = LineParser()
    assert parser.feed(b'{"a":1}\n{"b"') == ['{"a":1}']
    assert parser.feed(b":2}") == []
    assert parser.close() == ['{"b":2}']


def test_separators_of_unicode_do_not_end_a_line() -> None:
    assert LineParser().feed('"\u2028\u0085"\n'.encode()) == ['"\u2028\u0085"']


def test_lines_before_a_bad_one_are_given_out_before_the_error() -> None:
    parser = LineParser()
    assert parser.feed(b"1\n\xff\n3\n") == ["1"]
    with pytest.raises(ProtocolError, match="not UTF-8"):
        parser.feed(b"4\n")
    with pytest.raises(ProtocolError, match="not UTF-8"):
        parser.close()


def test_a_last_line_that_is_no_utf8_is_an_error() -> None:
    parser = LineParser()
    parser.feed(b"\xc3")
    with pytest.raises(ProtocolError, match="not UTF-8"):
        parser.close()


def test_an_endless_line_is_stopped_at_the_limit() -> None:
    assert run([b"x" * 100] * 20, Limits(line=1000)) == ([], "The provider sent a line of more than 1,000 bytes.")
