"""Whoever tells a tool to look away says which rule it is, and why."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from house.tree import ROOT, written

FILES = written(ROOT)
RUFF = re.compile(r"#\s*(?:ruff:\s*)?noqa\b(.*)")
RULES = re.compile(r": [A-Z]+\d+(, [A-Z]+\d+)* - \w")
MYPY = re.compile(r"#\s*type:\s*ignore\b(.*)")
CODES = re.compile(r"\[[a-z-]+(, [a-z-]+)*\]\s+# \w")


def unexplained(source: str) -> Iterator[int]:
    """Lines on which a rule is ignored that is not named, or without a reason."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        ruff, mypy = RUFF.search(token.string), MYPY.search(token.string)
        bare = ruff and not RULES.match(ruff[1])
        if bare or (mypy and not CODES.match(mypy[1])):
            yield token.start[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_ignore_names_its_rule_and_its_reason(path) -> None:
    assert list(unexplained(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("x = 1  # noqa", True),
        ("x = 1  # noqa: S101", True),
        ("x = 1  # noqa: S101 - it is a test", False),
        ("x = 1  # noqa: ASYNC102, SLF001 - bounded", False),
        ("# ruff: noqa", True),
        ("# ruff: noqa: S101 - assertions are the point", False),
        ("x = 1  # type: ignore", True),
        ("x = 1  # type: ignore[misc]", True),
        ("x = 1  # type: ignore[misc] # known only later", False),
        ("x = '# noqa'", False),
        ("x = 1  # a comment about noqa: that word", False),
    ],
)
def test_what_counts_as_unexplained(line: str, found: bool) -> None:
    assert bool(list(unexplained(line))) == found
