"""The options of every command that asks: of which model, with which instructions, options and attachments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .cache_modes import cache_options
from .complete.values import values

if TYPE_CHECKING:
    from ..models import Query

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "-m",
        "--model",
        metavar="NAME",
        shell_complete=values("models"),
        help="Which of its models answers; see `claif models list`.",
    ),
    click.option("-s", "--system", metavar="TEXT", help="Instructions that come before the prompt."),
    click.option("-t", "--temperature", type=float, help="0 is the most likely answer, larger is more varied."),
    click.option(
        "-o",
        "--option",
        "options",
        metavar="KEY=VALUE",
        multiple=True,
        shell_complete=values("options"),
        help="Another option: top_p, max_tokens, stop, seed, or one of the provider's own. VALUE is JSON, or else "
        "text. Repeatable.",
    ),
    click.option("--timeout", metavar="SECONDS", type=float, help="The most time that the whole answer may take."),
    cache_options,
    click.option("--tag", metavar="TEXT", help="What this is for; costs and cached answers are found by it."),
    click.option(
        "-a",
        "--attach",
        "attachments",
        metavar="PATH|-|URL",
        multiple=True,
        shell_complete=values("attachments"),
        help="Attach a file, standard input (-), or a URL, which is handed to the provider and not fetched. At most "
        "20 MiB each. Repeatable.",
    ),
)


def question_options(command: F) -> F:
    """Give a command these options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def build_question(
    words: tuple[str, ...], given: dict[str, Any], *, piped: bool = True, **fields: Any
) -> tuple[Query, list[str]]:
    """The query that the arguments describe, and remarks for the user.

    Args:
        words: the prompt.
        given: the values of these options, by name.
        piped: read standard input, if something is piped in.
        **fields: further fields of the query.

    Raises:
        InvalidQueryError: it cannot be asked.
    """
    from ..models import Query
    from .inputs import build_messages
    from .options import check_name, parse_options

    model = check_name(given["model"], "model")
    options = parse_options(given["options"], temperature=given["temperature"], timeout=given["timeout"])
    messages, remarks = build_messages(words, system=given["system"], attachments=given["attachments"], piped=piped)
    built = Query(messages, model=model, options=options, cache=given["cache"], tag=given["tag"], **fields)
    built.check()
    return built, remarks
