"""The commands that plugins bring: found by their entry points, imported only when invoked."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING

from ..plugin.entry_points import COMMANDS, is_plain_name
from ..plugin.scan import normalize, scan

if TYPE_CHECKING:
    import click

    from .session import Session


def find_commands(hidden: Collection[str]) -> dict[str, str]:
    """The commands of the plugins that the environment leaves on: name -> distribution, sorted by name.

    This is what `--help` pays for, so that it looks at the configuration as little as at the plugins themselves:
    `load_command` does both.

    Args:
        hidden: names that are not for plugins.
    """
    only = os.environ.get("CLAIF_PLUGINS")
    wanted = None if only is None else _names(only)
    unwanted = _names(os.environ.get("CLAIF_DISABLE_PLUGINS", ""))
    found: dict[str, str] = {}
    for distribution in scan():
        if distribution.name in unwanted or (wanted is not None and distribution.name not in wanted):
            continue
        for point in distribution.entry_points:
            if point.group == COMMANDS and point.name not in hidden and is_plain_name(point.name):
                found.setdefault(point.name, distribution.name)
    return dict(sorted(found.items()))


def load_command(name: str, state: Session) -> click.Command:
    """Import a command, unless the configuration switches its plugin off; what it does is logged from then on.

    Args:
        name: the command's name.
        state: the switches of the command line.

    Raises:
        PluginError: it cannot be used; the hint says what to do.
        ConfigurationError: the configuration cannot be read.
    """
    from ..errors import PluginError
    from ..plugin.manager import PluginManager
    from .log import read_config

    entry = PluginManager.for_config(read_config(state)).commands().get(name)
    if entry is None:
        raise PluginError(
            f"The plugin that brings the command {name} is switched off.", hint="See why with `claif plugins list`."
        )
    return entry.load()


def _names(text: str) -> frozenset[str]:
    return frozenset([normalize(name) for name in text.split(",")])
