"""What plugins say about a configuration before it is written: settings that no provider and no processor knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.dotted import join
from ..config.merge import leaves
from ..config.references import Unresolved
from ..config.schema import ProviderSettings
from ..errors import ClaifError, InvalidConfigError
from ..plugin.manager import PluginManager
from ..processors.shipped import processor_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..config import Config
    from ..plugin.entries import ProviderEntry
    from .session import Session


def checked_by_plugins(state: Session, provider: str | None = None) -> Callable[[Config], list[str]]:
    """A check of a configuration.

    Args:
        state: the switches of the command line; without plugins nothing of theirs is known.
        provider: the only one whose settings are looked at, for its code is loaded; all when `None`.
    """

    def check(config: Config) -> list[str]:
        plugins = PluginManager.for_config(config, off=state.no_plugins)
        problems = [] if state.no_plugins else processor_problems(config, plugins.processor_names())
        entries = plugins.providers()
        for name in config.providers if provider is None else {provider} & config.providers.keys():
            if (entry := entries.get(config.provider_type(name))) is not None:
                problems += _problems_of(name, entry, config)
        return problems

    return check


def _problems_of(name: str, entry: ProviderEntry, config: Config) -> Iterator[str]:
    """What is wrong with what is set; not what is missing, which may be set next, and not what a variable will say."""
    table = config.providers[name]
    if any(isinstance(value, Unresolved) for _, value in leaves(table)):
        return
    try:
        config.settings(name, getattr(entry.load(), "Settings", ProviderSettings))
    except InvalidConfigError as error:
        places = tuple(join(("providers", name, key)) for key in table)
        for problem in error.problems:
            if problem.partition(": ")[0].startswith(places):
                yield problem
    except ClaifError:
        return  # The plugin is not usable, or the key is not there; neither is a matter of what is written.
