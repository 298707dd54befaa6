"""`claif parallel`, `claif race` and `claif random`: one question, and several who could answer it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .complete.values import values
from .question_options import build_question, question_options
from .session import logging_options, session

if TYPE_CHECKING:
    from ..client import Client
    from ..models import Query, Reply
    from ..pipeline.types import Emit
    from .run import View

F = TypeVar("F", bound=Callable[..., Any])

WHO = """
\b
Who is asked:
  Those that -p names; without -p all that are ready, but no agents. Standard
  input and attachments are read as `claif query` reads them.
"""

EXAMPLES = """\
\b
Examples:
  claif parallel "Why is the sky blue?" -p openai -p local --compare
  git diff | claif parallel "Review this" -p openai -p gemini --diff
  claif parallel --json "Say hello" | jq '.answers[].reply.text'
"""

EXIT_CODES = """
\b
Exit codes:
  0 if all have answered, else that of the first failure in the order of -p,
  see `claif query --help`.
"""

AGENTS = """
\b
Agents:
  Those that -p names work as their settings say. Nobody is asked while several
  work: what needs a permission that they do not have is denied.
"""

_COMMON = (
    click.argument("words", metavar="[PROMPT]...", nargs=-1),
    click.option(
        "-p",
        "--provider",
        "names",
        metavar="NAME",
        multiple=True,
        shell_complete=values("providers"),
        help="One who is asked; see `claif providers list`. Repeatable.",
    ),
    question_options,
    click.option("-q", "--quiet", is_flag=True, help="No notices, no spinner, no footer."),
    click.option("--no-plugins", is_flag=True, help="Leave out everything that is installed beside Claif."),
    logging_options(),
)
_FORMS = (
    click.option("--json", "form", flag_value="json", help="Print the whole reply as one JSON object."),
    click.option("-x", "--extract", "form", flag_value="code", help="Print only the first fenced code block."),
    click.option("--raw", is_flag=True, help="In a pipe or file, pass on the model's control characters."),
)
_HELP = {"help_option_names": ["-h", "--help"]}


def _with(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(command: F) -> F:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


@click.command(epilog=EXAMPLES + WHO + AGENTS + EXIT_CODES, context_settings=_HELP)
@_with(*_COMMON)
@click.option("--compare", is_flag=True, help="Answers side by side where there is room, then a table of figures.")
@click.option("--diff", is_flag=True, help="Show the first answer, and how each other differs from it.")
@click.option("--json", "as_json", is_flag=True, help="Print all replies and failures as one JSON object.")
@click.pass_context
def parallel(context: click.Context, /, words: tuple[str, ...], **given: Any) -> None:
    """Ask several providers at the same time, and print each answer under its name as it is complete.

    With --compare the answers grow side by side on a terminal with at least 40 columns for each.
    """
    asked, names, remarks = _question(context, words, given)

    from .parallel import Comparing, run_parallel

    view = Comparing(
        as_json=given["as_json"],
        columns=given["compare"] and not given["diff"],
        table=given["compare"],
        diff=given["diff"],
        quiet=given["quiet"],
    )
    context.exit(run_parallel(asked, names, view, session(context), remarks))


@click.command(epilog=WHO, context_settings=_HELP)
@_with(*_COMMON, *_FORMS)
@click.pass_context
def race(context: click.Context, /, words: tuple[str, ...], **given: Any) -> None:
    """Ask several providers at the same time, and print the first complete answer; the others are cancelled."""
    asked, names, remarks = _question(context, words, given)

    from .run import run_query

    async def first(client: Client, query: Query, emit: Emit) -> Reply:
        reply = await client.race(query, names)
        for message in reply.messages:
            await emit(message)
        return reply

    context.exit(run_query(asked, _view(context, given), session(context), remarks, asking=first))


@click.command(epilog=WHO, context_settings=_HELP)
@_with(*_COMMON, *_FORMS)
@click.pass_context
def random(context: click.Context, /, words: tuple[str, ...], **given: Any) -> None:
    """Ask one provider, chosen at random among those that are ready, and print its answer."""
    asked, names, remarks = _question(context, words, given)

    from attrs import evolve

    from ..client.fanout import choices_of
    from .run import run_query

    async def any_one(client: Client, query: Query, emit: Emit) -> Reply:
        from random import choice

        name = choice(choices_of(names, client.providers))  # noqa: S311 - no secret depends on it
        return await client.run(evolve(query, provider=name), emit)

    context.exit(run_query(asked, _view(context, given), session(context), remarks, asking=any_one))


def _question(
    context: click.Context, words: tuple[str, ...], given: dict[str, Any]
) -> tuple[Query, list[str] | None, list[str]]:
    """What is asked, of whom, and remarks for the user."""
    from .options import check_name

    session(context).set(no_plugins=given["no_plugins"])
    names = [check_name(name, "provider") or "" for name in given["names"]]
    asked, remarks = build_question(words, given)
    return asked, names or None, remarks


def _view(context: click.Context, given: dict[str, Any]) -> View:
    from .run import View

    verbose = session(context).verbose > 0
    return View(form=given["form"] or "text", raw=given["raw"], quiet=given["quiet"], verbose=verbose, thinking=verbose)
