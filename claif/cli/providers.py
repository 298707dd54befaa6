"""`claif providers`: who can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from .session import logging_options, session

CONTEXT = {"help_option_names": ["-h", "--help"]}

STATUS_EPILOG = """\
\b
States:
  ready          it can be asked
  no key         it needs an API key; the hint names the variable
  not installed  something that it needs is not on this machine
  broken         it cannot be loaded; see `claif plugins list`
  incompatible   it was made for another version of Claif
  conflict       two plugins claim its name; the hint tells how to choose
  disabled       it is switched off

\b
Sandbox, of agents:
  bubblewrap, landlock, group or environment, as `claif doctor` explains;
  refused if sandbox.level requires more than there is here

\b
Warm: how many processes of it wait for the next command; see `claif agent`.

\b
Where limits are shared with others ([shared]), it is told below the table
whom they leave alone now because it failed.
"""


@click.group(short_help="Who can be asked, and what they lack.", context_settings=CONTEXT)
def providers() -> None:
    """Who can be asked: providers of plugins, and those that the configuration defines."""


@providers.command("list", context_settings=CONTEXT)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@logging_options()
@click.pass_context
def list_providers(context: click.Context, /, as_json: bool) -> None:
    """List the providers without loading any; * marks the one that is asked when none is named."""
    from .provider_rows import known_providers

    rows = known_providers(session(context))
    _print(rows, ("name", "type", "plugin", "version"), as_json=as_json)


@providers.command("status", epilog=STATUS_EPILOG, context_settings=CONTEXT)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@logging_options()
@click.pass_context
def status(context: click.Context, /, as_json: bool) -> None:
    """Load each provider and tell what it can do, whether it can be asked, and if not, why and what helps.

    No provider is asked over the network; * marks the one that is asked when none is named.
    """
    from .provider_rows import loaded_providers

    rows = loaded_providers(session(context))
    _print(rows, ("name", "state", "type", "plugin", "version", "sandbox", "warm", "capabilities"), as_json=as_json)
    if not as_json:
        _explain(rows)


def _print(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        from .jsonout import write_line

        write_line(rows)
        return
    from .style import out_style
    from .table import table

    cells = [["*" if row["default"] else "", *[_cell(row, column) for column in columns]] for row in rows]
    click.echo(
        table(["", *[column.upper() for column in columns]], cells, style=lambda line: out_style(line, bold=True))
    )


def _cell(row: Mapping[str, Any], column: str) -> str:
    value = row[column]
    if (column == "type" and value == row["name"]) or (column == "warm" and not value):
        return ""
    return ", ".join(value) if isinstance(value, list) else str(value)


def _explain(rows: Sequence[Mapping[str, Any]]) -> None:
    """Why providers cannot be asked, and what helps."""
    from .sanitize import one_line
    from .style import out_style

    for row in rows:
        if row["detail"]:
            click.echo(f"\n{out_style(row['name'], bold=True)}: {one_line(row['detail'])}")
            if row["hint"]:
                click.echo(out_style(f"  {one_line(row['hint'])}", dim=True))
        if row["left_alone"] is not None:
            who = out_style(row["name"], bold=True)
            click.echo(f"\n{who}: it failed, and the others leave it alone for {row['left_alone']:.0f} s.")
