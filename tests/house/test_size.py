"""Rooms are small, and each says what it is for."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

import pytest

from house.tree import PACKAGE, PLUGINS, ROOT, sources, written

FILES = [*sources(PACKAGE), *sources(PLUGINS)]


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_longer_than_400_lines_and_half_of_the_sources_have_at_most_120() -> None:
    assert not [str(path.relative_to(ROOT)) for path in written(ROOT) if length(path) > 400]
    assert median(map(length, FILES)) <= 120


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_first_line_of_a_file_says_what_it_is_for(path) -> None:
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text))
