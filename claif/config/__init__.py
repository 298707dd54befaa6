"""Configuration: layers from the defaults to the command line, each value remembering where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .config import Config
    from .findkey import find_key, missing_key
    from .loader import ConfigLoader, claif_home, load_config
    from .merge import Origin, SourceTable
    from .schema import General, Plugins, Processors, Project, ProviderSettings, Sandbox
    from .secret import Secret
    from .sources import ConfigSource, load_sources

__all__ = [
    "Config",
    "ConfigLoader",
    "ConfigSource",
    "General",
    "Origin",
    "Plugins",
    "Processors",
    "Project",
    "ProviderSettings",
    "Sandbox",
    "Secret",
    "SourceTable",
    "claif_home",
    "find_key",
    "load_config",
    "load_sources",
    "missing_key",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Config": ".config",
        "ConfigLoader": ".loader",
        "ConfigSource": ".sources",
        "General": ".schema",
        "Origin": ".merge",
        "Plugins": ".schema",
        "Processors": ".schema",
        "Project": ".schema",
        "ProviderSettings": ".schema",
        "Sandbox": ".schema",
        "Secret": ".secret",
        "SourceTable": ".merge",
        "claif_home": ".loader",
        "find_key": ".findkey",
        "load_config": ".loader",
        "load_sources": ".sources",
        "missing_key": ".findkey",
    },
)
