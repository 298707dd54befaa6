"""`claif agent`: the broker, which keeps agents and the embedded model ready from one command to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from .session import logging_options, session

if TYPE_CHECKING:
    from ..transport.broker.client import Broker
    from .session import Session

CONTEXT = {"help_option_names": ["-h", "--help"]}

EPILOG = """\
\b
Examples:
  claif config set general.keep_warm true    every command uses it from now on
  claif agent status                         what waits, and how long
  claif agent stop                           end it and all that waits
"""

COLUMNS = ("provider", "state", "pid", "turns", "seconds", "memory", "sandbox")


@click.group(
    short_help="Agents and models that stay ready from one command to the next.",
    context_settings=CONTEXT,
    epilog=EPILOG,
)
def agent() -> None:
    """Keep agents and the embedded model ready from one command to the next.

    With `general.keep_warm` a broker in the background keeps what has answered, so that the next command need not start
    it again. It is started when it is needed, serves you alone, and ends when nothing waits in it.
    """


@agent.command("start", context_settings=CONTEXT)
@logging_options()
@click.pass_context
def start(context: click.Context, /) -> None:
    """Start the broker, unless it runs; commands do so themselves."""
    import trio

    trio.run(_start, _broker(session(context)))
    click.echo("The broker runs.")


@agent.command("stop", context_settings=CONTEXT)
@logging_options()
@click.pass_context
def stop(context: click.Context, /) -> None:
    """End the broker and all that it keeps; queries that run by it are cut off."""
    import trio

    told = trio.run(_broker(session(context)).tell, "stop")
    click.echo("No broker runs." if told is None else "The broker ends.")


@agent.command("status", context_settings=CONTEXT)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@logging_options()
@click.pass_context
def status(context: click.Context, /, as_json: bool) -> None:
    """Show the broker's processes: whose they are, which wait, for how many seconds, and their memory."""
    import trio

    told = trio.run(_broker(session(context)).tell, "status")
    rows = [] if told is None else told["status"]
    if as_json:
        from .jsonout import write_line

        write_line({"running": told is not None, "processes": rows})
    elif told is None:
        click.echo("No broker runs.")
    elif not rows:
        click.echo("The broker runs, and keeps nothing.")
    else:
        from .style import out_style
        from .table import table

        cells = [[_cell(row, column) for column in COLUMNS] for row in rows]
        heads = [column.upper() for column in COLUMNS]
        click.echo(table(heads, cells, style=lambda line: out_style(line, bold=True)))


@agent.command("logs", context_settings=CONTEXT)
@logging_options()
@click.pass_context
def logs(context: click.Context, /) -> None:
    """Print what the broker has logged; never a prompt, an answer or a key."""
    from ..transport.broker.place import LOG, broker_folder
    from .log import read_config
    from .sanitize import sanitize

    try:
        text = (broker_folder(read_config(session(context)).home) / LOG).read_text("utf-8", "replace")
    except FileNotFoundError:
        text = ""
    click.echo(sanitize(text), nl=False)


def _broker(state: Session) -> Broker:
    from ..errors import ConfigurationError
    from ..system import LINUX
    from ..transport.broker.client import Broker
    from .log import read_config

    if not LINUX:
        raise ConfigurationError("Processes can be kept warm from one command to the next on Linux only.")
    return Broker(read_config(state).home)


async def _start(broker: Broker) -> None:
    (await broker.connect()).close()


def _cell(row: Mapping[str, Any], column: str) -> str:
    from .table import megabytes

    value = row[column]
    if column == "memory":
        return megabytes(value)
    return "" if value is None else str(value)
