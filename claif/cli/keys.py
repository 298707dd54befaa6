"""`claif keys`: the API keys that Claif keeps in a file of its own."""

from __future__ import annotations

import click

from .complete.values import values
from .session import logging_options, session

CONTEXT = {"help_option_names": ["-h", "--help"]}

GROUP_EPILOG = """\
\b
Where a key can be instead; the first that is there is used:
  1. the provider's api_key in your file (claif config path):
       api_key = "${OPENAI_API_KEY}"               an environment variable
       api_key = {stored = "work"}                 claif keys set work
       api_key = {keyring = "openai/me"}           the system's keyring
       api_key = {cmd = ["op", "read", "op://…"]}  what a command prints
  2. the provider's usual variable, such as OPENAI_API_KEY
  3. the stored key of the provider's name: claif keys set openai
"""

SET_EPILOG = """\
\b
Examples:
  claif keys set openai                      asks for the key, unseen
  pass show openai | claif keys set openai   reads it from standard input
"""

LIST_EPILOG = """\
\b
Examples:
  claif keys list
  claif keys list --json | jq -r '.[].name'
"""

DELETE_EPILOG = """\
\b
Example:
  claif keys delete openai
"""

PATH_EPILOG = """\
\b
Example:
  ls -l "$(claif keys path)"
"""


@click.group(short_help="Store API keys, and see who uses them.", context_settings=CONTEXT, epilog=GROUP_EPILOG)
def keys() -> None:
    """Store API keys in a file that only you can read, and see who uses them.

    A stored key is never shown. The one that is named like a provider is used by it without further ado.
    """


@keys.command("set", epilog=SET_EPILOG, context_settings=CONTEXT)
@click.argument("name", shell_complete=values("providers"))
@logging_options()
@click.pass_context
def set_key(context: click.Context, /, name: str) -> None:
    """Store a key under NAME; an old one of that name is replaced.

    It is typed unseen, or read from standard input. It is never an argument: those can be seen by every user of this
    machine, and stay in the shell's history.
    """
    from ..config import claif_home
    from ..config.keyfile import check_key_name, keys_path, store_key
    from ..config.secret import Secret
    from .key_rows import advice, read_key

    check_key_name(name)
    replaced = store_key(claif_home(), name, Secret(read_key(name)))
    _say(f"{'Replaced' if replaced else 'Stored'} the key {name} in {keys_path(claif_home())}.")
    for line in advice(name, session(context)):
        _say(line)


@keys.command("list", epilog=LIST_EPILOG, context_settings=CONTEXT)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@logging_options()
@click.pass_context
def list_keys(context: click.Context, /, as_json: bool) -> None:
    """List the names of the stored keys and the providers that use each; never the keys."""
    from .key_rows import key_rows

    rows = key_rows(session(context))
    if as_json:
        from .jsonout import write_line

        write_line(rows)
    elif rows:
        from .style import out_style
        from .table import table

        cells = [[row["name"], row["key"], ", ".join(row["providers"])] for row in rows]
        click.echo(table(["NAME", "KEY", "USED BY"], cells, style=lambda line: out_style(line, bold=True)))
    else:
        _say("No key is stored. Store one with: claif keys set NAME")


@keys.command("delete", epilog=DELETE_EPILOG, context_settings=CONTEXT)
@click.argument("name", shell_complete=values("stored_keys"))
@logging_options()
def delete(name: str) -> None:
    """Delete the stored key NAME."""
    from ..config import claif_home
    from ..config.keyfile import delete_key

    delete_key(claif_home(), name)
    _say(f"Deleted the key {name}.")


@keys.command("path", epilog=PATH_EPILOG, context_settings=CONTEXT)
@logging_options()
def path() -> None:
    """Print where the file with the keys is, or would be."""
    from ..config import claif_home
    from ..config.keyfile import keys_path

    click.echo(keys_path(claif_home()))


def _say(text: str) -> None:
    from .render.remarks import Remarks

    Remarks().line(text)
