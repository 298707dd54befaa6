"""The tutorial shows the files of its example as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial"
EXAMPLE = TUTORIAL / "example-plugin"
TEXT = (TUTORIAL / "your-first-plugin.md").read_text()
QUOTED = re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize(("name", "code"), QUOTED, ids=[name for name, _ in QUOTED])
def test_a_code_block_is_the_file_that_it_names(name: str, code: str) -> None:
    """To the last character."""
    assert (EXAMPLE / name).read_text() == code


def test_every_file_is_shown() -> None:
    """Who types the tutorial off has a whole plugin."""
    ignored = {"__pycache__", "build"}
    files = {
        path.relative_to(EXAMPLE).as_posix()
        for path in EXAMPLE.rglob("*")
        if path.is_file() and not any(part in ignored or part.endswith(".egg-info") for part in path.parts)
    }
    assert files == {name for name, _ in QUOTED}


def test_every_block_that_is_no_console_names_its_file() -> None:
    """There is no code that nobody runs."""
    languages = re.findall(r"^```(\w+)$", TEXT, re.MULTILINE)
    assert len([language for language in languages if language != "console"]) == len(QUOTED)
