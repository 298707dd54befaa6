"""One section of RESULTS.md, written by the program that measured it; the others stay as they are."""

from __future__ import annotations

import re
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
TITLES = (
    "On a calmer day",
    "Routes",
    "Costs",
    "Agents",
    "Across commands",
    "Child processes",
    "Fuzzing",
    "Mutation testing",
)
"""The sections that have a program of their own; they stand at the end of the page."""


def write_section(title: str, text: str, page: Path = RESULTS) -> None:
    """Put a section in the place of the old one, or at the end."""
    before = page.read_text() if page.exists() else "# Benchmark results\n"
    old = _section(title, before)
    above, _, below = before.partition(old) if old else (before, "", "")
    parts = [part.strip("\n") for part in (above, f"## {title}\n\n{text.strip()}", below)]
    page.write_text("\n\n".join(filter(None, parts)) + "\n")


def read_section(title: str, page: Path = RESULTS) -> str:
    """A section as it is now; empty if there is none."""
    return _section(title, page.read_text()) if page.exists() else ""


def other_sections(page: Path = RESULTS) -> str:
    """The sections with a program of their own, to be kept when the page is written anew."""
    text = page.read_text() if page.exists() else ""
    return "\n\n".join(section.strip("\n") for title in TITLES if (section := _section(title, text)))


def _section(title: str, page: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    return found.group() if found else ""
