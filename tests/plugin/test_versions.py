"""Versions are compared as `packaging` compares them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from claif.plugin.versions import parse_version, satisfies

numbers = st.integers(0, 3)
releases = st.lists(numbers, min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))


def _maybe(text: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), text)


pre = st.builds("{}{}{}".format, st.sampled_from(["a", "b", "rc", ".alpha.", "-c"]), numbers, st.just(""))
versions = st.builds(
    "{}{}{}{}{}".format,
    _maybe(st.just("1!")),
    releases,
    _maybe(pre),
    _maybe(st.builds("{}{}".format, st.sampled_from([".post", "-r", "-"]), numbers)),
    _maybe(st.builds("{}{}".format, st.sampled_from([".dev", "dev"]), numbers)),
)
local = st.builds("{}{}".format, versions, _maybe(st.sampled_from(["+abc", "+1.2", "+a-B"])))
clauses = st.one_of(
    st.builds("{}{}".format, st.sampled_from([">=", "<=", "<", ">", "~="]), versions),
    st.builds("{}{}".format, st.sampled_from(["==", "!="]), local),
    st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), releases),
)


@given(local, local)
def test_versions_are_ordered_as_pep_440_says(first: str, second: str) -> None:
    """Without their local parts, they compare as those of `packaging`."""
    ours, others = parse_version(first), parse_version(second)
    assert ours is not None
    assert others is not None
    expected = Version(Version(first).public) < Version(Version(second).public)
    assert (ours.key < others.key) is expected


@given(local, st.lists(clauses, max_size=3))
def test_specifiers_mean_what_they_mean_to_packaging(version: str, parts: list[str]) -> None:
    """Where `packaging` has an answer, ours is the same; where it has none, so have we."""
    text = ",".join(parts)
    try:
        expected: bool | None = SpecifierSet(text).contains(version, prereleases=True)
    except InvalidSpecifier:
        expected = None
    assert satisfies(version, text) is expected


@pytest.mark.parametrize(
    ("version", "specifiers", "expected"),
    [
        ("2.0.0.dev0", ">=2.0.0.dev0,<3", True),
        ("2.0.0.dev0", ">=2", False),
        ("3.0.0.dev1", ">=2.0.0.dev0,<3", False),
        ("2.1", ">=2.0.0.dev0, <3", True),
        ("2.0.0.dev0", "", True),
        ("1.9", "~=2.0", False),
        ("2.9", "~=2.0", True),
    ],
)
def test_the_requirements_of_plugins_are_judged_rightly(version: str, specifiers: str, expected: bool) -> None:
    """Development versions of Claif suit the plugins that are developed with them, and only these."""
    assert satisfies(version, specifiers) is expected


@pytest.mark.parametrize(
    "specifiers", ["2", "===2.0", ">=two", ">2,<three", "==2.*.1", "==2.0a1.*", "@ file:///x", ">=2 <3", "~=2"]
)
def test_what_is_not_understood_has_no_answer(specifiers: str) -> None:
    """A form that we do not know is neither allowed nor refused."""
    assert satisfies("2.0", specifiers) is None


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_breaks_the_comparison(version: str, specifiers: str) -> None:
    """Metadata can hold anything."""
    assert satisfies(version, specifiers) in {True, False, None}


def test_absurdly_long_versions_are_not_parsed() -> None:
    """A version of a million digits would cost seconds."""
    assert parse_version("1" * 1_000_000) is None
