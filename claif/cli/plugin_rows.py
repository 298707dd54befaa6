"""What is known about each plugin, as data for `claif plugins`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._version import __version__
from ..config import load_config
from ..plugin.manager import PluginManager
from ..plugin.report import PluginReport

if TYPE_CHECKING:
    from ..config import Processors

OURS = "claif:"
"""Before the name of a processor that comes with Claif."""


def installed_plugins(*, no_plugins: bool = False) -> tuple[PluginReport, ...]:
    """Report on each installed plugin; hook modules are loaded, guarded.

    Raises:
        ConfigurationError: the configuration cannot be read.
    """
    from .root import COMMANDS

    manager = PluginManager.for_config(load_config(), off=no_plugins)
    manager.load_hooks()
    return manager.reports(taken=COMMANDS)


def shipped_processors() -> tuple[PluginReport, ...]:
    """Report on each processor that comes with Claif; none is imported.

    Raises:
        ConfigurationError: the configuration cannot be read.
    """
    from ..processors.shipped import SHIPPED

    table = load_config().processors
    return tuple([_shipped(name, what, table) for name, what in SHIPPED.items()])


def _shipped(name: str, what: str, table: Processors) -> PluginReport:
    hint = ""
    if name in table.disable:
        hint = "Take it out of [processors] disable."
    elif name not in table.enable:
        hint = f"Switch {name} on: claif config set processors.enable {','.join([*table.enable, name])}"
    return PluginReport(
        name=f"{OURS}{name}",
        version=__version__,
        state="disabled" if hint else "ready",
        detail=f"It {what}.",
        hint=hint,
        hooks=(),
        providers=(),
        commands=(),
        load_seconds=0.0,
    )
