"""Which processors come with Claif; registers those that the configuration enables, as plugins like any other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from attrs import frozen

from ..config.check import invalid
from ..config.dotted import nearest
from ..errors import InvalidConfigError
from ..plugin.processors import SHIPPED as PREFIX
from ..plugin.scan import normalize

if TYPE_CHECKING:
    from types import ModuleType

    from ..config import Config
    from ..plugin.manager import PluginManager

SHIPPED: Mapping[str, str] = {
    "redact-pii": "puts [email], [phone] and the like in place of personal data, also while the answer streams",
    "trim": "takes blank space from the beginning and the end of the answer",
    "timestamp": "says in the metadata of each message when it was complete",
    "extract-code": "makes the code in the answer the answer",
    "save-code": "saves the code in the answer to files",
}
"""What each does. They act in this order, except that `[processors] order` moves `timestamp` and `extract-code`."""


@frozen
class NoSettings:
    """A processor that cannot be told anything."""


def register_enabled(plugins: PluginManager, config: Config) -> None:
    """Register the shipped processors that are on; the others are not even imported.

    Raises:
        InvalidConfigError: the configuration names processors that are neither shipped nor installed, or has settings
            that they do not know; all are named.
    """
    if problems := processor_problems(config, plugins.processor_names()):
        raise invalid(problems, hint="See what there is with `claif plugins list`.")
    for name in SHIPPED:
        if name in config.processors.enable and name not in config.processors.disable:
            plugins.register(_module(name), f"{PREFIX}{name}")


def processor_problems(config: Config, installed: list[str]) -> list[str]:
    """What is wrong with `[processors]`: names that nobody has, and settings that the shipped ones do not know.

    Args:
        config: the configuration.
        installed: names of the processors of plugins.
    """
    problems = list(_unknown(installed, config))
    for name in SHIPPED:
        on = name in config.processors.enable and name not in config.processors.disable
        if on or name in config.processor_tables:
            try:
                config.processor(name, getattr(_module(name), "Settings", NoSettings))
            except InvalidConfigError as error:
                problems += error.problems
    return problems


def _module(name: str) -> ModuleType:
    return import_module(f".{name.replace('-', '_')}", __package__)


def _unknown(installed: list[str], config: Config) -> Iterator[str]:
    """What is wrong with the names in `[processors]`; those to switch off may be of what is not installed."""
    known = {*SHIPPED, *installed}
    for name in config.processors.enable:
        distribution, colon, part = name.partition(":")
        if name not in known and f"{normalize(distribution)}{colon}{part}" not in known:
            where = config.origin("processors.enable")
            yield f'processors.enable: there is no processor "{name}"{nearest(name, known)} [{where}]'
    for name in config.processor_tables:
        if name not in known:
            where = config.origin(f'processors."{name}"')
            yield f"processors.{name}: there is no processor of this name{nearest(name, known)} [{where}]"
