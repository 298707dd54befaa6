"""What the site needs beside the pages: a front page, the charts, and links to files that are no pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Make the README the front page, and take the charts along."""
    readme = (ROOT / "README.md").read_text()
    index = re.sub(r"\]\(docs/", "](", readme).replace("](benchmarks/", "](")
    files.append(File.generated(config, "index.md", content=index))
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text().replace("](../docs/", "](")
    files.append(File.generated(config, "RESULTS.md", content=results))
    for chart in (ROOT / "benchmarks").glob("*.svg"):
        files.append(File.generated(config, chart.name, content=chart.read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - mkdocs gives them by name
    """Let pages refer to the results and the charts where they lie in the repository."""
    return markdown.replace("](../../benchmarks/", "](../")
