"""`claif config`: see and change the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .complete.values import values
from .session import logging_options, session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config.show import Shown

CONTEXT = {"help_option_names": ["-h", "--help"]}

SHOW_EPILOG = """\
\b
Examples:
  claif config show
  claif config show --origin
  claif config show --json | jq .general
"""

GET_EPILOG = """\
\b
Examples:
  claif config get general.timeout
  claif config get providers.openai --json
"""

SET_EPILOG = """\
\b
Examples:
  claif config set general.default_provider openai
  claif config set providers.openai.model gpt-5
  claif config set providers.openai.api_key '${OPENAI_API_KEY}'
  claif config set providers.openai.api_key '{keyring = "openai/me"}'
  claif config set providers.home.base_url http://127.0.0.1:8080/v1
  claif config set project.allow general.output,providers.openai.model
  pass show openai | claif config set providers.openai.api_key -

\b
The new file is checked as a whole before it is written. A key is best left
where it is and referred to: an environment variable, the system's keyring, a
password manager, or a key that `claif keys set` has stored.
"""

UNSET_EPILOG = """\
\b
Examples:
  claif config unset general.timeout
  claif config unset providers.home
"""

EDIT_EPILOG = """\
\b
Examples:
  claif config edit
  EDITOR="code --wait" claif config edit

\b
The editor is that of the variables VISUAL or EDITOR. It gets a copy that only
you can read. What it saves is checked as a whole; if something is wrong, you
may edit it again, or leave: your file stays as it was, and your text is kept.
"""

PATH_EPILOG = """\
\b
Example:
  $EDITOR "$(claif config path)"
"""


@click.group(short_help="See and change the configuration.", context_settings=CONTEXT)
def config() -> None:
    """See and change the configuration.

    Later layers win: defaults, plugins' sources, your file, the project's file (.claif.toml in the working directory,
    which may set only what you allow), environment variables (CLAIF_TIMEOUT, CLAIF_PROVIDERS__OPENAI__MODEL), and the
    command line. `set`, `unset` and `edit` change your file.
    """


@config.command("show", epilog=SHOW_EPILOG, context_settings=CONTEXT)
@click.option("--origin", is_flag=True, help="Tell where each value came from.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@logging_options()
@click.pass_context
def show_config(context: click.Context, /, origin: bool, as_json: bool) -> None:
    """Show every setting that has a value. Secrets are masked, always."""
    from ..config.show import nested, show
    from .config_layers import whole_config

    rows = show(whole_config(session(context)))
    if not as_json:
        _print_table(rows, origin=origin)
        return
    from .jsonout import write_line

    write_line({row.name: row.to_dict() for row in rows} if origin else nested(rows))


def _print_table(rows: Iterable[Shown], *, origin: bool) -> None:
    from .style import out_style
    from .table import table

    headers = ["SETTING", "VALUE", "ORIGIN"] if origin else ["SETTING", "VALUE"]
    cells = [[row.name, row.text, str(row.origin)][: len(headers)] for row in rows]
    click.echo(table(headers, cells, style=lambda line: out_style(line, bold=True)))


@config.command("get", epilog=GET_EPILOG, context_settings=CONTEXT)
@click.argument("key", shell_complete=values("settings"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@logging_options()
@click.pass_context
def get_value(context: click.Context, /, key: str, as_json: bool) -> None:
    """Print the value of one setting, or the table of that name. Secrets are masked."""
    from ..config.show import as_text, show_one
    from .config_layers import whole_config
    from .jsonout import write_line
    from .sanitize import sanitize

    value = show_one(whole_config(session(context)), key)
    if as_json or isinstance(value, dict):
        write_line(value)
    else:
        click.echo(sanitize(as_text(value)))


@config.command("set", epilog=SET_EPILOG, context_settings={**CONTEXT, "ignore_unknown_options": True})
@click.argument("key", shell_complete=values("new_settings"))
@click.argument("value", shell_complete=values("setting_values"))
@logging_options()
@click.pass_context
def set_config(context: click.Context, /, key: str, value: str) -> None:
    """Set KEY to VALUE in your file; - reads VALUE from standard input, so that it shows up in no list of processes."""
    from ..config.dotted import split
    from ..config.edit import set_value, value_from_text
    from .config_check import checked_by_plugins
    from .config_file import secret_advice, user_file, value_from_stdin

    text = value_from_stdin() if value == "-" else value
    new = value_from_text(key, text)
    section, *rest = split(key)
    provider = rest[0] if section == "providers" and rest else ""
    set_value(user_file(), key, new, checked_by_plugins(session(context), provider))
    if not isinstance(new, dict) and (advice := secret_advice(key, text)):
        _say(advice)


@config.command("unset", epilog=UNSET_EPILOG, context_settings=CONTEXT)
@click.argument("key", shell_complete=values("present_settings"))
@logging_options()
def unset_config(key: str) -> None:
    """Remove KEY, or the table of that name, from your file."""
    from ..config.edit import unset_value
    from .config_file import user_file

    unset_value(user_file(), key)


@config.command("edit", epilog=EDIT_EPILOG, context_settings=CONTEXT)
@logging_options()
@click.pass_context
def edit_file(context: click.Context) -> None:
    """Open your file in your editor, and check it before it is saved."""
    from .config_edit import edit_config

    edit_config(session(context))


@config.command("path", epilog=PATH_EPILOG, context_settings=CONTEXT)
@logging_options()
def show_path() -> None:
    """Print where your file is, or would be."""
    from .config_file import user_file

    click.echo(user_file())


@config.command("chain", context_settings=CONTEXT)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@logging_options()
@click.pass_context
def show_chain(context: click.Context, /, as_json: bool) -> None:
    """Show the layers that a query passes, outermost first, and the plugin that brought each."""
    from .chain import chain_rows
    from .jsonout import write_line
    from .table import table

    rows = chain_rows(session(context))
    if as_json:
        write_line(rows)
    else:
        click.echo(table(["AROUND", "SLOT", "LAYER", "PLUGIN"], [list(row.values()) for row in rows]))


def _say(text: str) -> None:
    from .render.remarks import Remarks

    Remarks().line(text)
