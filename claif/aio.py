"""Claif for asyncio: web applications, notebooks; under the event loop of the standard library and under uvloop.

Example:
    import asyncio
    import claif

    async def main():
        async with claif.aio.Client() as client:
            print((await client.query("Name three primary colors.")).text)

    asyncio.run(main())
"""

from __future__ import annotations

import weakref
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Self, Unpack

from . import client as core
from .models import Event
from .models.build import How, Prompt, build_query
from .portal.callback import in_loop
from .portal.feed import Feed
from .portal.host import Host
from .portal.loop_items import Items, block
from .portal.loop_many import Many, Streams
from .portal.loop_waiter import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from types import TracebackType

    from .config import Config, ConfigLoader
    from .models import Embeddings, ModelInfo, Query, Reply
    from .permission import Approver
    from .plugin.manager import PluginManager
    from .routing.default import Choice
    from .routing.members import Factory, Member
    from .routing.plan import Plan

__all__ = ["Client", "Stream", "Streams"]


class Stream(Items[Event]):
    """The events of one answer, as they come; `reply` is the whole answer once they have ended."""

    @property
    def reply(self) -> Reply | None:
        """The whole answer once the events have ended."""
        return self._feed.call.value


class Client(Many):
    """Asks providers, for code that runs under asyncio.

    It is opened by `async with`, or else by its first use; then `aclose` closes it, or the end of the interpreter. Any
    number of tasks, event loops and threads can use one client at the same time. What it is given (`providers`,
    `progress`) is called in Claif's own thread.

    Args:
        config: a `Config`, a `ConfigLoader`, or a mapping with the shape of the configuration file; the user's own
            files and environment when `None`.
        plugins: the plugins to use; those that are installed when `None`.
        providers: further providers by name: classes, or functions that take a `Context`.
        progress: called with (what, bytes done, bytes in all or `None`) during downloads.
        approver: an async function that decides what an agent asks to do; nobody is asked, and nothing allowed that the
            permission mode does not allow, when `None`.

    Example:
        async with claif.aio.Client() as client:
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
        self._host = Host(
            partial(
                core.Client,
                config,
                plugins=plugins,
                providers=providers,
                progress=progress,
                approver=approver and in_loop(approver),
            )
        )
        # The end of the interpreter closes it in another way: while threads can still be started.
        weakref.finalize(self, self._host.abandon).atexit = False

    async def __aenter__(self) -> Self:
        try:
            await run(self._host.portal(), self._host.open)
        except BaseException:
            self._host.abandon()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Cancel what runs and disconnect the providers; within seconds, and closing twice is fine."""
        if self._host.closable:
            await run(self._host.portal(), self._host.close)
        else:
            self._host.abandon()

    async def query(self, prompt: Prompt, **how: Unpack[How]) -> Reply:
        """Ask, and wait for the whole answer.

        Args:
            prompt: a text, a message, a conversation or a `Query`.
            **how: see `How`: provider, model, system, temperature, timeout (seconds), …

        Raises:
            ClaifError: see `claif.errors`; its `partial` has what had arrived.
        """
        return await run(self._host.portal(), partial(self._host.query, build_query(prompt, stream=False, **how)))

    @asynccontextmanager
    async def stream(self, prompt: Prompt, **how: Unpack[How]) -> AsyncIterator[Stream]:
        """Ask, and iterate over the events of the answer; leaving the block cancels what is still to come.

        Args:
            prompt: a text, a message, a conversation or a `Query`.
            **how: see `How`.

        Raises:
            ClaifError: from the iteration, after the events that had arrived.
        """
        ask = partial(self._host.run, build_query(prompt, stream=True, **how))
        async with block(lambda wake: Feed[Event, "Reply"](self._host, ask, wake), Stream) as stream:
            yield stream

    async def prewarm(self, **how: Unpack[How]) -> None:
        """Have a provider get ready for queries that are asked like this, in the background.

        Args:
            **how: see `How`: what the queries will have in common, such as provider, model, system and directory.

        Raises:
            ClaifError: it cannot be asked such a query.
        """
        await run(self._host.portal(), partial(self._host.request, lambda client: client.prewarm(**how)))

    async def models(self, provider: str | None = None) -> Sequence[ModelInfo]:
        """The models that a provider offers; the default provider when `None`."""
        return await run(self._host.portal(), partial(self._host.request, lambda client: client.models(provider)))

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
        return await run(
            self._host.portal(),
            partial(
                self._host.request,
                lambda client: client.embed(
                    texts, provider=provider, model=model, dimensions=dimensions, timeout=timeout, cache=cache
                ),
            ),
        )

    async def register(self, name: str, factory: Factory) -> None:
        """Offer a further provider from now on.

        Args:
            name: what to ask it by; a table `[providers.NAME]` that nobody serves yet configures it.
            factory: a provider class, or a function that takes a `Context`; called at its first use.

        Raises:
            ProviderInitError: the name is taken; `replace` takes its place.
        """
        await run(self._host.portal(), partial(self._host.ask, lambda client: client.register(name, factory)))

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
        await run(self._host.portal(), partial(self._host.request, lambda client: client.replace(name, factory)))

    async def unregister(self, name: str) -> None:
        """Offer a provider no longer; queries to it that run end well, then it is disconnected.

        Raises:
            ProviderNotFoundError: no provider has this name.
        """
        await run(self._host.portal(), partial(self._host.ask, lambda client: client.unregister(name)))

    async def default_provider(self) -> Choice:
        """The provider that is asked when nobody names one, and why."""
        return await run(self._host.portal(), partial(self._host.ask, core.Client.default_provider))

    async def plan(self, query: Query) -> Plan:
        """Whom this query would be asked of, and why.

        Raises:
            ClaifError: its name means nobody, or it cannot be asked of several.
        """
        return await run(self._host.portal(), partial(self._host.ask, lambda client: client.plan(query)))

    async def providers(self) -> list[Member]:
        """Every provider that can be asked, with its state."""
        return await run(self._host.portal(), partial(self._host.ask, core.Client.providers))
