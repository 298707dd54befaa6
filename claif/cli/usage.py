"""`claif usage`: what queries took and cost."""

from __future__ import annotations

from typing import Any

import click

from .session import logging_options, session

CONTEXT = {"help_option_names": ["-h", "--help"]}
GROUPS = ("day", "provider", "model", "route", "tag")
SINCE = click.option("--since", metavar="TIME", default="30d", show_default=True, help="A day (UTC), or how long ago.")
UNTIL = click.option("--until", metavar="TIME", help="Likewise; that day counts too.")

EPILOG = """\
\b
Examples:
  claif usage --by model --since 7d
  claif usage --by tag --since 2026-11-01 --until 2026-11-30 --csv
  claif usage calls -n 5

\b
Costs are as providers tell them, or by the prices of the package
genai-prices (pip install 'claif[cost]') or of your configuration. What nobody
knows is not counted as nothing, but said: "≥" is "at least".

\b
Budgets, in ~/.claif/config.toml:
  [budget]
  day = 5.00       # US dollars; also month, and query for a single one
  [budget.tags.research]
  month = 20.00
"""


@click.group(
    invoke_without_command=True,
    short_help="What queries took and cost, and what of budgets is spent.",
    context_settings=CONTEXT,
    epilog=EPILOG,
)
@click.option("--by", type=click.Choice(GROUPS), default="day", show_default=True, help="What to add up by.")
@SINCE
@UNTIL
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
@logging_options()
@click.pass_context
def usage(context: click.Context, /, by: str, since: str, until: str | None, **forms: bool) -> None:
    """Tell what queries took and cost, and what of your budgets is spent; nothing is asked."""
    if context.invoked_subcommand is not None:
        return
    from .usage_rows import summary

    found = summary(session(context), by, since, until)
    if forms["as_json"]:
        from .jsonout import write_line

        write_line(found)
    elif forms["as_csv"]:
        from .usage_table import to_csv

        click.echo(to_csv(by, found["rows"]), nl=False)
    else:
        _show(found)


@usage.command("calls", context_settings=CONTEXT)
@click.option("-n", "most", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many at most.")
@SINCE
@UNTIL
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@logging_options()
@click.pass_context
def calls(context: click.Context, /, most: int, since: str, until: str | None, as_json: bool) -> None:
    """List the last calls, the latest first."""
    from .usage_rows import last_calls

    rows = last_calls(session(context), most, since, until)
    if as_json:
        from .jsonout import write_line

        write_line(rows)
    elif rows:
        from .usage_table import calls_table

        click.echo(calls_table(rows))
    else:
        click.echo("There are none in this time.", err=True)


@usage.command("path", context_settings=CONTEXT)
@logging_options()
@click.pass_context
def path(context: click.Context, /) -> None:
    """Print where calls are written down."""
    from .usage_rows import ledger_path

    click.echo(str(ledger_path(session(context))))


def _show(found: dict[str, Any]) -> None:
    from .usage_table import budget_table, sums_table, unknown_line

    if found["rows"]:
        click.echo(sums_table(found["by"], found["rows"], found["total"]))
        if line := unknown_line(found["total"]):
            click.echo(line, err=True)
    else:
        click.echo("There are no calls in this time.", err=True)
    if found["budgets"]:
        click.echo(("\n" if found["rows"] else "") + budget_table(found["budgets"]))
