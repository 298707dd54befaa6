"""What `claif plugins check` finds and prints."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import click

from ..plugin.manager import PluginManager
from .log import read_config
from .sanitize import one_line
from .style import out_style
from .table import table

if TYPE_CHECKING:
    from ..plugin.audit import Audit
    from ..plugin.trial import Trial
    from .session import Session

KINDS = {"claif": "hooks", "claif.providers": "provider", "claif.commands": "command"}
"""Entry-point group -> what it brings, in a word."""


def audit_plugins(names: Collection[str], state: Session, *, timeout: float) -> list[Audit]:
    """Try the plugins of this environment, under the switches of the command line; see `claif.plugin.audit`."""
    import trio

    from ..plugin.audit import audit
    from .root import COMMANDS

    manager = PluginManager.for_config(read_config(state), off=state.no_plugins)

    async def run() -> list[Audit]:
        return await audit(manager, names, timeout=timeout, taken=COMMANDS)

    return trio.run(run)


def print_audits(audits: Sequence[Audit]) -> None:
    """A table of all parts, and below it what is wrong and what is worth knowing."""
    if not audits:
        click.echo("There is no plugin to check.")
        return
    headers = ("PLUGIN", "PART", "RESULT", "IMPORTED IN", "MODULES", "HOOKS")
    cells = [row for audit in audits for row in _rows(audit)]
    click.echo(table(headers, cells, style=lambda line: out_style(line, bold=True)))
    for audit in audits:
        for problem in audit.problems:
            _say(audit.name, problem, audit.hint)
        for part in audit.parts:
            for remark in (*part.problems, *part.notes):
                _say(f"{audit.name}, {_title(part)} ({part.value})", remark)


def _rows(audit: Audit) -> list[tuple[str, ...]]:
    if not audit.parts:
        return [(audit.name, "", "wrong" if audit.problems else "ok", "", "", "")]
    return [
        (
            audit.name,
            _title(part),
            "wrong" if part.problems or audit.problems else "ok",
            f"{part.seconds * 1000:.0f} ms",
            str(part.modules),
            ", ".join(part.hooks),
        )
        for part in audit.parts
    ]


def _title(part: Trial) -> str:
    return f"{KINDS[part.group]} {part.name}"


def _say(where: str, what: str, hint: str = "") -> None:
    click.echo(f"\n{out_style(one_line(where), bold=True)}: {one_line(what)}")
    if hint:
        click.echo(out_style(f"  {one_line(hint)}", dim=True))
