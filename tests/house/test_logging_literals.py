"""The text of a record is written in the code: what comes from elsewhere is a value, never a template (attack 22)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from house.tree import PACKAGE, PLUGINS, ROOT, sources

LOGGERS = frozenset({"log", "logger", "logging", "logs"})
METHODS = frozenset(
    {"trace", "debug", "info", "success", "warning", "warn", "error", "critical", "exception", "log", "fatal"}
)
FILES = [*sources(PACKAGE), *sources(PLUGINS)]


def log_calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls of a logger's methods."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            base = node.func.value
            name = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
            if name.strip("_") in LOGGERS:
                yield node


def is_literal(call: ast.Call) -> bool:
    texts = call.args[1:] if isinstance(call.func, ast.Attribute) and call.func.attr == "log" else call.args
    return bool(texts) and isinstance(texts[0], ast.Constant) and isinstance(texts[0].value, str)


def test_the_check_finds_what_is_no_literal() -> None:
    calls = (
        'logger.info("a {}", b)',
        "logger.info(b)",
        'logger.debug(f"{b}")',
        'logs.error("a" + b)',
        "self.log.warning(x)",
    )
    found = [is_literal(call) for text in calls for call in log_calls(ast.parse(text))]
    assert found == [True, False, False, False, False]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_first_argument_of_a_log_call_is_a_literal(path) -> None:
    wrong = [call.lineno for call in log_calls(ast.parse(path.read_text())) if not is_literal(call)]
    assert not wrong


def test_only_the_log_itself_imports_loguru() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in FILES
        if "loguru" in path.read_text() and PACKAGE / "logs" not in path.parents
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Import) and any(alias.name == "loguru" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "loguru")
    ]
    assert not wrong
