"""The contract between Claif and its plugins: every hook, when it is called and what it gives and takes.

A plugin names a *hook module* in the entry-point group `claif`. Claif imports it before it asks anybody and calls the
functions in it that are marked with `@hookimpl` and named like one of the hooks below::

    from claif.api import hookimpl

    @hookimpl
    def claif_process_message(message):
        return message.replace_text(message.text.upper())

What holds for all hooks:

- An implementation takes only the arguments that it names; Claif may add arguments in later versions.
- Implementations are called one at a time, built-in ones first, then by the name of their distribution; `tryfirst` and
  `trylast` move one to the front or to the end.
- Hooks are plain functions. `async def`, generators and wrappers are refused when the plugin is loaded: asynchronous
  work belongs into the objects that a hook returns.
- A hook that raises, or returns something else than its contract says, is skipped and named, and the others go on. If
  its plugin is listed in `[plugins] critical`, the query is refused instead.
- A hook module must not import trio, cattrs, an HTTP client or a vendor's SDK at module level: everybody waits for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from pluggy import HookimplMarker, HookspecMarker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .cache.store import CacheStore
    from .client import Client
    from .config import Config, ConfigSource
    from .models import Message, PermissionRequest, Query
    from .pipeline.types import Layer
    from .plugin.record import QueryRecord
    from .provider import ProviderFactory
    from .routing.shared_state import SharedState
    from .routing.strategies import Standing

    Function = TypeVar("Function", bound=Callable[..., object])

    class RegisterProvider(Protocol):
        """What `claif_register_providers` is given."""

        def __call__(self, name: str, factory: ProviderFactory, *, capabilities: Iterable[str] = ("text",)) -> None:
            """Offer a provider: `factory` is a `Provider` class, or makes a `Provider` from a `Context`."""


PROJECT = "claif"

hookspec = HookspecMarker(PROJECT)
hookimpl = HookimplMarker(PROJECT)
"""Marks a function of a hook module as the implementation of the hook of the same name."""


def keeps_text(function: Function) -> Function:
    """Mark a `claif_process_message` that never changes a message's text and never drops a message.

    The deltas of a message are held back while a processor could still change it. Marked processors do not hold them
    back, so the answer keeps streaming. A marked processor that changes the text all the same is skipped and named.
    """
    function.claif_keeps_text = True  # type: ignore[attr-defined] # functions may have any
    return function


@hookspec
def claif_register_providers(register: RegisterProvider) -> None:
    """Offer providers that are known only at run time.

    Called:
        Once per client, when it opens. A provider whose name is known beforehand belongs into the entry-point group
        `claif.providers` instead, where nothing has to be imported to list it.

    Args:
        register: call `register(name, factory, capabilities=…)` for each provider. Make no network requests here;
            `factory` is called with a `Context` when the provider is first used.

    Returns:
        Nothing.

    Ordering:
        Decides nothing: a name that two distributions claim is refused until the user chooses.

    Raising:
        None of the providers that this call registered are offered.

    Since 2.0.
    """


@hookspec
def claif_query(query: Query, config: Config, client: Client) -> Layer | Sequence[Layer] | None:
    """Wrap, answer or refuse a query.

    Called:
        Once per query, before anybody is asked. Return quickly: no I/O here, it belongs into the layer's handler.

    Args:
        query: what is asked; frozen, a layer hands `attrs.evolve(query, …)` on to change it.
        config: the whole configuration, frozen.
        client: the client that asks. What must outlive the query is kept in `client.state(key, factory)`, never in a
            global variable.

    Returns:
        A `Layer`, a list or tuple of them, or `None` to stay out of it. A layer refuses the query when its handler
        raises a `ClaifError`, and answers it when its handler emits a `Message` without calling the next one.

    Ordering:
        Layers are sorted by slot, then `order`, then the name of their distribution, whatever the order of the calls.

    Raising:
        The plugin's layers are left out of this query; the query is refused if the plugin is critical.

    Since 2.0.
    """


@hookspec
def claif_process_message(message: Message, query: Query, config: Config) -> Message | None:
    """Change, replace or drop a complete message of the answer.

    Called:
        Once per complete message, with what the processor before it returned. While a processor is active the deltas
        of its messages are held back, unless it is marked with `@keeps_text`. To transform text as it streams, return
        a layer from `claif_query` instead.

    Args:
        message: the complete message.
        query: the query that it answers.
        config: the whole configuration, frozen; `config.processor(name, Settings)` gives the settings in the table
            `[processors.NAME]`, NAME being the name of the distribution.

    Returns:
        A new message, the same one, or `None` to drop it; processors after this one are then not asked.

    Ordering:
        By `[processors] order`, then by the name of the distribution; `[processors] disable` leaves one out.

    Raising:
        The message goes on as it was; the query ends with a `PluginError` if the plugin is critical.

    Since 2.0.
    """


@hookspec
def claif_config_sources(register: Callable[[ConfigSource], None]) -> None:
    """Add sources of configuration.

    Called:
        Once per client, before the configuration is complete.

    Args:
        register: call `register(ConfigSource(name, load, …))` for each source. Its `load` may be `async` and is bounded
            by its `timeout` in seconds; the source says by `fatal` whether Claif may go on without it.

    Returns:
        Nothing.

    Ordering:
        A source with a higher `priority` overrides the others; what the user's files, variables and options say
        overrides them all.

    Raising:
        None of the sources that this call registered are asked; queries are refused if the plugin is critical.

    Since 2.0.
    """


@hookspec
def claif_approve(request: PermissionRequest, query: Query, config: Config) -> bool | None:
    """Allow or deny what an agent asks to do.

    Called:
        Once for each request that the permission mode does not settle, before the user is asked. Return quickly.

    Args:
        request: what the agent wants to do; its texts come from the agent and are not to be trusted.
        query: the query that the agent works for.
        config: the whole configuration, frozen.

    Returns:
        `True` to allow it, `False` to deny it, `None` to leave it to the next one and at last to the user.

    Ordering:
        Built-in implementations first, then by the name of the distribution; one that denies has the last word, and the
        others are not asked.

    Raising:
        The plugin is passed over; the request is denied if the plugin is critical.

    Since 2.0.
    """


@hookspec
def claif_route(query: Query, candidates: Sequence[Standing], strategy: str) -> Sequence[Standing] | None:
    """Say in which order the members of a route are asked.

    Called:
        Once for each query to a route, or to several providers, before anybody is asked. Return quickly, and do not
        wait for anything.

    Args:
        query: the question; its `provider` is what was asked for.
        candidates: the members in the order in which they are configured, and how each does.
        strategy: what the route's `strategy` says; take only your own, and leave the others to their owners.

    Returns:
        Those of the candidates that may be asked, the first one first, or `None` to leave it to others. Members that
        are not healthy are asked after the others in any case.

    Ordering:
        By the name of the distribution; the first one that returns an order decides. Claif's own strategies are asked
        last.

    Raising:
        Passed over; the query is refused if the plugin is critical.

    Since 2.0.
    """


@hookspec
def claif_cache_store(config: Config) -> CacheStore | None:
    """Bring a store for cached answers.

    Called:
        Once per client, when the cache is first needed, unless the store is one of Claif's own (`sqlite`, `memory`).

    Args:
        config: the whole configuration, frozen; `config.cache` has the table `[cache]`.

    Returns:
        A `CacheStore` if `config.cache.store` is the name of yours; `None` leaves it to others.

    Ordering:
        By the name of the distribution; the first store that is returned is used.

    Raising:
        Passed over; the query is refused if the plugin is critical.

    Since 2.0.
    """


@hookspec
def claif_shared_state(config: Config) -> SharedState | None:
    """Bring what clients share limits, budgets and the health of endpoints through.

    Called:
        Once per client, when something shared is first needed, if `[shared] store` is set.

    Args:
        config: the whole configuration, frozen; `config.shared` has the table `[shared]`.

    Returns:
        A `SharedState` if `config.shared.store` is the name of yours; `None` leaves it to others.

    Ordering:
        By the name of the distribution; the first one that is returned is used.

    Raising:
        Passed over; the query is refused if the plugin is critical.

    Since 2.0.
    """


@hookspec
def claif_query_finished(record: QueryRecord) -> None:
    """Observe how a query ended.

    Called:
        Once at the end of each query, whether it was answered, failed or was cancelled.

    Args:
        record: the query, its reply or error, and how long it took, in seconds.

    Returns:
        Nothing.

    Ordering:
        Built-in observers first, then by the name of the distribution.

    Raising:
        Named and otherwise ignored, also for critical plugins: the answer has been given.

    Since 2.0.
    """
