"""What `claif install` shows of each agent: as data, and as a table for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .sanitize import one_line
from .style import out_style
from .table import table

if TYPE_CHECKING:
    from ..install.state import State

_COLUMNS = ("name", "state", "version", "by", "login", "to install")
_BY = {"claif": "Claif", "configuration": "your configuration", "path": "PATH", "": ""}


def row(state: State) -> dict[str, Any]:
    """The data of an agent."""
    return {
        "name": state.program.name,
        "title": state.program.title,
        "state": _state(state),
        "version": state.version,
        "by": state.by,
        "path": str(state.path) if state.path else "",
        "problem": state.problem,
        "login": state.login.state,
        "login_where": state.login.where,
        "available": "" if state.way is None else state.way.version,
        "way": "" if state.way is None else state.way.kind,
        "obstacle": state.obstacle,
    }


def _state(state: State) -> str:
    if state.problem:
        return "broken"
    return "ready" if state.by else "not installed"


def table_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table, and below it what does not fit into one."""
    cells = [
        (
            row["name"],
            row["state"],
            row["version"],
            _BY[row["by"]],
            _login(row),
            _available(row),
        )
        for row in rows
    ]
    lines = [table([name.upper() for name in _COLUMNS], cells, style=lambda line: out_style(line, bold=True))]
    for row in rows:
        facts = (row["path"], row["problem"], row["obstacle"])
        lines += [f"\n{out_style(row['name'], bold=True)}: {one_line(fact)}" for fact in facts if fact]
    return "\n".join(lines)


def _login(row: Mapping[str, Any]) -> str:
    if row["login"] == "none":
        return "none" if row["by"] else ""
    return f"{row['login']} ({_short(row['login_where'])})"


def _available(row: Mapping[str, Any]) -> str:
    return f"{row['available']} ({row['way']})" if row["available"] else ""


def _short(path: str) -> str:
    home = f"{Path.home()}/"
    return f"~/{path.removeprefix(home)}" if path.startswith(home) else path
