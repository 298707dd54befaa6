"""A key, or a word and Enter, is an answer; everything else is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cli.ask.answer import answer, edited


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        *[(text, "yes") for text in ("y", "Y", "y\n", "yes\n", " YES \r", "yes\nno\n")],
        *[(text, "no") for text in ("n", "N", "no\n", "\n", "\r", "\x04", " ", " \n")],
        *[(text, "always") for text in ("a", "A\n", "always\n")],
        *[(text, "more") for text in ("m", "more\n")],
        *[(text, "unknown") for text in ("x", "maybe\n", "yes please\n", "yy\n", "1", "ÿ\n")],
        *[(text, None) for text in ("", "ye", "yes", "no way")],
    ],
)
def test_what_was_typed_means_what_it_says(typed: str, said: str | None) -> None:
    assert answer(edited(typed), complete=True) == said


def test_a_key_may_become_a_word_as_long_as_more_may_follow() -> None:
    for key in "ynam":
        assert answer(key, complete=False) is None
    assert answer("\n", complete=False) == "no"
    assert answer("yes\n", complete=False) == "yes"


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("yeah\x7f\x7fs\n", "yes\n"),
        ("x\x08y", "y"),
        ("\x7f\x7fy", "y"),
        ("nope\x15y", "y"),
        ("nope\x17yes", "yes"),
        ("\x1b[A\x1b[1;5Dy", "y"),
        ("\x1bOPy", "y"),
        ("\x1b", ""),
        ("\x1b[1", ""),
        ("yes\r\n", "yes\n\n"),
        ("no\n\x7fy", "no\ny"),
    ],
)
def test_keys_that_erase_and_keys_that_are_no_characters_do_their_work(typed: str, left: str) -> None:
    assert edited(typed) == left


@given(st.text(st.sampled_from("yesnoalwm \n\r\x04\x1b[A\x7f\x15é"), max_size=12), st.booleans())
def test_only_the_very_words_allow_anything(typed: str, complete: bool) -> None:
    said = answer(edited(typed), complete=complete)
    first = edited(typed).partition("\n")[0].strip().lower()
    assert (said == "yes") <= (first in {"y", "yes"})
    assert (said == "always") <= (first in {"a", "always"})
