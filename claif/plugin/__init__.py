"""Plugins: finding them without importing them, loading them one by one, and keeping their failures to themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .entries import CommandEntry as CommandEntry
    from .entries import ProviderEntry as ProviderEntry
    from .manager import PluginManager as PluginManager
    from .processors import Processor as Processor
    from .record import QueryRecord as QueryRecord
    from .report import PluginReport as PluginReport

__all__ = ["CommandEntry", "PluginManager", "PluginReport", "Processor", "ProviderEntry", "QueryRecord"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "CommandEntry": ".entries",
        "PluginManager": ".manager",
        "PluginReport": ".report",
        "Processor": ".processors",
        "ProviderEntry": ".entries",
        "QueryRecord": ".record",
    },
)
