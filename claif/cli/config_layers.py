"""The whole configuration for commands that show it: with what plugins' sources say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..config import Config, ConfigSource, SourceTable
    from .session import Session


def whole_config(state: Session) -> Config:
    """Read the configuration and ask the sources of plugins; what failed is told on standard error.

    Args:
        state: the switches of the command line.

    Raises:
        ConfigurationError: it is not valid, or a source that must work failed.
    """
    from ..config import ConfigLoader
    from ..plugin import PluginManager
    from .log import start_log
    from .render.remarks import Remarks

    remarks = Remarks()
    loader = ConfigLoader.read()
    config = loader.build()
    start_log(config, state)
    manager = PluginManager.for_config(config, off=state.no_plugins)
    manager.load_hooks()
    if sources := manager.config_sources():
        config = loader.build(_ask(sources, loader.home, remarks.line), provider_names=manager.providers())
    remarks.lines(config.notices)
    return config


def _ask(sources: list[ConfigSource], home: Path, say: Callable[[str], None]) -> list[SourceTable]:
    from functools import partial

    import trio

    from ..config import load_sources

    tables, failures = trio.run(partial(load_sources, sources, home=home))
    for name, message in failures:
        say(f"The source of configuration {name} was passed over: {message}.")
    return tables
