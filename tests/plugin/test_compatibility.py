"""A plugin fits this Claif if its `Requires-Dist` lines say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from claif.plugin.compatibility import check_compatibility
from claif.plugin.metadata import read_headers, requirement

from .sites import Site

VERSION = "2.0.0.dev0"


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("claif", ("claif", "", "")),
        ("claif>=2,<3", ("claif", ">=2,<3", "")),
        ("Claif (>=2,<3)", ("claif", ">=2,<3", "")),
        ("claif[testing] >=2 ; extra == 'test'", ("claif", ">=2", "extra == 'test'")),
        ("claif-shout>=1", ("claif-shout", ">=1", "")),
        ("claif @ file:///src/claif", ("claif", "@ file:///src/claif", "")),
    ],
)
def test_requirements_are_taken_apart(line: str, parts: tuple[str, str, str]) -> None:
    """Name, specifiers and marker, in the forms that build tools write."""
    assert tuple(requirement(line)) == parts


@pytest.mark.parametrize(
    "requires",
    [
        [],
        ["trio>=99"],
        ["claif"],
        ["claif>=2.0.0.dev0,<3"],
        ["claif (>=2.0.0.dev0,<3)"],
        ["claif[testing]>=9; extra == 'test'"],
        ["claif @ file:///src/claif"],
        ["claif-other>=99"],
    ],
)
def test_plugins_that_fit(site: Site, requires: list[str]) -> None:
    """Also those that do not say, and those that say it of an extra only."""
    assert check_compatibility(str(site.install("claif-a", requires=requires)), VERSION) == ("", "")


@pytest.mark.parametrize("needs", [">=3", "<2", ">=2", "==1.*", "~=1.4", ">=1,<2"])
def test_plugins_that_do_not_fit(site: Site, needs: str) -> None:
    """The reason names both versions."""
    folder = site.install("claif-a", requires=["trio", f"claif{needs}"])
    assert check_compatibility(str(folder), VERSION).problem == f"It needs claif {needs}, and this is {VERSION}."


@pytest.mark.parametrize("line", ["claif===2", "claif>=two", "claif>=2; python_version < '4'"])
def test_what_is_not_understood_fits_with_a_note(site: Site, line: str) -> None:
    """A requirement that we cannot judge keeps nobody from working."""
    problem, note = check_compatibility(str(site.install("claif-a", requires=[line])), VERSION)
    assert problem == ""
    assert line in note


def test_a_plugin_without_metadata_fits_with_a_note(tmp_path: Path) -> None:
    """There is nothing to judge it by."""
    assert "no metadata" in check_compatibility(str(tmp_path), VERSION).note


def test_only_the_headers_are_read(tmp_path: Path) -> None:
    """A line of the description that looks like a requirement is none, nor is one that continues a header."""
    text = "Name: claif-a\nSummary: one\n  Requires-Dist: claif>=9\n\nRequires-Dist: claif>=9\n"
    (tmp_path / "METADATA").write_text(text)
    assert read_headers(str(tmp_path)) == [("name", "claif-a"), ("summary", "one")]


def test_a_header_without_end_is_cut(tmp_path: Path) -> None:
    """Metadata of any size cannot fill the memory."""
    (tmp_path / "METADATA").write_text("X: y\n" * 100_000)
    assert len(read_headers(str(tmp_path))) < 60_000


def test_the_metadata_of_an_egg_info_folder_is_read(tmp_path: Path) -> None:
    """Editable installations of old keep it in `PKG-INFO`."""
    (tmp_path / "PKG-INFO").write_text("Name: claif-a\nVersion: 7\n")
    assert dict(read_headers(str(tmp_path)))["version"] == "7"
