"""`claif plugins`: what is installed beside Claif."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .complete.values import values
from .session import logging_options, session

if TYPE_CHECKING:
    from ..plugin.report import PluginReport

LONGEST = 3600
"""Seconds that an import may be given."""

KINDS = ("provider", "processor", "middleware", "config", "command")

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


CHECK_EPILOG = """\
\b
What counts as wrong:
  an import that fails, ends its process, crashes or takes too long
  a hook module that imports trio, cattrs, an HTTP client or a vendor's SDK
  a hook that nobody calls, or that is made as hooks must not be
  a provider or command that is none; text on standard output
  a version of Claif that the plugin was not made for; a name claimed twice

\b
Exit code: 0 if nothing is wrong, 10 otherwise.

\b
Examples:
  claif plugins check
  claif plugins check claif-openai --timeout 10
  claif plugins check --json | jq '.[] | select(.ok | not) | .name'
"""


NEW_EPILOG = """\
\b
Kinds:
  provider    asks a server over HTTP; passes the conformance suite as it is
  processor   changes complete messages of answers
  middleware  stands around every query and sees its events as they stream
  config      adds a source of configuration
  command     adds a command to `claif`

\b
Examples:
  claif plugins new acme --kind provider
  claif plugins new tidy --kind processor --directory ~/src/claif-tidy
"""


@click.group(short_help="What is installed beside Claif, and what is wrong with it.", context_settings=CONTEXT)
def plugins() -> None:
    """What is installed beside Claif: providers, commands and hooks of other distributions."""


@plugins.command(
    "list", short_help="What each brings, and whether it works.", epilog=LIST_EPILOG, context_settings=CONTEXT
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@logging_options()
@click.pass_context
def list_plugins(context: click.Context, /, as_json: bool) -> None:
    """List the plugins: what each brings, whether it works, and if not, why and what helps.

    Below them are the message processors that come with Claif, which are off until [processors] enable names them. Hook
    modules are loaded for this, as they are for every query; providers and commands are not.
    """
    from .log import read_config
    from .plugin_rows import installed_plugins, shipped_processors

    state = session(context)
    settings = read_config(state)
    rows = installed_plugins(settings, off=state.no_plugins)
    shipped = shipped_processors(settings)
    if as_json:
        from .jsonout import write_line

        write_line([row.to_dict() for row in (*rows, *shipped)])
        return
    if rows:
        _print(rows)
    else:
        click.echo("No plugins are installed.")
    _print_shipped(shipped)


@plugins.command(
    "check", short_help="Try every part of them; tell what is wrong.", epilog=CHECK_EPILOG, context_settings=CONTEXT
)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=values("plugins"))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option("--timeout", type=float, default=5.0, show_default=True, metavar="SECONDS", help="For each import.")
@logging_options()
@click.pass_context
def check_plugins(context: click.Context, /, names: Sequence[str], as_json: bool, timeout: float) -> None:
    """Import every part of the plugins on trial, and tell what is wrong with them.

    Each part is imported in a process of its own that is killed at the time limit, so that a plugin that crashes, hangs
    or ends its process is named like every other. Without names, the plugins that are on are checked.
    """
    if not 0 < timeout <= LONGEST:
        raise click.BadParameter(f"it is a number of seconds above 0, {LONGEST} at most.", param_hint="--timeout")
    from ..errors import PluginError
    from .plugin_audit import audit_plugins, print_audits

    audits = audit_plugins(names, session(context), timeout=timeout)
    if as_json:
        from .jsonout import write_line

        write_line([audit.to_dict() for audit in audits])
    else:
        print_audits(audits)
    if not all(audit.ok for audit in audits):
        context.exit(PluginError.exit_code)


@plugins.command("new", short_help="Write a new one, with tests.", epilog=NEW_EPILOG, context_settings=CONTEXT)
@click.argument("name")
@click.option("--kind", required=True, type=click.Choice(KINDS), help="What it is to be.")
@click.option("--directory", metavar="DIR", help="The new folder of the project.  [default: claif-NAME]")
@logging_options()
@click.pass_context
def new_plugin(context: click.Context, /, name: str, kind: str, directory: str | None) -> None:
    """Write a new plugin: a complete project with tests, to be installed as it is and changed from there.

    NAME is what users will type; the distribution is called claif-NAME. Nothing is ever overwritten.
    """
    from .plugin_new import new_plugin, print_next_steps

    print_next_steps(*new_plugin(name, kind, directory, session(context)))


def _print_shipped(rows: Sequence[PluginReport]) -> None:
    from .style import out_style
    from .table import table

    cells = [(row.name.partition(":")[2], "on" if row.state == "ready" else "off", row.detail) for row in rows]
    click.echo("\nProcessors that come with Claif:\n")
    click.echo(table(("NAME", "STATE", "WHAT IT DOES"), cells, style=lambda line: out_style(line, bold=True)))
    if hint := next((row.hint for row in rows if row.hint), ""):
        click.echo(out_style(f"  {hint}", dim=True))


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
