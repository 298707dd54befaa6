"""The root command: what `claif` alone understands, and the table of the commands below it."""

from __future__ import annotations

import click

from .._version import __version__
from .group import RootGroup

COMMANDS = {
    "query": ("claif.cli.query:query", "Ask a model; the default command."),
    "parallel": ("claif.cli.several:parallel", "Ask several providers at once, and compare their answers."),
    "race": ("claif.cli.several:race", "Ask several providers at once; the first answer wins."),
    "random": ("claif.cli.several:random", "Ask one provider, chosen at random."),
    "embed": ("claif.cli.embed:embed", "Turn texts into vectors, or rank them by likeness."),
    "providers": ("claif.cli.providers:providers", "Who can be asked, and what they lack."),
    "routes": ("claif.cli.routes:routes", "Names under which several providers answer."),
    "cache": ("claif.cli.cache:cache", "Answers that are kept, to be used again."),
    "usage": ("claif.cli.usage:usage", "What queries took and cost, and what of budgets is spent."),
    "models": ("claif.cli.models:models", "The models that providers offer; fetch the embedded one."),
    "install": ("claif.cli.install:install", "Install the command lines of agents, or see which are here."),
    "uninstall": ("claif.cli.install:uninstall", "Remove command lines of agents that Claif has installed."),
    "agent": ("claif.cli.agent:agent", "Agents and models that stay ready from one command to the next."),
    "config": ("claif.cli.config:config", "See and change the configuration."),
    "keys": ("claif.cli.keys:keys", "Store API keys, and see who uses them."),
    "plugins": ("claif.cli.plugins:plugins", "What is installed beside Claif, and what is wrong with it."),
    "doctor": ("claif.cli.doctor:doctor", "Find out what is wrong on this machine, and what helps."),
    "completion": ("claif.cli.completion:completion", "Let the tab key complete commands, options and names."),
}
"""Name -> where the command is, and what it is for; loaded when it is invoked."""

EPILOG = """\
\b
Examples:
  claif "Name three primary colors."
  cat notes.md | claif "Summarise this"
  claif -p openai -m gpt-5 "Why is the sky blue?"
  claif query -a photo.png "What is in the picture?"
  claif query --json "Say hello" | jq .usage

\b
A prompt may follow directly; `claif query --help` tells all options. A first
word that looks like a mistyped command is not sent; `--` before it sends it.
"""


@click.group(
    cls=RootGroup,
    commands_table=COMMANDS,
    default_command="query",
    epilog=EPILOG,
    invoke_without_command=True,
    subcommand_metavar='[COMMAND | "PROMPT"] [ARGS]...',
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="claif", message="%(prog)s %(version)s")
@click.option("--no-plugins", is_flag=True, help="Leave out everything that is installed beside Claif.")
@click.option("-v", "--verbose", count=True, help="Log what happens, on standard error; -vv logs every step.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error, and log every step.")
def root(**_flags: int) -> None:
    """One interface to every LLM you can reach: HTTP APIs, agent CLIs, and a model on your own machine."""
