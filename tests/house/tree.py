"""The project's own source, read as text for the tests of the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "claif"
PLUGINS = ROOT / "plugins"

LAZY = ("claif", "claif.api", "claif.config", "claif.testing", "claif.transport", "claif.__main__")
"""Modules that only name what lies elsewhere."""


def module_name(path: Path, root: Path = ROOT) -> str:
    """`claif/models/query.py` -> `claif.models.query`."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(folder: Path) -> list[Path]:
    """Python files of a package, not those of its tests or builds."""
    return [path for path in written(folder) if "tests" not in path.relative_to(ROOT).parts]


def written(folder: Path) -> list[Path]:
    """Python files that somebody wrote, tests among them; not what was built, or fetched into a hidden folder."""
    files = [path for path in folder.rglob("*.py") if "build" not in path.relative_to(ROOT).parts]
    return sorted(path for path in files if not any(part[0] == "." for part in path.relative_to(ROOT).parts))


def imports(path: Path, *, name: str | None = None) -> Iterator[tuple[str, int]]:
    """The absolute names of what a file imports, with their lines; blocks under `TYPE_CHECKING` do not count."""
    name = name or module_name(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _run_time_nodes(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{source}.{alias.name}", node.lineno


def _run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                yield other
                yield from _run_time_nodes(other)
            continue
        yield node
        yield from _run_time_nodes(node)
