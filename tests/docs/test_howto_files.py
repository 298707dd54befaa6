"""The how-tos of plugins show what `claif plugins new` writes, as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from claif.cli.plugins import KINDS
from claif.scaffold.names import names_of
from claif.scaffold.render import project_files

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = {
    "write-a-provider.md": ("acme", "provider"),
    "write-a-processor.md": ("tidy", "processor"),
    "write-a-query-layer.md": ("stopwatch", "middleware"),
    "write-a-config-source.md": ("team", "config"),
    "write-a-command.md": ("stopclock", "command"),
}
QUOTED = [
    (page, *found)
    for page in PAGES
    for found in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", (HOW_TO / page).read_text(), re.DOTALL)
]


def test_each_kind_has_its_page() -> None:
    assert [kind for _, kind in PAGES.values()] == list(KINDS)


@pytest.mark.parametrize(("page", "path", "code"), QUOTED, ids=[f"{page}:{path}" for page, path, _ in QUOTED])
def test_a_code_block_is_the_generated_file_that_it_names(page: str, path: str, code: str) -> None:
    """To the last character."""
    name, kind = PAGES[page]
    assert project_files(kind, names_of(name))[path] == code


@pytest.mark.parametrize("page", PAGES)
def test_a_page_begins_with_the_command_that_makes_its_files(page: str) -> None:
    name, kind = PAGES[page]
    text = (HOW_TO / page).read_text()
    assert f"<!-- run -->\n```console\n$ claif plugins new {name} --kind {kind}\n```" in text
    languages = re.findall(r"^```(\w+)$", text, re.MULTILINE)
    assert len([each for each in languages if each != "console"]) == len(
        [quote for quote in QUOTED if quote[0] == page]
    )
