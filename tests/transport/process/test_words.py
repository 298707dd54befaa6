"""The last words of a program: the line that tells the most, in one line, without secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import memory_stream_one_way_pair

from claif.config.secret import MASK, Secret
from claif.transport.process.words import RING, SHOWN, Words


async def words_of(*pieces: bytes, noise: tuple[str, ...] = ()) -> Words:
    """What is kept of a standard error that comes in pieces."""
    words = Words()
    send, receive = memory_stream_one_way_pair()
    for piece in pieces:
        await send.send_all(piece)
    await send.aclose()
    await words.drain(receive)
    for line in noise:
        words.noise(line)
    return words


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"", ""),
        (b"\n \n", ""),
        (b"one\ntwo\n\n", "two"),
        (b"starting\nError: no such model\n    at main (cli.js:1)\n\nNode.js v20.20.0\n", "Error: no such model"),
        (b"\x1b[31mfatal: it broke\x1b[0m\n", " [31mfatal: it broke [0m"),
        (b"caf\xc3\xa9 \xff\n", "caf\u00e9 \ufffd"),
        (b"half a line", "half a line"),
    ],
)
async def test_the_line_that_speaks_of_an_error_is_told_or_else_the_last_one(written: bytes, told: str) -> None:
    words = await words_of(written)
    assert words.text() == told
    assert words.drained.is_set()


async def test_what_was_no_record_is_told_if_standard_error_is_silent() -> None:
    assert (await words_of(noise=("hello", "cannot find the model"))).text() == "cannot find the model"
    assert (await words_of(b"it broke\n", noise=("hello",))).text() == "it broke"


async def test_no_secret_is_told_not_even_where_a_long_line_is_cut() -> None:
    key = Secret("canary-0123456789-canary")
    words = await words_of(b"Error: bad key " + key.reveal().encode() + b"x" * (SHOWN - 12) + b"\n")
    assert "0123456789" not in words.text()
    assert len(words.text()) <= SHOWN + 1
    assert MASK in (await words_of(b"Error: bad key " + key.reveal().encode())).text()


async def test_a_flood_is_kept_to_its_end() -> None:
    words = await words_of(*[b"x" * 10_000] * 100, b"\nthe end\n")
    assert words.text() == "the end"
    assert len(words._ring) <= 2 * RING


@given(st.binary(max_size=500))
async def test_whatever_is_written_is_one_printable_line(written: bytes) -> None:
    text = (await words_of(written)).text()
    assert text.isprintable()
    assert len(text) <= SHOWN + 1
