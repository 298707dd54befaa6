"""`claif cache`: answers that are kept, to be used again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .complete.values import values
from .session import logging_options, session

if TYPE_CHECKING:
    from ..cache.store import Selection

F = TypeVar("F", bound=Callable[..., Any])

CONTEXT = {"help_option_names": ["-h", "--help"]}

EPILOG = """\
\b
Switch it on for one query, or for all:
  claif query --cache read-write -t 0 "Name three primary colors."
  claif config set cache.mode read-write

\b
What is kept:
  Complete answers of models, for cache.ttl (7 days), in at most cache.max_size.
  Not kept: errors, partial, refused and cut answers, those of agents, and those
  in which tools were used. An answer that would be another one each time (no
  temperature of 0 and no seed) is kept only where a query itself says --cache,
  or with cache.sampled = true.

\b
Modes:
  off         ask
  read-write  use what is there, keep what is new
  read-only   use what is there, keep nothing
  refresh     ask in any case, and keep the answer
"""

CLEAR_EPILOG = """\
\b
Examples:
  claif cache clear --older-than 1d
  claif cache clear --provider openai --model gpt-5-mini
  claif cache clear --tag nightly --yes
"""


@click.group(short_help="Answers that are kept, to be used again.", context_settings=CONTEXT, epilog=EPILOG)
def cache() -> None:
    """Answers that were given before, and are given again without asking anybody."""


def _selecting(command: F) -> F:
    for option in reversed(
        (
            click.option(
                "--provider", metavar="NAME", shell_complete=values("providers"), help="Only this provider's."
            ),
            click.option("--model", metavar="NAME", help="Only of this model."),
            click.option("--tag", metavar="TEXT", help="Only to queries with this tag."),
            click.option("--older-than", metavar="AGE", help="Only older ones: 90s, 15m, 12h, 7d, 2w."),
        )
    ):
        command = option(command)
    return command


_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@cache.command(context_settings=CONTEXT)
@_json
@logging_options()
@click.pass_context
def stats(context: click.Context, /, as_json: bool) -> None:
    """Tell how full the cache is, and how it is set."""
    from .cache_rows import cache_stats

    data = cache_stats(session(context))
    if as_json:
        from .jsonout import write_line

        write_line(data)
        return
    from .cache_rows import stats_lines

    click.echo("\n".join(stats_lines(data)))


@cache.command("list", context_settings=CONTEXT)
@_selecting
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many, the newest.")
@_json
@logging_options()
@click.pass_context
def list_(context: click.Context, /, limit: int, as_json: bool, **given: Any) -> None:
    """List what is kept, the newest first."""
    from .cache_rows import kept_answers

    rows = kept_answers(session(context), _selection(given), limit)
    if as_json:
        from .jsonout import write_line

        write_line(rows)
        return
    if not rows:
        click.echo("There is nothing; see `claif cache --help`.", err=True)
        return
    from .cache_rows import answers_table

    click.echo(answers_table(rows))


@cache.command(context_settings=CONTEXT)
@click.argument("key")
@_json
@logging_options()
@click.pass_context
def show(context: click.Context, /, key: str, as_json: bool) -> None:
    """Print the answer that is kept under a KEY, or the beginning of one."""
    from .cache_rows import kept_answer

    data = kept_answer(session(context), key)
    if as_json:
        from .jsonout import write_line

        write_line(data)
        return
    from .sanitize import sanitize

    click.echo(sanitize(data["text"]))


@cache.command(context_settings=CONTEXT, epilog=CLEAR_EPILOG)
@_selecting
@click.option("--key", metavar="KEY", help="Only the one under this key, or those whose keys begin so.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@logging_options()
@click.pass_context
def clear(context: click.Context, /, yes: bool, **given: Any) -> None:
    """Forget what is kept: everything, or what the options say."""
    selection = _selection(given)
    if not yes and not any(given.values()):
        from .stdin import is_terminal

        if not is_terminal():
            raise click.UsageError("This forgets everything; say --yes, or which answers.")
        click.confirm("Forget all answers that are kept?", abort=True, err=True)
    from .cache_rows import forget

    count = forget(session(context), selection)
    click.echo(f"{count} answer{'s' * (count != 1)} forgotten.")


@cache.command(context_settings=CONTEXT)
@logging_options()
@click.pass_context
def path(context: click.Context, /) -> None:
    """Print where the cache is: a file, or the address of a server."""
    from .cache_rows import place

    click.echo(place(session(context)))


@cache.command(context_settings=CONTEXT)
@_json
@logging_options()
@click.pass_context
def verify(context: click.Context, /, as_json: bool) -> None:
    """Look at everything that is kept, and forget what is damaged.

    The exit code is 1 if there was anything.
    """
    from .cache_rows import verified

    kept, forgotten = verified(session(context))
    if as_json:
        from .jsonout import write_line

        write_line({"good": kept, "forgotten": forgotten})
    else:
        click.echo(f"{kept} good, {forgotten} damaged and forgotten.")
    context.exit(1 if forgotten else 0)


def _selection(given: dict[str, Any]) -> Selection:
    """The rows that the options mean."""
    from time import time

    from ..cache.store import Selection
    from ..config.duration import seconds_of

    before = None
    if given["older_than"] is not None:
        try:
            before = time() - seconds_of(given["older_than"])
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--older-than") from None
    key = given.get("key") or ""
    if key and not set(key) <= set("0123456789abcdef"):
        raise click.BadParameter("a key has the digits 0 to 9 and a to f", param_hint="--key")
    return Selection(given["provider"], given["model"], given["tag"], key, before)
