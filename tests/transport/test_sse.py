"""Server-sent events: the events depend on the bytes alone, never on how they arrive."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claif.errors import ProtocolError
from claif.transport.limits import Limits
from claif.transport.sse import SSEParser


def split_lines(text: str) -> list[str]:
    """The lines that have a line end, character by character."""
    lines, line = [], ""
    for place, char in enumerate(text):
        if char == "\n" and text[place - 1 : place] == "\r":
            continue
        if char in "\r\n":
            lines.append(line)
            line = ""
        else:
            line += char
    return lines


def reference(data: bytes) -> list[tuple[str | None, str]]:
    """The standard's algorithm, line by line, in the plainest way."""
    events: list[tuple[str | None, str]] = []
    name: str | None = None
    values: list[str] = []
    for line in split_lines(data.decode().removeprefix("\ufeff")):
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if values:
                events.append((name, "\n".join(values)))
            name, values = None, []
        elif key == "event":
            name = value or None
        elif key == "data":
            values.append(value)
    return events


def run(pieces: list[bytes], limits: Limits | None = None) -> tuple[list[tuple[str | None, str]], str | None]:
    """All events, and the error if there was one."""
    parser = SSEParser(limits or Limits())
    events = []
    try:
        for piece in pieces:
            events += parser.feed(piece)
        parser.close()
    except ProtocolError as error:
        return events, str(error)
    return events, None


line_ends = st.sampled_from(["\n", "\r\n", "\r"])
lines = st.one_of(
    st.just(""),
    st.sampled_from(
        ["data", "data:", "data: {}", "data:  two", "event: ping", "event", "id: 7", "retry: 10", ": ping"]
    ),
    st.builds(
        "data: {}".format, st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=9)
    ),
    st.text(st.sampled_from("data: e\ufeffé\u2028"), max_size=9),
)
streams = st.builds(
    lambda bom, parts: (bom + "".join(line + end for line, end in parts)).encode(),
    st.sampled_from(["", "\ufeff"]),
    st.lists(st.tuples(lines, line_ends), max_size=24),
)


def cut(data: bytes, borders: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    places = sorted({border % (len(data) + 1) for border in borders})
    return [data[start:stop] for start, stop in zip([0, *places], [*places, len(data)], strict=True)]


@given(streams, st.lists(st.integers(0, 10_000), max_size=12))
@example(b"data: a\r\n\r\ndata: b\r\r", [9])
@example(b"data: a\n\n\ndata: b\n\n", [8, 9, 10])
@example("\ufeffdata: é\n\n".encode(), [1, 2, 10])
def test_events_are_those_of_the_standard_wherever_the_stream_is_cut(data: bytes, borders: list[int]) -> None:
    assert run(cut(data, borders)) == (reference(data), None)


@given(streams)
def test_a_stream_may_come_byte_by_byte(data: bytes) -> None:
    assert run([data[place : place + 1] for place in range(len(data))]) == run([data])


@given(st.binary(max_size=60) | streams, st.lists(st.integers(0, 10_000), max_size=8), st.integers(1, 30))
@example(b"data: 123456\n\n", [13], 12)
@example(b"data: 1\n\n\n\ndata: 123456\n\n\n", [8, 9], 12)
def test_limits_and_bad_bytes_are_found_at_the_same_event_wherever_the_stream_is_cut(
    data: bytes, borders: list[int], limit: int
) -> None:
    limits = Limits(event=limit)
    assert run(cut(data, borders), limits) == run([data], limits)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_event_is_complete_with_its_blank_line_whatever_the_line_ends(end: str) -> None:
    parser = SSEParser()
    assert parser.feed(f"event: x{end}data: 1{end}data: 2{end}".encode()) == []
    assert parser.feed(end.encode()) == [("x", "1\n2")]


def test_a_carriage_return_ends_a_line_at_once_and_its_line_feed_may_come_later() -> None:
    parser = SSEParser()
    assert parser.feed(b"data: 1\r\r") == [(None, "1")]
    assert parser.feed(b"\ndata: 2\n\n") == [(None, "2")]


def test_a_line_feed_is_skipped_only_right_after_a_carriage_return() -> None:
    parser = SSEParser()
    assert parser.feed(b"data: 1\r\r") == [(None, "1")]
    assert parser.feed(b"data: 2\n\n") == [(None, "2")]
    assert parser.feed(b"\ndata: 3\n") == []
    assert parser.feed(b"\n") == [(None, "3")]


def test_comments_ids_and_reconnection_times_make_no_events() -> None:
    assert SSEParser().feed(b": ping\n\nid: 1\nretry: 5\n\nevent: only-a-name\n\n") == []


def test_a_last_event_without_its_blank_line_is_dropped_and_counted() -> None:
    parser = SSEParser()
    assert parser.feed(b"data: 1\n\ndata: lost\n") == [(None, "1")]
    assert parser.close() == len(b"data: lost\n")
    assert parser.close() == 0


def test_events_before_a_bad_one_are_given_out_before_the_error() -> None:
    parser = SSEParser()
    assert parser.feed(b"data: 1\n\ndata: \xff\n\ndata: 3\n\n") == [(None, "1")]
    with pytest.raises(ProtocolError, match="not UTF-8"):
        parser.feed(b"data: 4\n\n")
    with pytest.raises(ProtocolError, match="not UTF-8"):
        parser.close()


def test_a_single_bad_event_is_an_error_at_once() -> None:
    with pytest.raises(ProtocolError, match="not UTF-8"):
        SSEParser().feed(b"data: \xff\n\n")


def test_an_event_of_just_the_limit_passes_and_one_byte_more_does_not() -> None:
    assert SSEParser(Limits(event=9)).feed(b"data: 123\n\n") == [(None, "123")]
    with pytest.raises(ProtocolError, match="more than 9 bytes"):
        SSEParser(Limits(event=9)).feed(b"data: 1234\n\n")


def test_many_events_together_may_be_larger_than_one_may_be() -> None:
    assert len(SSEParser(Limits(event=9)).feed(b"data: 123\n\n" * 50)) == 50


def test_an_endless_event_is_stopped_at_the_limit() -> None:
    endless = [b"data: " + b"x" * 94] * 20
    assert run(endless, Limits(event=1000)) == ([], "The provider sent an event of more than 1,000 bytes.")


def test_nothing_is_an_allowed_piece() -> None:
    parser = SSEParser()
    assert parser.feed(b"data: 1\r") == []
    assert parser.feed(b"") == []
    assert parser.feed(b"\n\r\n") == [(None, "1")]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_where_bytes_are_no_utf8_is_told_the_same_however_they_arrive(size: int) -> None:
    data = b"\n\r\n\n\ndata: one\xc9\n\ndata: two\n\n"
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert run(pieces) == ([], "The provider sent an event that is not UTF-8 (byte 9).")
