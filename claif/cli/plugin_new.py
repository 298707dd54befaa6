"""What `claif plugins new` does: finds the names, writes the project, and says how to go on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..plugin.manager import PluginManager
from ..scaffold.names import names_of
from ..scaffold.render import project_files
from ..scaffold.write import write_project
from .log import read_config
from .style import out_style

if TYPE_CHECKING:
    from ..scaffold.names import Names
    from .session import Session


def new_plugin(name: str, kind: str, directory: str | None, state: Session) -> tuple[Path, Names]:
    """Write a new project.

    Args:
        name: the plugin's name as the user writes it.
        kind: what it is to be.
        directory: where to; a folder of the distribution's name, in the working directory, when `None`.
        state: the switches of the command line.

    Returns:
        The project's folder and the plugin's names.

    Raises:
        PluginError: the name cannot be used, or the place.
    """
    from .root import COMMANDS

    manager = PluginManager.for_config(read_config(state))
    taken = {*COMMANDS, *manager.providers(), *manager.commands(), *[report.name for report in manager.reports()]}
    names = names_of(name, taken)
    folder = Path(directory or names.distribution)
    write_project(folder, project_files(kind, names))
    return folder, names


def print_next_steps(folder: Path, names: Names) -> None:
    """Say what was written and what to do with it."""
    from .sanitize import one_line

    click.echo(f"Written: {out_style(one_line(str(folder)), bold=True)}, a plugin that works. Next:")
    for step in (
        f"cd {shlex.quote(str(folder))}",
        "python -m pip install -e '.[test]'",
        "python -m pytest",
        f"claif plugins check {names.distribution}",
    ):
        click.echo(f"  {one_line(step)}")
