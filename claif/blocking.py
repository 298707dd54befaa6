"""Claif for code that is not async: scripts, threads, notebooks.

Example:
    import claif

    with claif.blocking.Client() as client:
        print(client.query("Name three primary colors.").text)
"""

from __future__ import annotations

import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, Self, Unpack

from . import client as core
from .models import Event
from .models.build import How, Prompt, build_query
from .portal.callback import in_thread
from .portal.feed import Feed
from .portal.host import Host
from .portal.process import current_portal
from .portal.thread_items import Block, Items
from .portal.thread_many import Many, Streams
from .portal.thread_waiter import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from .config import Config, ConfigLoader
    from .models import Decision, Embeddings, ModelInfo, PermissionRequest, Query, Reply
    from .plugin.manager import PluginManager
    from .routing.default import Choice
    from .routing.members import Factory, Member
    from .routing.plan import Plan

__all__ = ["Client", "Stream", "Streams", "query"]


class Stream(Items[Event]):
    """The events of one answer, as they come; `reply` is the whole answer once they have ended."""

    @property
    def reply(self) -> Reply | None:
        """The whole answer once the events have ended."""
        return self._feed.call.value


class Client(Many):
    """Asks providers, and waits for the answers.

    It is opened by `with`, or else by its first use; then `close` closes it, or the end of the interpreter. Any number
    of threads can use one client at the same time. What it is given (`providers`, `progress`) is called in Claif's own
    thread, but `approver` in one of its own, so that it may wait for a person.

    Args:
        config: a `Config`, a `ConfigLoader`, or a mapping with the shape of the configuration file; the user's own
            files and environment when `None`.
        plugins: the plugins to use; those that are installed when `None`.
        providers: further providers by name: classes, or functions that take a `Context`.
        progress: called with (what, bytes done, bytes in all or `None`) during downloads.
        approver: a function that decides what an agent asks to do; nobody is asked, and nothing allowed that the
            permission mode does not allow, when `None`.

    Example:
        with claif.blocking.Client() as client:
            reply = client.query("Name three primary colors.")
            print(reply.text)
    """

    def __init__(
        self,
        config: Config | ConfigLoader | Mapping[str, Any] | None = None,
        *,
        plugins: PluginManager | None = None,
        providers: Mapping[str, Factory] | None = None,
        progress: Callable[[str, int, int | None], None] | None = None,
        approver: Callable[[PermissionRequest], Decision] | None = None,
    ) -> None:
        self._host = Host(
            partial(
                core.Client,
                config,
                plugins=plugins,
                providers=providers,
                progress=progress,
                approver=approver and in_thread(approver),
            )
        )
        # The end of the interpreter closes it in another way: while threads can still be started.
        weakref.finalize(self, self._host.abandon).atexit = False

    def __enter__(self) -> Self:
        try:
            run(self._host.portal(), self._host.open)
        except BaseException:
            self._host.abandon()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what runs and disconnect the providers; within seconds, and closing twice is fine."""
        if self._host.closable:
            run(self._host.portal(), self._host.close)
        else:
            self._host.abandon()

    def query(self, prompt: Prompt, **how: Unpack[How]) -> Reply:
        """Ask, and wait for the whole answer.

        Args:
            prompt: a text, a message, a conversation or a `Query`.
            **how: see `How`: provider, model, system, temperature, timeout (seconds), …

        Raises:
            ClaifError: see `claif.errors`; its `partial` has what had arrived.
        """
        return run(self._host.portal(), partial(self._host.query, build_query(prompt, stream=False, **how)))

    def stream(self, prompt: Prompt, **how: Unpack[How]) -> AbstractContextManager[Stream]:
        """Ask, and iterate over the events of the answer; leaving the block cancels what is still to come.

        Args:
            prompt: a text, a message, a conversation or a `Query`.
            **how: see `How`.

        Raises:
            ClaifError: from the iteration, after the events that had arrived.
        """
        ask = partial(self._host.run, build_query(prompt, stream=True, **how))
        return Block(lambda wake: Feed[Event, "Reply"](self._host, ask, wake), Stream)

    def prewarm(self, **how: Unpack[How]) -> None:
        """Have a provider get ready for queries that are asked like this, in the background.

        Args:
            **how: see `How`: what the queries will have in common, such as provider, model, system and directory.

        Raises:
            ClaifError: it cannot be asked such a query.
        """
        run(self._host.portal(), partial(self._host.request, lambda client: client.prewarm(**how)))

    def models(self, provider: str | None = None) -> Sequence[ModelInfo]:
        """The models that a provider offers; the default provider when `None`."""
        return run(self._host.portal(), partial(self._host.request, lambda client: client.models(provider)))

    def embed(
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
        return run(
            self._host.portal(),
            partial(
                self._host.request,
                lambda client: client.embed(
                    texts, provider=provider, model=model, dimensions=dimensions, timeout=timeout, cache=cache
                ),
            ),
        )

    def register(self, name: str, factory: Factory) -> None:
        """Offer a further provider from now on.

        Args:
            name: what to ask it by; a table `[providers.NAME]` that nobody serves yet configures it.
            factory: a provider class, or a function that takes a `Context`; called at its first use.

        Raises:
            ProviderInitError: the name is taken; `replace` takes its place.
        """
        run(self._host.portal(), partial(self._host.ask, lambda client: client.register(name, factory)))

    def replace(self, name: str, factory: Factory) -> None:
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
        run(self._host.portal(), partial(self._host.request, lambda client: client.replace(name, factory)))

    def unregister(self, name: str) -> None:
        """Offer a provider no longer; queries to it that run end well, then it is disconnected.

        Raises:
            ProviderNotFoundError: no provider has this name.
        """
        run(self._host.portal(), partial(self._host.ask, lambda client: client.unregister(name)))

    def default_provider(self) -> Choice:
        """The provider that is asked when nobody names one, and why."""
        return run(self._host.portal(), partial(self._host.ask, core.Client.default_provider))

    def plan(self, query: Query) -> Plan:
        """Whom this query would be asked of, and why.

        Raises:
            ClaifError: its name means nobody, or it cannot be asked of several.
        """
        return run(self._host.portal(), partial(self._host.ask, lambda client: client.plan(query)))

    def providers(self) -> list[Member]:
        """Every provider that can be asked, with its state."""
        return run(self._host.portal(), partial(self._host.ask, core.Client.providers))


def query(prompt: Prompt, **how: Unpack[How]) -> Reply:
    """Ask, and wait for the whole answer; with one client for the whole process.

    The client is opened by the first call, which reads the configuration, and is closed when the interpreter ends. For
    another configuration, or an earlier end, make a `Client`.

    Args:
        prompt: a text, a message, a conversation or a `Query`.
        **how: see `How`: provider, model, system, temperature, timeout (seconds), …

    Raises:
        ClaifError: see `claif.errors`; its `partial` has what had arrived.
    """
    kept = current_portal().state
    client: Client | None = kept.get("claif.query")
    if client is None:
        client = kept.setdefault("claif.query", Client())  # of several threads that come first, one wins
    return client.query(prompt, **how)
