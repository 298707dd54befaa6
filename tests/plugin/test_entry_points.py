"""Entry points are read as the standard library reads them, only faster."""

from __future__ import annotations

from importlib.metadata import Distribution

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.plugin.entry_points import EntryPoint, is_plain_name, parse_entry_points, reference

words = st.text("abcxyz09_.-", min_size=1, max_size=6)
values = st.builds(lambda a, b, e: f"{a}:{b}{e}", words, words, st.sampled_from(["", " [extra]", "[a,b]"]))
lines = st.one_of(
    st.builds(lambda key, space, value: f"{key}{space}={space}{value}", words, st.sampled_from(["", " "]), values),
    st.sampled_from(["", "   ", "# comment", "#[not.a.group]", "  # indented"]),
    st.builds(lambda group: f"[{group}]", words),
)


class Oracle(Distribution):
    """A distribution as the standard library sees it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read_text(self, filename: str) -> str | None:
        return self.text if filename == "entry_points.txt" else None

    def locate_file(self, path: object) -> None:
        raise NotImplementedError


@given(st.lists(lines, max_size=12))
def test_the_parser_agrees_with_the_standard_library(texts: list[str]) -> None:
    """What `importlib.metadata` finds is found, in the same order, whatever the comments and blanks."""
    text = "\n".join(["[claif]", *texts])
    expected = [(point.group, point.name, point.value) for point in Oracle(text).entry_points]
    assert [tuple(point) for point in parse_entry_points(text)] == expected


def test_lines_before_any_group_and_lines_without_a_value_are_passed_over() -> None:
    """A damaged file yields what can be read of it."""
    assert parse_entry_points("a = b\n[claif]\nnonsense\nx = y:z\n[broken\nq = r") == [
        EntryPoint("claif", "x", "y:z"),
        EntryPoint("claif", "q", "r"),
    ]


@given(st.text())
def test_any_text_can_be_parsed(text: str) -> None:
    """No text makes the parser fail."""
    parse_entry_points(text)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("package", ("package", "")),
        ("package.module:Class", ("package.module", "Class")),
        ("package.module:Class.member [extra, other]", ("package.module", "Class.member")),
        ("package : name", ("package", "name")),
    ],
)
def test_a_value_is_split_into_module_and_object(value: str, parts: tuple[str, str]) -> None:
    """Extras are not part of either."""
    assert reference(value) == parts


@pytest.mark.parametrize("value", ["", ":x", "a:", "a..b", "a-b", "../x", "a:b c", "1a"])
def test_a_value_that_names_nothing_is_refused(value: str) -> None:
    """What is no dotted name cannot be imported."""
    with pytest.raises(ValueError, match="does not name"):
        reference(value)


@pytest.mark.parametrize("name", ["openai", "my-model", "a.b_c", "7b"])
def test_plain_names_are_accepted(name: str) -> None:
    """Letters, digits and a little punctuation."""
    assert is_plain_name(name)


@pytest.mark.parametrize("name", ["", "-x", ".x", "a b", "a/b", "é", "a\x1b", "a\n"])
def test_names_that_cannot_be_typed_or_printed_are_not_plain(name: str) -> None:
    """They would have to be quoted everywhere, or could drive a terminal."""
    assert not is_plain_name(name)
