"""Dotted names are written and read back, and carry nothing that could drive a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.config.dotted import join, nearest, printable, split
from claif.errors import InvalidConfigError

PARTS = st.text(st.characters(exclude_characters='"\\', categories=["L", "N", "P", "S", "Zs"]), min_size=1)


@given(st.lists(PARTS.filter(str.isprintable), min_size=1, max_size=5).map(tuple))
def test_what_is_written_is_read_back(path):
    assert split(join(path)) == path


@pytest.mark.parametrize("name", ["", ".", "a.", ".a", "a..b", 'a."b', "a b", "a\nb", 'a."b"c', "${X}"])
def test_what_is_no_name_is_refused_with_an_example(name):
    with pytest.raises(InvalidConfigError) as caught:
        split(name)
    assert "general.timeout" in (caught.value.hint or "")


@given(st.text())
def test_nothing_that_drives_a_terminal_is_left(text):
    assert printable(text).isprintable()
    assert join([text]).isprintable()


def test_names_with_dots_are_quoted():
    assert join(("providers", "llama.cpp", "model")) == 'providers."llama.cpp".model'
    assert split("providers.'llama.cpp'.model") == ("providers", "llama.cpp", "model")


def test_the_nearest_known_word_is_suggested():
    assert nearest("timeot", ["output", "timeout"]) == '; did you mean "timeout"?'
    assert nearest("xyz", ["output", "timeout"]) == ""
