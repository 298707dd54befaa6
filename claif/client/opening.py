"""Opening a client: reads its configuration, finds its plugins, and asks their sources for more configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config import Config, ConfigLoader, SourceTable, load_sources
from ..middleware import builtin
from ..plugin.manager import PluginManager

Given = Config | ConfigLoader | Mapping[str, Any] | None
"""What a client may be given as its configuration; the user's own when `None`."""


async def configure(given: Given, plugins: PluginManager | None) -> tuple[Config, PluginManager]:
    """The configuration of a client and its plugins, whose hooks are loaded.

    Args:
        given: the configuration, as far as the client was given one.
        plugins: the plugins, if it was given them; those that are installed when `None`.

    Raises:
        ConfigurationError: the configuration is not valid, or a source that must work failed.
        PluginError: a critical plugin failed.
    """
    if isinstance(given, Config):
        config, plugins = given, _started(given, plugins)
    else:
        config, plugins = await _read(given, plugins)
    if config.processors.enable or config.processor_tables:
        from ..processors.shipped import register_enabled

        register_enabled(plugins, config)
    return config, plugins


async def _read(
    given: ConfigLoader | Mapping[str, Any] | None, plugins: PluginManager | None
) -> tuple[Config, PluginManager]:
    if given is None:
        loader = ConfigLoader.read()
    else:
        loader = given if isinstance(given, ConfigLoader) else ConfigLoader.from_mapping(given)
    plugins = _started(loader.build(), plugins)
    tables: list[SourceTable] = []
    if sources := plugins.config_sources():
        tables, failures = await load_sources(sources, home=loader.home)
        for name, message in failures:
            plugins.warn(name, message)
    return loader.build(tables, provider_names=plugins.providers()), plugins


def _started(config: Config, plugins: PluginManager | None) -> PluginManager:
    found = plugins or PluginManager.for_config(config)
    found.register(builtin, "claif.layers")
    found.load_hooks()
    return found
