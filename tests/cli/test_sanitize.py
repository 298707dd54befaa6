"""Whatever a model sends and wherever it is cut, nothing that drives a terminal is left."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cli.sanitize import LONGEST, Sanitizer, one_line, sanitize

NASTY = st.sampled_from("\x1b[]PX^_\\\x07\x9b\x9c\x9d\x90\r\n\t0;m \u202e\u2066\U000e0041\x08\x7f\x18é世x\u200d")
TEXTS = st.one_of(st.text(NASTY, max_size=60), st.text(max_size=60))
FORBIDDEN = {
    *(chr(code) for code in range(0x20) if chr(code) not in "\t\n"),
    *(chr(code) for code in range(0x7F, 0xA0)),
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *(chr(code) for code in range(0xE0000, 0xE0080)),
}


@given(TEXTS, st.lists(st.integers(0, 60)))
def test_where_a_text_is_cut_makes_no_difference(text, cuts):
    sanitizer = Sanitizer()
    borders = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [sanitizer.feed(text[begin:end]) for begin, end in pairwise(borders)]
    assert "".join(pieces) == sanitize(text)


LONG = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["\x1b[", "\x1b]", "\x1b", "\x9b", "\x9d", "\x1b "]),
        st.builds(str.__mul__, st.sampled_from("1 x;"), st.integers(LONGEST - 3, LONGEST + 3)),
        st.sampled_from(["\x07", "m", "\x1b\\", "\r\n", "é", ""]),
    ),
    min_size=1,
    max_size=3,
).map("".join)


@given(LONG, st.lists(st.integers(0, 3 * LONGEST), max_size=6), st.integers(0, 3))
def test_nor_does_it_where_a_sequence_becomes_too_long(text, cuts, near):
    sanitizer = Sanitizer()
    places = [LONGEST - 1 + near, *cuts]
    borders = [0, *sorted(min(cut, len(text)) for cut in places), len(text)]
    pieces = [sanitizer.feed(text[begin:end]) for begin, end in pairwise(borders)]
    assert "".join(pieces) == sanitize(text)


@pytest.mark.parametrize(
    ("chunks", "shown"),
    [
        (["a\r", "\n\x07b"], "a\nb"),
        (["a\x07", "\n\x07b"], "a\nb"),
        (["a\r", "", "\nb\r", "c"], "a\nb\nc"),
        (["a\x1b", "", "[31", "mb"], "ab"),
        (["a\x1b ", "[31mb"], "a31mb"),
        (["a\x1b[ ", " ", "qb"], "ab"),
        (["a\x1b]0;", "title\x1b", "\\b"], "ab"),
        (["a\x9d", "0;title\x9c", "b"], "ab"),
        (["a\x1b[1", "\nb"], "a\nb"),
    ],
)
def test_a_sequence_goes_on_in_the_next_chunk(chunks, shown):
    sanitizer = Sanitizer()
    assert "".join([sanitizer.feed(chunk) for chunk in chunks]) == shown == sanitize("".join(chunks))


@given(TEXTS)
def test_no_forbidden_character_is_ever_left(text):
    assert not FORBIDDEN & set(sanitize(text))


@given(TEXTS)
def test_sanitizing_twice_is_sanitizing_once(text):
    assert sanitize(sanitize(text)) == sanitize(text)


@given(st.text(st.characters(exclude_characters="".join(FORBIDDEN))))
def test_harmless_text_passes_unchanged(text):
    assert sanitize(text) == text


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("a\x1b[31mb\x1b[0mc", "abc"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]52;c;ZXZpbA==\x1b\\b", "ab"),
        ("a\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1bP+q544e\x1b\\b", "ab"),
        ("a\x1b[2J\x1b[Hb", "ab"),
        ("a\x9b31mb", "ab"),
        ("a\x9d0;title\x9cb", "ab"),
        ("a\x1bcb", "ab"),
        ("a\x1b(0b", "ab"),
        ("safe\rEVIL", "safe\nEVIL"),
        ("one\r\ntwo", "one\ntwo"),
        ("abc\b\b\bxyz", "abcxyz"),
        ("ring\x07", "ring"),
        ("user\u202etxt.exe", "usertxt.exe"),
        ("tag\U000e0041\U000e007fged", "tagged"),
        ("👩\u200d👧 \u200f\u05e9\u05dc", "👩\u200d👧 \u200f\u05e9\u05dc"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\x1b[31\nb", "a\nb"),
        ("a\x1b]0;never ends\nb", "a\nb"),
        ("a\x1b\x1b[31mb", "ab"),
    ],
)
def test_sequences_go_and_text_stays(given_text, shown):
    assert sanitize(given_text) == shown


def test_a_sequence_that_never_ends_does_not_swallow_the_answer():
    assert sanitize("\x1b]" + "x" * (LONGEST + 100)) == "x" * 100
    assert sanitize("\x1b[" + "1" * (LONGEST + 100)) == "1" * 100
    assert sanitize("\x1b" + " " * (LONGEST + 100)) == " " * 100
    assert sanitize("\x1b]" + "x" * LONGEST + "\x07y") == "y"
    assert sanitize("\x1b]" + "x" * LONGEST + "\ny") == "\ny"


@pytest.mark.parametrize("unit", ["\x1b", "\x1b[", "\x1b]", "\x1b]x", "\r", "\x9b1", "a\x1b[1", "\x90\n"])
def test_the_time_is_linear_in_the_text(unit):
    """A quarter of a megabyte takes less than a tenth of the time that the assertion grants to slow machines."""
    text = unit * (2**18 // len(unit))
    began = time.process_time()
    sanitize(text)
    assert time.process_time() - began < 2


def test_a_line_for_messages_has_no_line_breaks_and_an_end():
    assert one_line("a\nb\x1b[31m\tc  d") == "a b c d"
    assert one_line("x" * 5000, 10) == "x" * 9 + "…"
    assert one_line("x" * 10, 10) == "x" * 10
