"""What is known about each plugin, as data for `claif plugins`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import load_config
from ..plugin.manager import PluginManager

if TYPE_CHECKING:
    from ..plugin.report import PluginReport


def installed_plugins(*, no_plugins: bool = False) -> tuple[PluginReport, ...]:
    """Report on each installed plugin; hook modules are loaded, guarded.

    Raises:
        ConfigurationError: the configuration cannot be read.
    """
    from .root import COMMANDS

    manager = PluginManager.for_config(load_config(), off=no_plugins)
    manager.load_hooks()
    return manager.reports(taken=COMMANDS)
