"""Patterns mean the files that a shell would take for them, and no link leads in circles."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claif.cli.batch.places import output_places
from claif.cli.files import expand
from claif.errors import InvalidQueryError

FILES = [
    "a.md",
    "b.txt",
    ".hidden.md",
    "docs/a.md",
    "docs/b.md",
    "docs/deep/c.md",
    "docs/.git/d.md",
    "x[1].md",
    "x1.md",
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


PATTERNS = [
    *("*.md", "*", "docs/*.md", "**/*.md", "docs/**/*.md", "d*/*", "*/*/c.md", "[ab].*", "?.md", "docs/**", ".*.md"),
    *("./*.md", "**/deep/*", "x[[]1].md", "docs/../*.txt", "**/**/*.md"),
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_means_what_it_means_elsewhere(here: Path, pattern: str) -> None:
    wanted = sorted(name for name in set(glob.glob(pattern, recursive=True)) if os.path.isfile(name))
    assert expand([pattern]) == wanted
    absolute = os.path.join(here, pattern)
    assert expand([absolute]) == [os.path.join(here, name) for name in wanted]


def test_a_name_is_a_name_even_if_it_looks_like_a_pattern(here: Path) -> None:
    assert expand(["x[1].md"]) == ["x[1].md"]


def test_each_file_comes_once_in_the_order_of_the_patterns(here: Path) -> None:
    assert expand(["docs/b.md", "docs/*.md", "a.md"]) == ["docs/b.md", "docs/a.md", "a.md"]


def test_links_to_folders_lead_nowhere_but_links_to_files_are_files(here: Path) -> None:
    (here / "docs" / "loop").symlink_to(here)
    (here / "docs" / "deep" / "self").symlink_to(".")
    (here / "docs" / "link.md").symlink_to("a.md")
    (here / "docs" / "dangling.md").symlink_to("nowhere")
    assert expand(["**/*.md"]) == [
        *("a.md", "docs/a.md", "docs/b.md", "docs/deep/c.md", "docs/link.md", "x1.md", "x[1].md")
    ]


@pytest.mark.parametrize(("pattern", "says"), [("n*", "No file matches"), ("n.md", "no file"), ("docs", "is a folder")])
def test_what_means_no_file_is_refused(here: Path, pattern: str, says: str) -> None:
    with pytest.raises(InvalidQueryError, match=says):
        expand([pattern])


def test_answers_lie_as_their_files_do(here: Path) -> None:
    outside = os.path.join(os.sep, "etc", "x.md")
    places = output_places(["a.md", "docs/deep/c.md", "b.txt", outside], "out", as_json=False)
    assert [places[name] for name in places] == [
        *("out/a.md", "out/docs/deep/c.md", "out/b.txt.md", "out/etc/x.md"),
    ]
    assert output_places(["a.md"], "out", as_json=True) == {"a.md": "out/a.md.json"}
    assert output_places(["a.md"], None, as_json=True) == {"a.md": ""}


@pytest.mark.parametrize(
    ("files", "out"), [(["a.md"], "."), (["b.txt", "b.txt.md"], "out"), (["a.md", "docs/a.md"], "docs")]
)
def test_no_answer_takes_the_place_of_a_file_or_of_another_answer(here: Path, files: list[str], out: str) -> None:
    with pytest.raises(InvalidQueryError, match="take the place"):
        output_places(files, out, as_json=False)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["..", "a", "b.md", "c"]), min_size=1, max_size=4), max_size=6))
def test_every_answer_is_below_the_folder(parts: list[list[str]]) -> None:
    files = ["/".join(part) for part in parts]
    try:
        places = output_places(files, "out", as_json=False)
    except InvalidQueryError:
        return
    for place in places.values():
        assert os.path.abspath(place).startswith(os.path.abspath("out") + os.sep)
