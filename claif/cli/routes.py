"""`claif routes`: names under which several providers answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from .complete.values import values
from .session import logging_options, session

CONTEXT = {"help_option_names": ["-h", "--help"]}

EPILOG = """\
\b
A route, in ~/.claif/config.toml:
  [routes.safe]
  members = ["claude", "openai/gpt-5-mini", { provider = "google", weight = 2 }]
  strategy = "priority"     # weighted, round-robin, least-busy, latency, cost, random
  deadline = 60             # seconds, over all attempts
  hedge_after = "p95"       # ask another member too when one takes long

\b
  claif -p safe "..."           asks the route
  claif -p openai,local "..."   asks the second if the first does not answer
"""


@click.group(short_help="Names under which several providers answer.", context_settings=CONTEXT, epilog=EPILOG)
def routes() -> None:
    """Names under which several providers answer for each other, and aliases."""


@routes.command("list", context_settings=CONTEXT)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@logging_options()
@click.pass_context
def list_routes(context: click.Context, /, as_json: bool) -> None:
    """List the routes and aliases of the configuration; nothing is asked."""
    from .route_rows import configured_routes

    rows = configured_routes(session(context))
    _print(rows, ("name", "members", "strategy", "deadline", "hedge after"), as_json=as_json)
    if not rows and not as_json:
        click.echo("There are none; see `claif routes --help`.", err=True)


@routes.command("test", context_settings=CONTEXT)
@click.argument("name", shell_complete=values("providers"))
@click.option("--timeout", metavar="SECONDS", type=float, default=30.0, show_default=True, help="For each member.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@logging_options()
@click.pass_context
def test_route(context: click.Context, /, name: str, timeout: float, as_json: bool) -> None:
    """Ask each member of a route, an alias or a list (a,b) for one word, all at once, and tell how each does.

    Members that cost money are asked too; an answer of one word costs next to nothing.
    """
    from .route_rows import tested_members

    rows = tested_members(session(context), name, timeout)
    _print(rows, ("member", "state", "first", "total", "detail"), as_json=as_json)
    context.exit(0 if any(row["state"] == "ok" for row in rows) else 4)


def _print(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        from .jsonout import write_line

        write_line([{key.replace(" ", "_"): value for key, value in row.items()} for row in rows])
        return
    if not rows:
        return
    from .style import out_style
    from .table import table

    cells = [[_cell(row[column]) for column in columns] for row in rows]
    click.echo(table([column.upper() for column in columns], cells, style=lambda line: out_style(line, bold=True)))


def _cell(value: Any) -> str | None:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, float):
        return f"{value:g} s" if value >= 1 else f"{value:.2g} s"
    return None if value is None else str(value)
