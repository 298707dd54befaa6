"""Joined chunks mean to an HTTP parser what the chunks meant."""

from __future__ import annotations

import h11
from hypothesis import example, given
from hypothesis import strategies as st

from claif.transport.chunks import ChunkJoiner

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def parse(pieces: list[bytes]) -> tuple[bytes, str]:
    """What h11 makes of the pieces of one response, the body as a whole, and how it ends."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "h")]))
    connection.send(h11.EndOfMessage())
    body = b""
    try:
        for piece in [*filter(None, pieces), b""]:
            connection.receive_data(piece)
            while True:
                event = connection.next_event()
                if isinstance(event, h11.Data):
                    body += bytes(event.data)
                elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)) or event is h11.PAUSED:
                    return body, "end"
                elif event is h11.NEED_DATA:
                    break
    except h11.RemoteProtocolError:
        return body, "error"
    return body, "open"


def join(pieces: list[bytes]) -> list[bytes]:
    """What the joiner makes of the pieces."""
    joiner = ChunkJoiner()
    return [joined for piece in pieces if piece and (joined := joiner.feed(piece))]


def cut(data: bytes, borders: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    places = sorted({border % (len(data) + 1) for border in borders})
    return [data[start:stop] for start, stop in zip([0, *places], [*places, len(data)], strict=True)]


sizes = st.sampled_from(["%x", "%X", "%04x", "%x;extension=1", "%x ", "%09x"])
good = st.builds(
    lambda chunks, end: b"".join((size % len(data)).encode() + b"\r\n" + data + b"\r\n" for size, data in chunks) + end,
    st.lists(st.tuples(sizes, st.binary(min_size=1, max_size=20)), max_size=8),
    st.sampled_from([b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"", b"-1\r\n", b"5\r\nabc"]),
)
bad = st.text(st.sampled_from("0123afx;\r\n "), max_size=40).map(str.encode)
heads = st.sampled_from(
    [
        HEAD,
        HEAD.lower().replace(b"http", b"HTTP"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD,
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
    ]
)


@given(heads, good | bad, st.lists(st.integers(0, 10_000), max_size=10))
@example(HEAD, b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n", [])
@example(HEAD, b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n", [len(HEAD), len(HEAD) + 1, len(HEAD) + 8])
@example(HEAD, b"1\r\na\r\n1\r\nbXX0\r\n\r\n", [])
def test_the_body_and_its_end_stay_the_same_whatever_arrives_and_wherever_it_is_cut(
    head: bytes, body: bytes, borders: list[int]
) -> None:
    pieces = cut(head + body, borders)
    assert parse(join(pieces)) == parse(pieces)


def test_whole_chunks_that_arrive_together_become_one() -> None:
    assert join([HEAD + b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"]) == [HEAD + b"3\r\nabc\r\n0\r\n\r\n"]


def test_the_rest_of_a_chunk_passes_first_and_a_part_of_the_next_last() -> None:
    pieces = [HEAD + b"4\r\nab", b"cd\r\n1\r\ne\r\n1\r\nf\r\n3\r\ngh"]
    assert join(pieces)[1] == b"cd\r\n2\r\nef\r\n3\r\ngh"


def test_a_size_that_is_cut_in_two_is_held_back_until_it_is_whole() -> None:
    joiner = ChunkJoiner()
    joiner.feed(HEAD)
    assert joiner.feed(b"1") == b""
    assert joiner.feed(b"\r\na\r\n1\r\nb\r\n") == b"2\r\nab\r\n"


def test_the_next_response_begins_anew() -> None:
    joiner = ChunkJoiner()
    joiner.feed(HEAD + b"0\r\n\r\n")
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n1\r\na\r\n1\r\nb\r\n"
    joiner.begin()
    assert joiner.feed(plain) == plain
