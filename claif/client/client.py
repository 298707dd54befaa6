"""What everything is asked through: it opens what a query needs, and closes it again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import trio

from ..errors import ClientClosedError, TimeoutError
from ..models.build import How, Prompt, build_query
from ..pipeline.compose import in_order
from ..pipeline.edge import Edge
from ..pipeline.failures import unwrapped
from ..pipeline.watchdog import Watchdog
from ..routing.members import Factory, Member, Members
from ..transport.http import HTTP
from .many import Many
from .opening import Given, configure
from .route import Router
from .running import Running
from .standard_layers import standard_layers
from .stream import Stream, feed, ignore

if TYPE_CHECKING:
    from ..config import Config, ConfigLoader
    from ..models import Embeddings, Event, ModelInfo, Query, Reply
    from ..permission import Approver
    from ..pipeline.types import Emit, Handler, Layer
    from ..plugin.manager import PluginManager
    from ..provider import Provider
    from ..routing.default import Choice
    from ..routing.plan import Plan

T = TypeVar("T")


def _no_progress(_what: str, _done: int, _total: int | None) -> None:
    pass


def _not_open() -> ClientClosedError:
    return ClientClosedError("The client is not open.", hint="Use it inside `async with Client() as client:`.")


class Client(Many):
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
        self._given_config: Given = config
        self._given_plugins = plugins
        self._given_providers = dict(providers or {})
        self._progress = progress or _no_progress
        self._approver = approver
        self._watchdog = Watchdog()
        self._state: dict[str, Any] = {}
        self._open: AbstractAsyncContextManager[None] | None = None
        self._closed = True
        self._layers: tuple[list[Layer], list[Layer]] = ([], [])
        """The layers of the last query, as they were found and in their order."""
        self.config: Config
        self.plugins: PluginManager
        self._members: Members
        self._running: Running
        self._router: Router
        self._nursery: trio.Nursery

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
        return await self.run(build_query(prompt, stream=False, **how), ignore)

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
        edge: Edge[Event] = Edge()
        stream = Stream(edge)
        with unwrapped():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(feed, partial(setattr, stream, "reply"), edge, partial(self.run, query))
                yield stream
                nursery.cancel_scope.cancel()

    async def run(self, query: Query, emit: Emit) -> Reply:
        """Ask, and get each event by `await emit(event)` in this very task; the push form that all others use.

        Raises:
            ClaifError: see `claif.errors`. What `emit` raises is raised as it is.
        """
        if self._closed:
            raise _not_open()
        query.check()
        return await self._running.run(query, self._handler, emit)

    async def prewarm(self, **how: Unpack[How]) -> None:
        """Have a provider get ready for queries that are asked like this, in the background.

        Args:
            **how: see `How`: what the queries will have in common, such as provider, model, system and directory.

        Raises:
            ClaifError: it cannot be asked such a query.
        """
        if self._closed:
            raise _not_open()
        await self._router.prewarm(build_query("", stream=True, **how))

    async def models(self, provider: str | None = None) -> Sequence[ModelInfo]:
        """The models that a provider offers; the default provider when `None`."""
        taken = self._members.take(provider or self.default_provider().name)
        try:
            return await (await taken.value.ready()).models()
        finally:
            self._members.give_back(taken)

    async def embed(
        self,
        texts: str | Sequence[str],
        *,
        provider: str | None = None,
        model: str | None = None,
        dimensions: int | None = None,
        timeout: float | None = None,
        cache: str | None = None,
    ) -> Embeddings:
        """Turn texts into vectors, by which texts of like meaning can be found.

        Equal texts are sent once; many texts are sent in several requests, a few at the same time. A request that
        failed is sent again as often as a query would be, but never to another provider.

        Args:
            texts: one text, or several.
            provider: a provider, an alias, or a provider and its model (`openai/text-embedding-3-small`); the default
                one when `None`.
            model: name of the model; the provider's usual one for embeddings when `None`.
            dimensions: how many numbers a vector shall have; as many as the model gives when `None`.
            timeout: seconds for everything; as long as the configuration lets a query when `None`.
            cache: whether vectors come from the cache and are kept there, see `Query.cache`; as the configuration says
                when `None`.

        Returns:
            The vectors, in the order of the texts.

        Raises:
            InvalidQueryError: there is no text, one is blank or not valid, or the provider makes no embeddings.
            ClaifError: see `claif.errors`.
        """
        if self._closed:
            raise _not_open()
        from .embedding import Embedding

        embedding = Embedding(self._router, texts, provider=provider, model=model, dimensions=dimensions, cache=cache)
        seconds = self.config.general.timeout if timeout is None else timeout
        return await self._running.during(partial(embedding.run, seconds))

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
            raise _not_open()
        self._state.pop("claif.default", None)

    def default_provider(self) -> Choice:
        """The provider that is asked when nobody names one, and why."""
        return self.state("claif.default", self._members.default)

    def providers(self) -> list[Member]:
        """Every provider that can be asked, with its state."""
        return self._router.with_health(self._members.all())

    def chain(self, query: Query) -> list[Layer]:
        """The layers that this query would pass, outermost first."""
        return in_order(self.plugins.query_layers(query, self.config, self))

    def plan(self, query: Query) -> Plan:
        """Whom this query would be asked of, and why.

        Raises:
            ClaifError: its name means nobody, or it cannot be asked of several.
        """
        return self._router.plan(query)

    def state(self, key: str, factory: Callable[[], T]) -> T:
        """What a plugin keeps for the life of this client: `factory` makes it when it is first asked for."""
        try:
            found: T = self._state[key]
        except KeyError:
            found = self._state[key] = factory()
        return found

    def standard_layers(self) -> list[Layer]:
        """Claif's own layers for this client."""
        return standard_layers(self.config, self.plugins, self._router)

    def _handler(self, query: Query) -> Handler:
        found = self.plugins.query_layers(query, self.config, self)
        if found != self._layers[0]:
            self._layers = (found, in_order(found))
        return self._router.handler(self._layers[1])

    @asynccontextmanager
    async def _lifetime(self) -> AsyncIterator[None]:
        self.config, self.plugins = await configure(self._given_config, self._given_plugins)
        self._given_config = None  # it may hold a key in clear
        self._running = Running(self.plugins)
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
                self._router = Router(
                    self.config,
                    self.plugins,
                    self._members,
                    self.default_provider,
                    watchdog=self._watchdog,
                    nursery=nursery,
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
        await self._running.close()
        with trio.CancelScope(shield=True):
            await self._router.beside.close()
            await self._members.close()
