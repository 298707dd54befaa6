"""`claif query`: the default command."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .agent_options import AGENTS, agent_options, conversation_of
from .complete.values import values
from .question_options import build_question, question_options
from .session import logging_options, session

if TYPE_CHECKING:
    from ..models import Query

F = TypeVar("F", bound=Callable[..., Any])

EPILOG = """\
\b
Examples:
  claif "Name three primary colors."
  claif query -p openai -m gpt-5 -s "You are terse" -t 0.2 -o top_p=0.9 "..."
  git diff | claif "Write a commit message for this"
  claif query -a photo.png "What is in the picture?"
  claif query -a - -p openai "Describe this" < photo.png
  claif query --json "Say hello" | jq .usage
  claif query -x "A shell script that counts lines" > count.sh
  claif query -p claude --permission plan "How would you mend the test?"
  claif query -p claude --permission edit --continue "Do it"
  claif query -p codex --permission edit --worktree --apply "Mend the test"

\b
Standard input:
  Piped text comes first, then a blank line, then the prompt. Without a prompt
  the piped text is the prompt. When there is a prompt, a pipe that stays silent
  for 0.3 s and has no writer in the same pipeline (cron, ssh, editors and
  services leave such pipes open) is not read; -a - waits for it.

\b
Output:
  On a terminal the answer is rendered as Markdown while it comes; elsewhere it
  is the model's plain text and nothing else. `claif config set general.output`
  with `plain` or `markdown` decides for both. Escape sequences and other
  control characters of the model are taken out; --raw leaves them in, but never
  on a terminal. In JSON they are escaped.

\b
Exit codes:
  0 answered              5 key refused            9 not installed
  1 other error           6 connection broken     10 plugin failed
  2 wrong usage or query  7 too late              11 no such confinement
  3 configuration         8 rate limited          12 worktree or diff
  4 provider failed      130 interrupted (Ctrl-C) 141 reader went away
"""


def _form(*names: str, value: str, **more: Any) -> Callable[[F], F]:
    return click.option(*names, "form", flag_value=value, **more)


@click.command(
    epilog=EPILOG + AGENTS,
    short_help="Ask a model; the default command.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("words", metavar="[PROMPT]...", nargs=-1)
@click.option(
    "-p",
    "--provider",
    metavar="NAME",
    shell_complete=values("providers"),
    help="Who is asked; see `claif providers list`.",
)
@question_options
@agent_options
@_form("--json", value="json", help="Print the whole reply as one JSON object.")
@_form("--events", value="events", help="Print each event as a line of JSON as it arrives, then the reply.")
@_form("-x", "--extract", value="code", help="Print only the first fenced code block of the answer.")
@click.option("--no-stream", is_flag=True, help="Ask the provider for the answer in one piece.")
@click.option("--raw", is_flag=True, help="In a pipe or file, pass on the model's control characters.")
@click.option("--thinking", is_flag=True, help="Show what the model thinks, on standard error.")
@logging_options(
    verbose="Also show thinking, tools at work, the footer, and what is logged, on standard error; -vv logs every step."
)
@click.option("-q", "--quiet", is_flag=True, help="No notices, no spinner, no footer.")
@click.option("--no-plugins", is_flag=True, help="Leave out everything that is installed beside Claif.")
@click.pass_context
def query(context: click.Context, /, words: tuple[str, ...], **given: Any) -> None:
    """Ask a model, and print its answer.

    Several words of a PROMPT need no quotes; `--` before them sends them even if they look like a command or an option.
    """
    state = session(context)
    state.set(no_plugins=given["no_plugins"])
    if state.implicit:
        from .root import root
        from .suggest import refuse_mistyped_command

        refuse_mistyped_command(words, lambda: root.list_commands(context))
    asked, remarks = _build(words, given)

    from .offer import with_offer
    from .run import View, run_query

    view = View(
        form=given["form"] or "text",
        raw=given["raw"],
        quiet=given["quiet"],
        verbose=state.verbose > 0,
        thinking=given["thinking"] or state.verbose > 0,
    )
    follow, apply = given["follow"], given["apply"]

    def ask() -> int:
        return run_query(asked, view, state, remarks, follow=follow, apply=apply)

    context.exit(with_offer(ask, interactive=view.form in {"text", "code"} and not view.quiet))


def _build(words: tuple[str, ...], given: dict[str, Any]) -> tuple[Query, list[str]]:
    """The query that the arguments describe, and remarks for the user."""
    from .options import check_name

    provider = check_name(given["provider"], "provider")
    conversation = conversation_of(given["resume"], given["follow"])
    if given["apply"] and not given["worktree"]:
        raise click.UsageError("--apply applies what was changed in a worktree: give it with --worktree.")
    return build_question(
        words,
        given,
        provider=provider,
        stream=not given["no_stream"],
        conversation=conversation,
        permission=given["permission"],
        directory=given["directory"],
        add_dirs=given["add_dirs"],
        worktree=given["worktree"],
        sandbox=given["sandbox"],
    )
