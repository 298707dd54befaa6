"""The providers of a client: their names, what serves each, and their state."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ..config.schema import ProviderSettings, is_name
from ..errors import ClaifError, ClientClosedError, ProviderInitError, ProviderNotFoundError
from ..permission import Approvals
from ..plugin.lazy_provider import LazyProvider
from ..provider import BaseProvider, Context, ProviderStatus
from ..system import LINUX
from .default import Choice, choose_default
from .lifetimes import Lifetimes

if TYPE_CHECKING:
    import trio

    from ..config import Config
    from ..models import Decision, PermissionMode, PermissionRequest, Query
    from ..permission import Approver
    from ..plugin.entries import ProviderEntry
    from ..plugin.manager import PluginManager
    from ..transport.http import HTTP
    from ..transport.process.pool import PoolStats
    from ..transport.process.processes import Processes
    from .breaker import State
    from .generations import Generation

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
        processes: what the client's pool does for it; `None` while the client has started no process.
        breaker: `closed`, `open` while it is left alone because it failed, or `half-open` while one query tries it;
            `None` while nothing is known of its health.
    """

    name: str
    type: str
    distribution: str
    version: str
    capabilities: frozenset[str]
    status: ProviderStatus
    default: bool = False
    processes: PoolStats | None = None
    breaker: State | None = None


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
        approver: Approver | None = None,
    ) -> None:
        self._config = config
        self._plugins = plugins
        self._entries: Mapping[str, ProviderEntry] = plugins.providers()
        self._factories: dict[str, Factory] = dict(given)
        self._own: dict[str, Factory] = {}
        self._gone: set[str] = set()
        self.changes = 0
        """How often a name was taken, given another provider, or given up."""
        self._http, self._nursery, self._progress = http, nursery, progress
        self._processes: Processes | None = None
        self._approvals = Approvals(approver)
        self._lifetimes = Lifetimes(nursery, self._lazy)
        plugins.register_providers(self._register)

    def names(self) -> list[str]:
        """Every name that can be asked, sorted."""
        return sorted({*self._config.providers, *self._entries, *self._factories, *self._own} - self._gone)

    def default(self) -> Choice:
        """The provider that is asked when nobody names one.

        Raises:
            ConfigurationError: there is none.
        """
        usable = {name for name, entry in self._entries.items() if entry.state == "ready"}
        usable = (usable | self._factories.keys() | self._own.keys()) - self._gone
        configured = self._config.general.default_provider
        return choose_default(configured, usable, os.environ, () if configured else self._config.stored_keys())

    def get(self, name: str) -> LazyProvider:
        """The provider of this name; whoever asks it anything takes it instead."""
        return self._lifetimes.get(name)

    def take(self, name: str) -> Generation[LazyProvider]:
        """The provider of this name, which stays connected until it is given back, even if another one replaces it."""
        return self._lifetimes.take(name)

    def give_back(self, taken: Generation[LazyProvider]) -> None:
        """Use it no longer."""
        self._lifetimes.give_back(taken)

    def register(self, name: str, factory: Factory) -> None:
        """Have a new name served by `factory`.

        Raises:
            ProviderInitError: it is taken, or is no name.
        """
        if not is_name(name):
            raise ProviderInitError(
                f"{name!r} is not a name for a provider.", hint="Use letters, digits, '_', '.', '-'."
            )
        served = self._type(name) != name or name in self._entries or name in self._factories or name in self._own
        if served and name not in self._gone:
            raise ProviderInitError(
                f"The provider name {name} is taken.",
                provider=name,
                hint=f"client.replace({name!r}, …) takes its place.",
            )
        self._serve(name, factory, self._lazy_of(name, factory))

    async def replace(self, name: str, factory: Factory) -> None:
        """Have a name that is known served by `factory`, once what that makes is connected.

        Raises:
            ProviderNotFoundError: no provider has this name.
            ProviderInitError: what `factory` makes cannot be used; everything stays as it was.
        """
        if name not in self.names():
            raise self._not_found(name, name)
        fresh = self._lazy_of(name, factory)
        await fresh.ready()
        if self._lifetimes.closed:
            await fresh.close()
            raise ClientClosedError("The client was closed while the provider was replaced.")
        self._serve(name, factory, fresh)

    def unregister(self, name: str) -> None:
        """Offer a name no longer.

        Raises:
            ProviderNotFoundError: no provider has this name.
        """
        if name not in self.names():
            raise self._not_found(name, name)
        self.changes += 1
        self._gone.add(name)
        self._own.pop(name, None)
        self._lifetimes.remove(name)

    def _serve(self, name: str, factory: Factory, lazy: LazyProvider) -> None:
        self.changes += 1
        self._own[name] = factory
        self._gone.discard(name)
        self._lifetimes.put(name, lazy)

    def _lazy(self, name: str) -> LazyProvider:
        return LazyProvider(name, partial(self._load, name), partial(self._context, name))

    def _lazy_of(self, name: str, factory: Factory) -> LazyProvider:
        return LazyProvider(name, lambda: factory, partial(self._context, name))

    def all(self) -> list[Member]:
        """Every provider with its state; a provider that cannot be loaded says so in its state."""
        try:
            default = self.default().name
        except ClaifError:
            default = ""
        return [self._member(name, name == default) for name in self.names()]

    async def close(self) -> None:
        """Leave idle processes to the broker if there is one, disconnect all, then end the processes that are left."""
        if self._processes is not None:
            await self._processes.leave()
        await self._lifetimes.close()
        if self._processes is not None:
            await self._processes.aclose()

    def _register(self, name: str, factory: Factory, capabilities: object = None) -> None:  # noqa: ARG002 - declared only
        if name in self._entries or name in self._factories:
            raise ProviderInitError(f"The provider name {name} is taken.", provider=name)
        self._factories[name] = factory

    def _type(self, name: str) -> str:
        return self._config.provider_type(name)

    def _load(self, name: str) -> Factory:
        kind = self._type(name)
        if name in self._gone:
            raise self._not_found(name, name)
        factory = self._own.get(name) or self._factories.get(kind)
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
            sandbox=self._config.sandbox,
            approve=self._approve,
            get_processes=self._get_processes,
        )

    def _get_processes(self) -> Processes:
        if self._processes is None:
            from ..transport.process.processes import Processes

            home, broker = Path(self._config.home), None
            if self._config.general.keep_warm and LINUX:
                from ..transport.broker.client import Broker

                broker = Broker(home)
            self._processes = Processes(home, self._nursery, broker=broker)
        return self._processes

    async def _approve(self, request: PermissionRequest, query: Query, mode: PermissionMode) -> Decision:
        return await self._approvals.decide(
            request, query, mode, lambda: self._plugins.verdicts(request, query, self._config)
        )

    def _member(self, name: str, default: bool) -> Member:
        kind = self._type(name)
        entry = None if name in self._own else self._entries.get(kind)
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
        processes = None if self._processes is None else self._processes.pool.stats(name)
        return Member(name, kind, distribution, version, capabilities, status, default, processes)

    def check(self, name: str) -> None:
        """Refuse a name that nobody has.

        Raises:
            ProviderNotFoundError: it is one.
        """
        kind = self._type(name)
        if name in self._gone or not (name in self._own or kind in self._factories or kind in self._entries):
            raise self._not_found(name, kind)

    def _not_found(self, name: str, kind: str) -> ProviderNotFoundError:
        from difflib import get_close_matches

        known = sorted(
            {*self._entries, *self._factories} - self._gone if name in self._config.providers else self.names()
        )
        place = name if ":" in name else f"[providers.{name}]"
        what = f"The provider {name}" if kind == name else f"The provider type {kind} of {place}"
        near = get_close_matches(kind, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known) or 'none'}."
        return ProviderNotFoundError(f"{what} is not known.", provider=name, hint=hint)
