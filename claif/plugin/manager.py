"""The plugin manager: loads hook modules and calls hooks. Nothing else in Claif touches pluggy's manager."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, PluginError
from .caller import HookCaller
from .catalog import OWN, Catalog, Selection, names
from .guard import Failed, guarded, refuse
from .scan import Distribution, normalize, scan
from .state import Plugin, Status

if TYPE_CHECKING:
    import pluggy

    from ..cache.store import CacheStore
    from ..client import Client
    from ..config import Config, ConfigSource
    from ..models import PermissionRequest, Query, Reply
    from ..pipeline.types import Layer
    from ..routing.shared_state import SharedState
    from ..routing.strategies import Standing
    from .binding import Implementation
    from .entries import CommandEntry, ProviderEntry
    from .processors import Processor
    from .report import PluginReport
    from .results import LayersOf


class PluginManager:
    """The plugins of one client, and one typed method for each hook.

    `PluginManager()` knows no plugins; `discover` and `for_config` find those that are installed.

    Args:
        critical: distributions whose failing hooks refuse the query.
        trace: whether each hook call is printed to stderr; `CLAIF_TRACE_HOOKS` decides when `None`.
    """

    def __init__(self, *, critical: Iterable[str] = (), trace: bool | None = None) -> None:
        self._catalog = Catalog((), Selection(), {})
        self._caller = HookCaller(names(critical))
        self._trace = os.environ.get("CLAIF_TRACE_HOOKS", "") not in {"", "0"} if trace is None else trace
        self._loaded = False
        self._pluggy: pluggy.PluginManager | None = None
        self._arguments: dict[str, tuple[str, ...]] = {}
        self._registered: dict[str, Plugin] = {}
        self._bound: dict[str, tuple[Implementation, ...]] = {}
        self._processors: tuple[object, tuple[Processor, ...]] | None = None
        self._layers: tuple[object, object, list[tuple[Implementation, LayersOf]]] | None = None
        self._refusal: Status | None = None

    @classmethod
    def discover(
        cls,
        *,
        load: Iterable[str] | None = None,
        disable: Iterable[str] = (),
        off: bool = False,
        critical: Iterable[str] = (),
        provider_choice: Mapping[str, str] | None = None,
        path: Sequence[str] | None = None,
        trace: bool | None = None,
    ) -> PluginManager:
        """Find the installed plugins; none is imported.

        Args:
            load: use only these distributions; all when `None`.
            disable: leave these out.
            off: use none at all.
            critical: distributions whose failing hooks refuse the query.
            provider_choice: provider name -> the distribution that serves it, where several claim it.
            path: folders to look into; `sys.path` when `None`.
            trace: see the class.
        """
        manager = cls(critical=critical, trace=trace)
        selection = Selection(None if load is None else names(load), names(disable), off)
        manager._catalog = Catalog(scan(path), selection, provider_choice or {})
        return manager

    @classmethod
    def for_config(
        cls,
        config: Config,
        *,
        environ: Mapping[str, str] | None = None,
        off: bool = False,
        path: Sequence[str] | None = None,
    ) -> PluginManager:
        """Find the installed plugins that the configuration and the environment leave on.

        `CLAIF_PLUGINS` (only these; empty: none) and `CLAIF_DISABLE_PLUGINS` hold names separated by commas.
        """
        environ = os.environ if environ is None else environ
        only = environ.get("CLAIF_PLUGINS")
        return cls.discover(
            load=None if only is None else only.split(","),
            disable=[*config.plugins.disable, *environ.get("CLAIF_DISABLE_PLUGINS", "").split(",")],
            off=off,
            critical=config.plugins.critical,
            provider_choice=config.plugins.providers,
            path=path,
        )

    def providers(self) -> Mapping[str, ProviderEntry]:
        """The installed providers by name."""
        return self._catalog.providers()

    def commands(self) -> Mapping[str, CommandEntry]:
        """The commands of plugins by name."""
        return self._catalog.commands()

    def reports(self, *, taken: Collection[str] = ()) -> tuple[PluginReport, ...]:
        """What is known about each plugin, sorted by name.

        Args:
            taken: names of commands that plugins cannot have.
        """
        from .report import report

        plugins = {plugin.name: plugin for plugin in (*self._catalog.plugins, *self._registered.values())}
        providers, commands = self.providers(), self.commands()
        return tuple([report(plugins[name], providers, commands, taken) for name in sorted(plugins) if name != OWN])

    @property
    def warnings(self) -> Sequence[tuple[str, str]]:
        """Plugin and message of what went wrong lately."""
        return self._caller.warnings

    def warn(self, plugin: str, message: str) -> None:
        """Tell the user that something of a plugin went wrong, and go on."""
        self._caller.warn(plugin, message)

    def on_warning(self, tell: Callable[[str, str], None] | None) -> None:
        """Have `tell(plugin, message)` called for what went wrong so far, and each time that something does."""
        self._caller.on_warning = tell
        if tell is not None:
            for plugin, message in self._caller.warnings:
                tell(plugin, message)

    def load_hooks(self) -> None:
        """Import the hook modules of the plugins that are on, one by one; those that fail are named and left out."""
        if self._loaded:
            return
        from .loading import load_hook_module

        for plugin, entry, value in self._catalog.hook_modules():
            name = f"{plugin.name}:{entry}"
            if name not in self._registered:
                problem = load_hook_module(plugin, value, partial(self._add, name=name, plugin=plugin))
                if problem:
                    self.warn(plugin.name, problem)
        self._loaded = True
        self._bound.clear()

    def register(self, plugin: object, name: str) -> None:
        """Register a module or an object with hook implementations; again is the same as once.

        Args:
            plugin: has functions marked with `@hookimpl`.
            name: the distribution that it belongs to, or `claif.…` for what Claif itself brings.

        Raises:
            PluginError: an implementation cannot work, or something else is registered under this name.
        """
        distribution = OWN if name.startswith("claif.") else normalize(name)
        self._add(plugin, name, Plugin(Distribution(distribution, "", "", ())))

    def register_providers(self, register: Callable[..., None]) -> None:
        """Ask for providers that are made at run time, and register those whose names are free.

        Args:
            register: called with name, factory and `capabilities`.

        Raises:
            PluginError: a critical plugin failed.
        """
        from .offers import provider_offers

        implementations = self._implementations("claif_register_providers")
        for offer in provider_offers(self._caller, implementations, self._catalog):
            register(offer.name, offer.factory, capabilities=offer.capabilities)

    def query_layers(self, query: Query, config: Config, client: Client) -> list[Layer]:
        """The layers that plugins put around this query; each knows the distribution that brought it.

        Raises:
            PluginError: a critical plugin failed, or cannot be used.
        """
        bound = self._implementations("claif_query")
        if self._refusal is not None:
            raise PluginError(self._refusal.detail, hint=self._refusal.hint)
        found: list[Layer] = []
        for implementation, check in self._layer_checks(bound, config) if bound else ():
            found += self._caller.call(implementation, (query, config, client), check, ())
        return found

    def _layer_checks(self, bound: tuple[Implementation, ...], config: Config) -> list[tuple[Implementation, LayersOf]]:
        """Those that are on, and what makes layers of what they return."""
        if self._layers is None or self._layers[0] is not bound or self._layers[1] is not config:
            from .processors import is_on
            from .results import LayersOf

            on = [each for each in bound if is_on(each, config.processors)]
            self._layers = (bound, config, [(each, LayersOf(each.plugin.name)) for each in on])
        return self._layers[2]

    def processors(self, config: Config) -> tuple[Processor, ...]:
        """The message processors that are on, in the order in which they run."""
        bound = self._implementations("claif_process_message")
        table = config.processors
        if self._processors is None or self._processors[0] is not config:
            from .processors import arrange, is_on, processor

            made = [processor(self._caller, each, config) for each in bound if is_on(each, table)]
            self._processors = (config, arrange(made, table))
        return self._processors[1]

    def processor_names(self) -> list[str]:
        """Names by which `[processors]` may mean what is installed, on or off; nothing is loaded."""
        registered = [(name, plugin.name) for name, plugin in self._registered.items() if plugin.name != OWN]
        return sorted({*self._catalog.hook_names(), *[name for pair in registered for name in pair]})

    def config_sources(self) -> list[ConfigSource]:
        """The sources of configuration that plugins add.

        Raises:
            PluginError: a critical plugin failed.
        """
        from .offers import config_sources

        return config_sources(self._caller, self._implementations("claif_config_sources"))

    def verdicts(self, request: PermissionRequest, query: Query, config: Config) -> Iterator[tuple[str, bool | None]]:
        """What each plugin says to what an agent asks to do; a critical one that fails denies."""
        from .results import verdict

        for implementation in self._implementations("claif_approve"):
            name = implementation.plugin.name
            try:
                yield name, self._caller.call(implementation, (request, query, config), verdict, None)
            except PluginError as error:
                self.warn(name, error.message)
                yield name, False

    @property
    def routes(self) -> bool:
        """Whether a plugin may say in which order members are asked."""
        return bool(self._implementations("claif_route"))

    def route(self, query: Query, candidates: Sequence[Standing], strategy: str) -> Sequence[Standing] | None:
        """The order in which a plugin wants the members of a route to be asked; `None` leaves it to the strategy.

        Raises:
            PluginError: a critical plugin failed.
        """
        from .results import order

        for implementation in self._implementations("claif_route"):
            accept = partial(order, candidates=candidates)
            found = self._caller.call(implementation, (query, candidates, strategy), accept, None)
            if found is not None:
                return found
        return None

    def cache_store(self, config: Config, kind: type) -> CacheStore | None:
        """The store for cached answers that a plugin brings for this configuration; `kind` is the class of stores.

        Raises:
            ConfigurationError: it cannot be used as it is configured.
            PluginError: a critical plugin failed.
        """
        found: CacheStore | None = self._first("claif_cache_store", config, kind)
        return found

    def shared_state(self, config: Config, kind: type) -> SharedState | None:
        """What a plugin brings for this configuration to share state through; `kind` is the class of it.

        Raises:
            ConfigurationError: it cannot be used as it is configured.
            PluginError: a critical plugin failed.
        """
        found: SharedState | None = self._first("claif_shared_state", config, kind)
        return found

    def _first(self, hook: str, config: Config, kind: type) -> Any:
        from .results import made

        for implementation in self._implementations(hook):
            accept = partial(made, kind=kind)
            found = self._caller.call(implementation, (config,), accept, None, lets=ConfigurationError)
            if found is not None:
                return found
        return None

    @property
    def observed(self) -> bool:
        """Whether anybody wants to know how queries end."""
        return bool(self._implementations("claif_query_finished"))

    def finished(self, query: Query, reply: Reply | None, error: BaseException | None, seconds: float) -> None:
        """Tell the observers how a query ended, after `seconds` of wall time."""
        from .record import QueryRecord

        record = QueryRecord(query, reply, error, seconds)
        for implementation in self._implementations("claif_query_finished"):
            self._caller.call(implementation, (record,), lambda _result: None, None, decides=False)

    def _add(self, module: object, name: str, plugin: Plugin) -> None:
        manager = self._hooks()
        if manager.is_registered(module):
            return
        from .checks import look_over

        try:
            findings = guarded(lambda: look_over(module, self._arguments))
            # A guard that waits for a call that never comes would fail open.
            problems = findings.problems + (findings.unknown if plugin.name in self._caller.critical else [])
            refuse(problems)
            guarded(lambda: manager.register(module, name))
        except Failed as failure:
            # Before 1.7, pluggy registers a plugin first and finds its faults then.
            if manager.get_plugin(name) is module:
                manager.unregister(name=name)
            raise PluginError(f"The hooks of {name} were refused: {failure}") from failure.__cause__
        for unknown in findings.unknown:
            plugin.note(unknown)
        plugin.hooks += findings.hooks
        self._registered[name] = plugin
        self._bound.clear()
        self._processors = None

    def _hooks(self) -> pluggy.PluginManager:
        if self._pluggy is None:
            import pluggy

            from .. import hookspecs
            from .checks import hook_arguments

            self._pluggy = pluggy.PluginManager(hookspecs.PROJECT)
            self._pluggy.add_hookspecs(hookspecs)
            self._arguments = hook_arguments(hookspecs)
        return self._pluggy

    def _implementations(self, hook: str) -> tuple[Implementation, ...]:
        bound = self._bound.get(hook)
        return self._bind(hook) if bound is None else bound

    def _bind(self, hook: str) -> tuple[Implementation, ...]:
        self.load_hooks()
        self._refusal = self._catalog.missing(self._caller.critical, self._registered.values())
        found: list[Implementation] = []
        if self._pluggy is not None:
            from .binding import bind

            arguments = self._arguments[hook]
            implementations = getattr(self._pluggy.hook, hook).get_hookimpls()
            found = [bind(each, hook, arguments, self._registered[each.plugin_name]) for each in implementations]
        found.sort(key=lambda implementation: implementation.rank)
        if self._trace:
            from .trace import traced

            found = [each._replace(call=traced(each.call, hook, each.plugin.name)) for each in found]
        self._bound[hook] = bound = tuple(found)
        return bound
