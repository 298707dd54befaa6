"""What is known about each plugin, as data for `claif plugins`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._version import __version__
from ..plugin.manager import PluginManager
from ..plugin.report import PluginReport

if TYPE_CHECKING:
    from ..config import Config, Processors

OURS = "claif:"
"""Before the name of a processor that comes with Claif."""


def installed_plugins(config: Config, *, off: bool) -> tuple[PluginReport, ...]:
    """Report on each installed plugin; hook modules are loaded, guarded.

    Args:
        config: the configuration.
        off: whether all are switched off.
    """
    from .root import COMMANDS

    manager = PluginManager.for_config(config, off=off)
    manager.load_hooks()
    return manager.reports(taken=COMMANDS)


def shipped_processors(config: Config) -> tuple[PluginReport, ...]:
    """Report on each processor that comes with Claif; none is imported."""
    from ..processors.shipped import SHIPPED

    return tuple([_shipped(name, what, config.processors) for name, what in SHIPPED.items()])


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
