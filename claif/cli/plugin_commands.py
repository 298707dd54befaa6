"""The commands that plugins bring: found by their entry points, imported only when invoked."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from ..plugin.catalog import Catalog, Selection, names
from ..plugin.scan import scan

if TYPE_CHECKING:
    import click

    from ..plugin.entries import CommandEntry


def find_commands(hidden: Collection[str], disable: Collection[str] = ()) -> Mapping[str, CommandEntry]:
    """The commands of the plugins that the environment leaves on, sorted by name.

    Args:
        hidden: names that are not for plugins.
        disable: plugins that are off besides.
    """
    only = os.environ.get("CLAIF_PLUGINS")
    off = [*disable, *os.environ.get("CLAIF_DISABLE_PLUGINS", "").split(",")]
    selection = Selection(None if only is None else names(only.split(",")), names(off))
    found = Catalog(scan(), selection, {}).commands()
    return {name: entry for name, entry in found.items() if name not in hidden}


def load_command(name: str, hidden: Collection[str]) -> click.Command:
    """Import a command, unless the configuration switches its plugin off.

    Raises:
        PluginError: it cannot be used; the hint says what to do.
        ConfigurationError: the configuration cannot be read.
    """
    from ..config import load_config
    from ..errors import PluginError

    entry = find_commands(hidden, load_config().plugins.disable).get(name)
    if entry is None:
        raise PluginError(
            f"The plugin that brings the command {name} is switched off.", hint="See why with `claif plugins list`."
        )
    return entry.load()
