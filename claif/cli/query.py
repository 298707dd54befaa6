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
    from .session import Session

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
  claif query -f 'docs/**/*.md' --out answers "List the spelling mistakes"

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
Many files:
  -f asks once for each file: its text, a blank line, then the prompt; what is
  no text is attached. Standard input is not read. Claif expands *, ?, [] and **
  itself; ** does not follow links to folders. Answers come in the order of the
  files, under their names; --json prints a line for each.
  --out DIR writes each answer to a file of its own there, named as its file and
  ending in .md (.json with --json). A file whose answer is there, to the same
  question, is passed over, so that the same command goes on where it was
  interrupted; DIR/.claif-done.jsonl remembers what was asked.
  Failures are listed at the end; the exit code is that of the first. Agents are
  denied what they would have to ask for.

\b
Exit codes:
  0 answered              5 key refused            9 not installed
  1 other error           6 connection broken     10 plugin failed
  2 wrong usage or query  7 too late              11 no such confinement
  3 configuration         8 rate limited          12 worktree or diff
  4 provider failed      13 beyond a budget
  130 interrupted (Ctrl-C) 141 reader went away
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
    help="Who is asked: a provider (see `claif providers list`), NAME/MODEL, a route (see `claif routes`), or several, "
    "separated by commas, each of which is asked if those before it do not answer.",
)
@question_options
@click.option(
    "-f",
    "--file",
    "files",
    metavar="PATTERN",
    multiple=True,
    shell_complete=values("attachments"),
    help="Ask once for each file of this name, or that matches this pattern. Repeatable.",
)
@click.option("--out", metavar="DIR", help="With -f: write each answer to a file in this folder.")
@click.option("--concurrency", metavar="N", type=int, help="With -f: files asked about at the same time; else 8.")
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
@click.option("--explain", is_flag=True, help="Tell why who answered answered, on standard error.")
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
    if given["files"]:
        context.exit(_ask_for_files(words, given, state))
    if given["out"] is not None or given["concurrency"] is not None:
        raise click.UsageError("--out and --concurrency are for many files: give them with -f PATTERN.")
    asked, remarks = _build(words, given)

    from .offer import with_offer
    from .run import View, run_query

    view = View(
        form=given["form"] or "text",
        raw=given["raw"],
        quiet=given["quiet"],
        verbose=state.verbose > 0,
        thinking=given["thinking"] or state.verbose > 0,
        explain=given["explain"],
    )
    follow, apply = given["follow"], given["apply"]

    def ask() -> int:
        return run_query(asked, view, state, remarks, follow=follow, apply=apply)

    context.exit(with_offer(ask, interactive=view.form in {"text", "code"} and not view.quiet))


def _ask_for_files(words: tuple[str, ...], given: dict[str, Any], state: Session) -> int:
    """Ask once for each file; the exit code."""
    for name in ("follow", "resume", "worktree"):
        if given[name]:
            raise click.UsageError("An agent's conversation or worktree is of one query: it cannot be given with -f.")
    if given["explain"]:
        raise click.UsageError("--explain tells of one query: it cannot be given with -f.")
    if given["form"] not in {None, "json"} or given["raw"]:
        raise click.UsageError("With -f the answers are text, or --json.")
    if "-" in given["attachments"]:
        raise click.UsageError("With -f standard input is not read.")

    from .batch.places import output_places
    from .batch.run import Batch, run_batch
    from .files import expand

    asked, _ = _build(words, given, piped=False)
    files = expand(given["files"])
    batch = Batch(
        places=output_places(files, given["out"], as_json=given["form"] == "json"),
        out=given["out"],
        as_json=given["form"] == "json",
        concurrency=8 if given["concurrency"] is None else given["concurrency"],
        quiet=given["quiet"],
    )
    return run_batch(asked, batch, state)


def _build(words: tuple[str, ...], given: dict[str, Any], *, piped: bool = True) -> tuple[Query, list[str]]:
    """The query that the arguments describe, and remarks for the user."""
    from .options import check_providers

    provider = check_providers(given["provider"])
    conversation = conversation_of(given["resume"], given["follow"])
    if given["apply"] and not given["worktree"]:
        raise click.UsageError("--apply applies what was changed in a worktree: give it with --worktree.")
    return build_question(
        words,
        given,
        piped=piped,
        provider=provider,
        stream=not given["no_stream"],
        conversation=conversation,
        permission=given["permission"],
        directory=given["directory"],
        add_dirs=given["add_dirs"],
        worktree=given["worktree"],
        sandbox=given["sandbox"],
    )
