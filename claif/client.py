"""The client: the one place from which everything is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import trio
from attrs import evolve

from .config import Config, ConfigLoader, SourceTable, load_sources
from .config.redact import redact_error
from .errors import ClaifError, ClientClosedError, TimeoutError
from .logs import logger
from .middleware import builtin
from .middleware.assemble import assemble_layer
from .middleware.attempt import attempt_layer, provider_end
from .middleware.deadline import deadline_layer
from .middleware.processors import processors_layer
from .middleware.redact import redact_layer
from .models.build import How, Prompt, build_query
from .pipeline.compose import compose, in_order, split
from .pipeline.edge import Edge
from .pipeline.failures import Downstream, single, unwrapped
from .pipeline.reply import ReplyBuilder
from .pipeline.run import Run, current_run
from .pipeline.watchdog import Watchdog
from .plugin.manager import PluginManager
from .routing.members import Factory, Member, Members
from .routing.needs import check_needs
from .routing.options import with_defaults
from .transport.http import HTTP

if TYPE_CHECKING:
    from .models import Event, ModelInfo, Query, Reply
    from .permission import Approver
    from .pipeline.types import Emit, Handler, Layer
    from .provider import Provider
    from .routing.default import Choice

T = TypeVar("T")

CLOSE_TIMEOUT = 5.0
"""Seconds that cancelled queries have to end when the client is closed."""


def _no_progress(_what: str, _done: int, _total: int | None) -> None:
    pass


async def _ignore(_event: Event) -> None:
    pass


class Stream:
    """The events of one answer, as they come; `reply` is the whole answer once they have ended."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self.reply: Reply | None = None

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._edge


