"""`claif install` and `claif uninstall`: the command lines of agents, in Claif's own folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .complete.values import values
from .session import logging_options

if TYPE_CHECKING:
    from collections.abc import Sequence


_VERSION = re.compile(r"\d{1,9}\.\d{1,9}\.\d{1,9}(?:[-+][0-9A-Za-z][0-9A-Za-z.+-]{0,60})?", re.ASCII)

CONTEXT = {"help_option_names": ["-h", "--help"]}

EPILOG = """\
\b
Examples:
  claif install                    what is here, and what could be installed
  claif install claude codex
  claif install codex --dry-run
  claif install claude --version 2.1.250
  claif install claude --from claude_agent_sdk-0.2.187-py3-none-win_amd64.whl

\b
Ways:
  npm    with the npm that is here, and its own settings (registry, proxy,
         tokens, cache); scripts of packages are not run
  wheel  from the package index that pip is configured to use; needs no Node.js
Where there is neither npm nor a wheel, Claif brings a Node.js of its own.

\b
Everything is below Claif's folder (`claif config path` tells where); nothing
global is changed. The versions are pinned with their fingerprints; another one
(--version) is checked only against what the registry says.
"""

UNINSTALL_EPILOG = """\
\b
Examples:
  claif uninstall claude
  claif uninstall --all
"""


@click.command(
    "install",
    epilog=EPILOG,
    short_help="Install the command lines of agents, or see which are here.",
    context_settings=CONTEXT,
)
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=values("installable"))
@click.option("--all", "everything", is_flag=True, help="All agents that Claif knows.")
@click.option("--list", "listing", is_flag=True, help="Show what is here, and what could be installed.")
@click.option("--version", metavar="VERSION", help="This version instead of the pinned one; from npm only.")
@click.option("--via", type=click.Choice(["npm", "wheel"]), help="Only in this way.")
@click.option(
    "--from", "source", metavar="FILE", type=click.Path(path_type=Path), help="Take it from this wheel on your disk."
)
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@logging_options()
def install(names: tuple[str, ...], *, everything: bool, listing: bool, as_json: bool, **how: Any) -> None:
    """Install agents' command lines into Claif's own folder, and print where each is.

    Without a name: show which are here, of which version, who installed them, and whether they have a login, as far as
    files and variables tell. Nothing is sent to find out.
    """
    from .install_work import describe_all, install_all

    given = [name for name, value in how.items() if value]
    if everything and names:
        raise click.UsageError("Name agents, or write --all.")
    if listing or not (names or everything):
        if listing and (names or everything):
            raise click.UsageError("--list shows all agents.")
        if given:
            raise click.UsageError("Say what is to be installed, or write --all.")
        describe_all(as_json=as_json)
        return
    if (how["version"] or how["source"]) and len(names) != 1:
        raise click.UsageError("--version and --from are for one agent.")
    if how["source"] and (how["version"] or how["via"] == "npm"):
        raise click.UsageError("What is in a file has the version that it has, and is a wheel.")
    if how["version"] and not _VERSION.fullmatch(how["version"]):
        raise click.UsageError(f"{how['version']!r} is no exact version, such as 1.2.3.")
    install_all(_programs(names, everything=everything), everything=everything, as_json=as_json, **how)


@click.command("uninstall", epilog=UNINSTALL_EPILOG, context_settings=CONTEXT)
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=values("installable"))
@click.option("--all", "everything", is_flag=True, help="All that Claif has installed, its Node.js too.")
@logging_options()
def uninstall(names: tuple[str, ...], *, everything: bool) -> None:
    """Remove agents' command lines that Claif has installed. Those that you have installed stay, and so do logins."""
    from ..install.catalog import PROGRAMS
    from .install_work import uninstall_all

    if bool(names) == everything:
        raise click.UsageError("Name agents, or write --all.")
    uninstall_all(list(PROGRAMS.values()) if everything else _programs(names, everything=False), quiet=everything)


def _programs(names: Sequence[str], *, everything: bool) -> list[Any]:
    from ..install.catalog import AGENTS, find

    return list(AGENTS) if everything else [find(name) for name in dict.fromkeys(names)]
