"""`claif plugins`: what is installed beside Claif."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .session import session

if TYPE_CHECKING:
    from ..plugin.report import PluginReport

CONTEXT = {"help_option_names": ["-h", "--help"]}

LIST_EPILOG = """\
\b
States:
  ready         it is on
  disabled      it is switched off: by the configuration, the environment or --no-plugins
  incompatible  it was made for another version of Claif
  broken        its hook module cannot be used
  conflict      it claims a name that another plugin claims too; the hint tells how to choose

\b
Environment:
  CLAIF_PLUGINS=a,b          use only these; empty: none
  CLAIF_DISABLE_PLUGINS=a,b  leave these out
  CLAIF_TRACE_HOOKS=1        print each call of a hook
"""


@click.group(short_help="What is installed beside Claif, and what is wrong with it.", context_settings=CONTEXT)
def plugins() -> None:
    """What is installed beside Claif: providers, commands and hooks of other distributions."""


@plugins.command("list", epilog=LIST_EPILOG, context_settings=CONTEXT)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def list_plugins(context: click.Context, /, as_json: bool) -> None:
    """List the plugins: what each brings, whether it works, and if not, why and what helps.

    Hook modules are loaded for this, as they are for every query; providers and commands are not.
    """
    from .plugin_rows import installed_plugins

    rows = installed_plugins(no_plugins=session(context).no_plugins)
    if as_json:
        from .jsonout import write_line

        write_line([row.to_dict() for row in rows])
    elif rows:
        _print(rows)
    else:
        click.echo("No plugins are installed.")


def _print(rows: Sequence[PluginReport]) -> None:
    from .sanitize import one_line
    from .style import out_style
    from .table import table

    cells = [(row.name, row.version, row.state, row.brings, f"{row.load_seconds * 1000:.0f} ms") for row in rows]
    headers = ("NAME", "VERSION", "STATE", "BRINGS", "LOADED IN")
    click.echo(table(headers, cells, style=lambda line: out_style(line, bold=True)))
    for row in rows:
        if row.detail:
            click.echo(f"\n{out_style(row.name, bold=True)}: {one_line(row.detail)}")
            if row.hint:
                click.echo(out_style(f"  {one_line(row.hint)}", dim=True))