class Client:
    """Asks providers. It owns the connections, the running plugins and every background task; all end with it.

    Args:
        config: a `Config`, a `ConfigLoader`, or a mapping with the shape of the configuration file; the user's own
            files and environment when `None`.
        plugins: the plugins to use; those that are installed when `None`.
        providers: further providers by name: classes, or functions that take a `Context`.
        progress: called with (what, bytes done, bytes in all or `None`) during downloads.
        approver: an async function that decides what an agent asks to do; nobody is asked, and nothing allowed that the
            permission mode does not allow, when `None`.

    Example:
        async with claif.Client() as client:
            reply = await client.query("Name three primary colors.")
            print(reply.text)
    """

    def __init__(
        self,
        config: Config | ConfigLoader | Mapping[str, Any] | None = None,
        *,
        plugins: PluginManager | None = None,
        providers: Mapping[str, Factory] | None = None,
        progress: Callable[[str, int, int | None], None] | None = None,
        approver: Approver | None = None,
    ) -> None:
        self._given_config = config
        self._given_plugins = plugins
        self._given_providers = dict(providers or {})
        self._progress = progress or _no_progress
        self._approver = approver
        self._watchdog = Watchdog()
        self._state: dict[str, Any] = {}
        self._runs: set[Run] = set()
        self._idle: trio.Event | None = None
        self._open: AbstractAsyncContextManager[None] | None = None
        self._closed = True
        self.config: Config
        self.plugins: PluginManager
        self._members: Members

    async def __aenter__(self) -> Self:
        if self._open is not None:
            raise RuntimeError("a client is opened once")
        self._open = self._lifetime()
        await self._open.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        if self._open is None:
            return None
        return await self._open.__aexit__(kind, error, traceback)  # noqa: ASYNC102 - what is inside is bounded

    async def query(self, prompt: Prompt, **how: Unpack[How]) -> Reply:
        """Ask, and wait for the whole answer.

        Args:
            prompt: a text, a message, a conversation or a `Query`.
            **how: see `How`: provider, model, system, temperature, timeout (seconds), …

        Raises:
            ClaifError: see `claif.errors`; its `partial` has what had arrived.
        """
        return await self.run(build_query(prompt, stream=False, **how), _ignore)

    @asynccontextmanager
    async def stream(self, prompt: Prompt, **how: Unpack[How]) -> AsyncIterator[Stream]:
        """Ask, and iterate over the events of the answer; leaving the block cancels what is still to come.

        Args:
            prompt: a text, a message, a conversation or a `Query`.
            **how: see `How`.

        Raises:
            ClaifError: from the iteration, after the events that had arrived.
        """
        query = build_query(prompt, stream=True, **how)
        edge = Edge()
        stream = Stream(edge)

        async def produce() -> None:
            try:
                stream.reply = await self.run(query, edge.send)
            except Exception as error:
                edge.end(error)
            else:
                edge.end()

        with unwrapped():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(produce)
                yield stream
                nursery.cancel_scope.cancel()

    async def run(self, query: Query, emit: Emit) -> Reply:
        """Ask, and get each event by `await emit(event)` in this very task; the push form that all others use.

        Raises:
            ClaifError: see `claif.errors`. What `emit` raises is raised as it is.
        """
        if self._closed:
            raise ClientClosedError("The client is not open.", hint="Use it inside `async with Client() as client:`.")
        query.check()
        run = Run(query)
        builder = ReplyBuilder(run, emit)
        token = current_run.set(run)
        self._runs.add(run)
        failure: BaseException | None = None
        reply: Reply | None = None
        try:
            with run.scope:
                await self._handler(query)(query, builder.emit)
                reply = builder.reply()
                logger.info("{}, model {}, answered in {:.2f} s", reply.provider, reply.model, reply.timings.total)
                return reply
        except (Exception, BaseExceptionGroup, Downstream) as caught:
            error = single(caught)
            if isinstance(error, Downstream):
                failure = error.error
            else:
                failure = error
                redact_error(error)
            if isinstance(failure, ClaifError):
                failure.partial = failure.partial or run.partial
                failure.query_id = run.id
            seconds = trio.current_time() - run.began
            logger.info("failed after {:.2f} s: {}: {}", seconds, type(failure).__name__, failure)
            if failure is caught:
                raise
            raise failure from failure.__cause__
        finally:
            current_run.reset(token)
            self._runs.discard(run)
            if self._idle is not None and not self._runs:
                self._idle.set()
            if self.plugins.observed:
                self.plugins.finished(query, reply, failure, trio.current_time() - run.began)
        raise ClientClosedError("The client was closed while the query ran.", partial=run.partial)

    async def models(self, provider: str | None = None) -> Sequence[ModelInfo]:
        """The models that a provider offers; the default provider when `None`."""
        taken = self._members.take(provider or self.default_provider().name)
        try:
            return await (await taken.value.ready()).models()
        finally:
            self._members.give_back(taken)

    def provider(self, name: str) -> Provider:
        """The provider of a name itself, which may not be connected yet: to pull its models, or to configure it.

        Raises:
            ProviderNotFoundError: no provider has this name.
            ProviderInitError: it cannot be used here.
        """
        return self._members.get(name).get()

    def register(self, name: str, factory: Factory) -> None:
        """Offer a further provider from now on.

        Args:
            name: what to ask it by; a table `[providers.NAME]` that nobody serves yet configures it.
            factory: a provider class, or a function that takes a `Context`; called at its first use.

        Raises:
            ProviderInitError: the name is taken; `replace` takes its place.
        """
        self._changes_providers()
        self._members.register(name, factory)

    async def replace(self, name: str, factory: Factory) -> None:
        """Serve a name by another provider from now on, without a query that fails.

        The new one is connected first; if that fails, everything stays as it was. Queries that run end with the old
        one, which is then disconnected. It can be called from within a query.

        Args:
            name: a name that can be asked; others of the same type stay as they are.
            factory: a provider class, or a function that takes a `Context`.

        Raises:
            ProviderNotFoundError: no provider has this name; `register` adds one.
            ProviderInitError: the new one cannot be made or connected.
            TimeoutError: it was not connected within `general.timeout` seconds.
        """
        self._changes_providers()
        seconds = self.config.general.timeout
        with trio.move_on_after(seconds) as limit:
            await self._members.replace(name, factory)
        if limit.cancelled_caught:
            raise TimeoutError(f"The new provider {name} was not connected within {seconds:g} s.", provider=name)
        self._changes_providers()

    def unregister(self, name: str) -> None:
        """Offer a provider no longer; queries to it that run end well, then it is disconnected.

        Raises:
            ProviderNotFoundError: no provider has this name.
        """
        self._changes_providers()
        self._members.unregister(name)

    def _changes_providers(self) -> None:
        if self._closed:
            raise ClientClosedError("The client is not open.", hint="Use it inside `async with Client() as client:`.")
        self._state.pop("claif.default", None)

    def default_provider(self) -> Choice:
        """The provider that is asked when nobody names one, and why."""
        return self.state("claif.default", self._members.default)

    def providers(self) -> list[Member]:
        """Every provider that can be asked, with its state."""
        return self._members.all()

    def chain(self, query: Query) -> list[Layer]:
        """The layers that this query would pass, outermost first."""
        return in_order(self.plugins.query_layers(query, self.config, self))

    def state(self, key: str, factory: Callable[[], T]) -> T:
        """What a plugin keeps for the life of this client: `factory` makes it when it is first asked for."""
        try:
            found: T = self._state[key]
        except KeyError:
            found = self._state[key] = factory()
        return found

    def standard_layers(self) -> list[Layer]:
        """Claif's own layers for this client."""
        layers = [
            deadline_layer(self._watchdog, self.config.general.timeout),
            redact_layer(),
            assemble_layer(),
            attempt_layer(self._watchdog),
        ]
        if processors := self.plugins.processors(self.config):
            layers.append(processors_layer(processors))
        return layers

    def _handler(self, query: Query) -> Handler:
        outer, inner = split(self.chain(query))

        async def route(query: Query, emit: Emit) -> None:
            run = current_run.get()
            run.provider = query.provider or self.default_provider().name
            taken = self._members.take(run.provider)
            try:
                member = taken.value
                provider = await member.ready()
                run.limits = member.settings
                run.model = query.model or member.settings.model
                check_needs(query, provider, run.provider)
                if defaults := member.settings.options:
                    query = evolve(query, options=with_defaults(query.options, defaults, run.provider))
                await compose(inner, provider_end(provider))(query, emit)
            finally:
                self._members.give_back(taken)

        return compose(outer, route)

    async def _configure(self) -> None:
        """Read the configuration, find the plugins, and ask their sources for more configuration."""
        given = self._given_config
        if isinstance(given, Config):
            self.config = given
            self._start_plugins()
            return
        if given is None:
            loader = ConfigLoader.read()
        else:
            loader = given if isinstance(given, ConfigLoader) else ConfigLoader.from_mapping(given)
        self.config = loader.build()
        self._start_plugins()
        tables: list[SourceTable] = []
        if sources := self.plugins.config_sources():
            tables, failures = await load_sources(sources, home=loader.home)
            for name, message in failures:
                self.plugins.warn(name, message)
        self.config = loader.build(tables, provider_names=self.plugins.providers())

    def _start_plugins(self) -> None:
        self.plugins = self._given_plugins or PluginManager.for_config(self.config)
        self.plugins.register(builtin, "claif.layers")
        self.plugins.load_hooks()

    @asynccontextmanager
    async def _lifetime(self) -> AsyncIterator[None]:
        await self._configure()
        if self.config.processors.enable or self.config.processor_tables:
            from .processors.shipped import register_enabled

            register_enabled(self.plugins, self.config)
        self._given_config = None  # it may hold a key in clear
        with unwrapped():
            async with trio.open_nursery() as nursery, HTTP() as http:
                nursery.start_soon(self._watchdog.run)
                self._members = Members(
                    self.config,
                    self.plugins,
                    self._given_providers,
                    http=http,
                    nursery=nursery,
                    progress=self._progress,
                    approver=self._approver,
                )
                self._closed = False
                try:
                    yield
                finally:
                    await self._close()  # noqa: ASYNC102 - shielded and bounded itself
                    nursery.cancel_scope.cancel()

    async def _close(self) -> None:
        """Cancel what runs, then disconnect the providers; shielded and bounded."""
        self._closed = True
        for run in list(self._runs):
            run.close()
        if self._runs:
            self._idle = trio.Event()
            with trio.move_on_after(CLOSE_TIMEOUT, shield=True):
                await self._idle.wait()
        with trio.CancelScope(shield=True):
            await self._members.close()
