"""The plugins of a command line."""

from __future__ import annotations

from ..config import load_config
from ..plugin.manager import PluginManager


def manager_for(*, no_plugins: bool) -> PluginManager | None:
    """None, so that the client finds the installed plugins; or, with `--no-plugins`, a manager without any."""
    return PluginManager.for_config(load_config(), off=True) if no_plugins else None
