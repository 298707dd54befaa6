"""The examples in the documentation are run as they stand, with the real embedded model."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from claif.config import ConfigLoader

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"<!-- run(?:: (?P<wish>[^\n]*))? -->\n```(?P<language>\w+)\n(?P<code>.*?)```", re.DOTALL)
TIMEOUT = 120
"""Seconds after which an example counts as hung."""


def examples() -> list[tuple[str, str, str, str]]:
    return [
        (
            f"{page.relative_to(ROOT)}:{page.read_text()[: found.start()].count(chr(10)) + 1}",
            *found.group("language", "code"),
            found["wish"] or "",
        )
        for page in PAGES
        for found in BLOCK.finditer(page.read_text())
    ]


def test_there_are_examples() -> None:
    assert len(examples()) >= 6


@pytest.mark.parametrize(("place", "language", "code", "wish"), examples(), ids=[example[0] for example in examples()])
def test_an_example_does_what_the_page_says(
    place: str, language: str, code: str, wish: str, tmp_path: Path, model_home: Path
) -> None:
    if language == "console":
        assert all(line.startswith("$ ") for line in code.splitlines()), "an example that is run shows commands only"
        script = "set -e\n" + re.sub(r"^\$ ", "", code, flags=re.MULTILINE)
        command = ["bash", "-c", script]
    else:
        command = [sys.executable, "-c", code]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    environment |= {
        "CLAIF_HOME": str(model_home),
        "CLAIF_OFFLINE": "1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    output = done.stdout + done.stderr
    assert (done.returncode != 0) == wish.startswith("fails"), output
    if "says " in wish:
        assert wish.split("says ", 1)[1].lower() in output.lower()
    if not wish.startswith("fails"):
        assert bool(done.stdout) != wish.startswith("silent"), f"{place}: {output}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_that_is_not_run_here_says_what_runs_it_or_why_nothing_can(page: Path) -> None:
    for marker, language, code in re.findall(r"(?:<!-- (.*?) -->\n)?```(\w+)\n(.*?)```", page.read_text(), re.DOTALL):
        if language in {"python", "console"}:
            kind, _, reason = marker.partition(": ")
            assert kind in {"run", "file", "application"} or (kind == "shown" and reason), f"in front of:\n{code}"
            for path in re.findall(r"\S+/test_\w+\.py", reason if kind == "shown" else ""):
                assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_configuration_in_a_page_is_valid(page: Path) -> None:
    for code in re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL):
        table = tomllib.loads(code)
        if not {"project", "build-system", "tool"} >= set(table):
            ConfigLoader.from_mapping(table).build()


def test_every_python_example_of_the_pages_at_least_compiles() -> None:
    for page in PAGES:
        for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
            compile(code, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
