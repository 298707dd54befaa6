"""The providers of a client: their names, what serves each, and their state."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio
from attrs import frozen

from ..config.schema import ProviderSettings
from ..errors import ClaifError, ProviderInitError, ProviderNotFoundError
from ..plugin.lazy_provider import LazyProvider
from ..provider import BaseProvider, Context, ProviderStatus
from .default import Choice, choose_default

if TYPE_CHECKING:
    from ..config import Config
    from ..plugin.entries import ProviderEntry
    from ..plugin.manager import PluginManager
    from ..transport.http import HTTP

Factory = Callable[[Context], Any] | type[BaseProvider]


@frozen
class Member:
    """A provider as the user sees it.

    Args:
        name: the name to ask it by.
        type: the name of the provider plugin that serves it.
        distribution: what brought the plugin, and its version.
        version: the distribution's version.
        capabilities: what it takes and gives; empty if it cannot be loaded.
        status: whether it can be used here.
        default: whether it is asked when nobody names one.
    """

    name: str
    type: str
    distribution: str
    version: str
    capabilities: frozenset[str]
    status: ProviderStatus
    default: bool = False


class Members:
    """Finds the provider of a name; each is loaded at its first use."""

    def __init__(
        self,
        config: Config,
        plugins: PluginManager,
        given: Mapping[str, Factory],
        *,
        http: HTTP,
        nursery: trio.Nursery,
        progress: Callable[[str, int, int | None], None],
    ) -> None:
        self._config = config
        self._entries: Mapping[str, ProviderEntry] = plugins.providers()
        self._factories: dict[str, Factory] = dict(given)
        self._http, self._nursery, self._progress = http, nursery, progress
        self._lazies: dict[str, LazyProvider] = {}
        plugins.register_providers(self._register)

    def names(self) -> list[str]:
        """Every name that can be asked, sorted."""
        return sorted({*self._config.providers, *self._entries, *self._factories})

    def default(self) -> Choice:
        """The provider that is asked when nobody names one.

        Raises:
            ConfigurationError: there is none.
        """
        usable = {name for name, entry in self._entries.items() if entry.state == "ready"}
        return choose_default(self._config.general.default_provider, usable | set(self._factories), os.environ)

    def get(self, name: str) -> LazyProvider:
        """The provider of this name.

        Raises:
            ProviderNotFoundError: no provider has this name.
            ProviderInitError: its plugin cannot be used.
        """
        lazy = self._lazies.get(name)
        if lazy is None:
            lazy = self._lazies[name] = LazyProvider(name, partial(self._load, name), partial(self._context, name))
        return lazy

    def all(self) -> list[Member]:
        """Every provider with its state; a provider that cannot be loaded says so in its state."""
        try:
            default = self.default().name
        except ClaifError:
            default = ""
        return [self._member(name, name == default) for name in self.names()]

    async def close(self) -> None:
        """Disconnect all, at the same time."""
        async with trio.open_nursery() as nursery:
            for lazy in self._lazies.values():
                nursery.start_soon(lazy.close)

    def _register(self, name: str, factory: Factory, capabilities: object = None) -> None:  # noqa: ARG002 - declared only
        if name in self._entries or name in self._factories:
            raise ProviderInitError(f"The provider name {name} is taken.", provider=name)
        self._factories[name] = factory

    def _type(self, name: str) -> str:
        return self._config.provider_type(name) if name in self._config.providers else name

    def _load(self, name: str) -> Factory:
        kind = self._type(name)
        factory = self._factories.get(kind)
        if factory is not None:
            return factory
        entry = self._entries.get(kind)
        if entry is None:
            raise self._not_found(name, kind)
        loaded: Factory = entry.load()
        return loaded

    def _context(self, name: str, settings: type[ProviderSettings]) -> Context:
        return Context(
            name=name,
            settings=self._config.settings(name, settings),
            http=self._http,
            nursery=self._nursery,
            home=Path(self._config.home),
            progress=self._progress,
        )

    def _member(self, name: str, default: bool) -> Member:
        kind = self._type(name)
        entry = self._entries.get(kind)
        distribution, version = (entry.distribution, entry.version) if entry else ("", "")
        capabilities: frozenset[str] = frozenset()
        try:
            factory = self._load(name)
            settings = self._config.settings(name, getattr(factory, "Settings", ProviderSettings))
            capabilities = frozenset(getattr(factory, "capabilities", ()))
            check = getattr(factory, "status", None)
            status = check(name, settings) if callable(check) else ProviderStatus()
        except ClaifError as error:
            state = entry.state if entry and entry.state != "ready" else "broken"
            status = ProviderStatus(state, error.message, error.hint or "")
        except Exception as error:
            status = ProviderStatus("broken", f"{type(error).__name__}: {error}", "Report it to the plugin's author.")
        return Member(name, kind, distribution, version, capabilities, status, default)

    def _not_found(self, name: str, kind: str) -> ProviderNotFoundError:
        from difflib import get_close_matches

        known = sorted({*self._entries, *self._factories} if name in self._config.providers else self.names())
        what = f"The provider {name}" if kind == name else f"The provider type {kind} of [providers.{name}]"
        near = get_close_matches(kind, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known) or 'none'}."
        return ProviderNotFoundError(f"{what} is not known.", provider=name, hint=hint)
