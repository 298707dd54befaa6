"""What a blocking client does with several providers, or with many prompts; see `claif.client.many`."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from .callback import in_thread
from .feed import Feed
from .thread_items import Block, Items
from .thread_waiter import run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from ..client.fanout import Item
    from ..client.outcome import Outcome
    from ..models import Reply
    from ..models.build import How, Prompt
    from .host import Host


class Streams(Items["Item"]):
    """The events of several answers, each with whose it is; `outcomes` is what became of all once they have ended."""

    @property
    def outcomes(self) -> list[Outcome] | None:
        """What became of all, once all have ended."""
        return self._feed.call.value


class Many:
    """The part of a client that asks one question of many, and many questions."""

    _host: Host

    def query_all(self, prompt: Prompt, providers: Iterable[str] | None = None, **how: Unpack[How]) -> list[Outcome]:
        """Ask several providers at the same time, and wait for all; a failure is a value.

        Args:
            prompt: a text, a message, a conversation or a `Query`.
            providers: the names to ask, each once; all that are ready and no agents when `None`.
            **how: see `How`; it is the same for all, so it has no `provider`.

        Returns:
            What became of each, in the order of the names.

        Raises:
            InvalidQueryError: nobody could answer this, or a name was given twice.
            ConfigurationError: no names were given, and nobody is ready.
            ClientClosedError: the client was closed meanwhile.
        """
        return run(
            self._host.portal(),
            partial(self._host.request, lambda client: client.query_all(prompt, providers, **how)),
        )

    def stream_all(
        self, prompt: Prompt, providers: Iterable[str] | None = None, **how: Unpack[How]
    ) -> AbstractContextManager[Streams]:
        """Ask several providers at the same time, and iterate over (name, event) as the events come.

        The last that comes of each is what became of it, as (name, `Outcome`). A slow consumer makes all wait; leaving
        the block cancels what is still to come.

        Args:
            prompt: a text, a message, a conversation or a `Query`.
            providers: the names to ask, each once; all that are ready and no agents when `None`.
            **how: see `How`; it is the same for all, so it has no `provider`.

        Raises:
            InvalidQueryError: nobody could answer this, or a name was given twice.
            ConfigurationError: no names were given, and nobody is ready.
            ClientClosedError: from the iteration; the client was closed meanwhile.
        """
        from ..client.fanout import ask_all, names_of, queries_for

        host = self._host
        queries = run(
            host.portal(),
            partial(
                host.ask,
                lambda client: queries_for(prompt, names_of(providers, client.providers), how, stream=True),
            ),
        )

        def make(wake: Callable[[], bool]) -> Feed[Item, list[Outcome]]:
            return Feed(host, lambda send: host.request(lambda client: ask_all(client.run, queries, send)), wake)

        return Block(make, Streams)

    def race(self, prompt: Prompt, providers: Iterable[str] | None = None, **how: Unpack[How]) -> Reply:
        """Ask several providers at the same time; the first complete answer wins, and the others are cancelled at once.

        Args:
            prompt: a text, a message, a conversation or a `Query`.
            providers: the names to ask, each once; all that are ready and no agents when `None`.
            **how: see `How`; it is the same for all, so it has no `provider`.

        Raises:
            AllFailedError: nobody answered; its `errors` has what each failed with.
            InvalidQueryError: nobody could answer this, or a name was given twice.
            ConfigurationError: no names were given, and nobody is ready.
        """
        return run(
            self._host.portal(), partial(self._host.request, lambda client: client.race(prompt, providers, **how))
        )

    def query_random(
        self,
        prompt: Prompt,
        providers: Iterable[str] | None = None,
        *,
        choose: Callable[[Sequence[str]], str] = random.choice,
        **how: Unpack[How],
    ) -> Reply:
        """Ask one provider, chosen at random among those that are ready; if it fails, that is the end.

        Args:
            prompt: a text, a message, a conversation or a `Query`.
            providers: the names to choose from; all that are ready and no agents when `None`.
            choose: chooses; `random.Random(7).choice` chooses the same each time.
            **how: see `How`, without `provider`.

        Raises:
            ConfigurationError: no names were given, and nobody is ready.
            ClaifError: as from `query`.
        """
        return run(
            self._host.portal(),
            partial(self._host.request, lambda client: client.query_random(prompt, providers, choose=choose, **how)),
        )

    def gather(
        self, prompts: Iterable[Prompt], *, concurrency: int = 8, ordered: bool = True, **how: Unpack[How]
    ) -> AbstractContextManager[Iterator[Outcome]]:
        """Ask many prompts, so many at the same time, and iterate over what became of each; a failure is a value.

        A prompt is taken only when there is room for it, so that `prompts` can be a generator without an end: at most
        twice `concurrency` prompts are taken whose outcomes are not. Leaving the block cancels what is still to come.

        Args:
            prompts: texts, messages, conversations or `Query` objects.
            concurrency: how many are asked at the same time.
            ordered: whether the outcomes come in the order of the prompts, or else as they complete; `Outcome.index`
                tells whose each is.
            **how: see `How`; it is the same for all.

        Raises:
            InvalidQueryError: `concurrency` is no number from 1 on.
            ClientClosedError: from the iteration; the client was closed meanwhile.
            Exception: from the iteration; what `prompts` raised, after the outcomes of those before.
        """
        from ..client.gather import END, check_gather, gather

        host, kept = self._host, check_gather(concurrency, how)
        iterator = iter(prompts)
        # It may block, and may use this client itself.
        pull: Callable[[None], Awaitable[object]] = in_thread(lambda _: next(iterator, END))

        async def ask(send: Callable[[Outcome], Awaitable[None]]) -> None:
            await host.request(
                lambda client: gather(
                    client.run, partial(pull, None), send, concurrency=concurrency, ordered=ordered, how=kept
                )
            )

        return Block(lambda wake: Feed["Outcome", Any](host, ask, wake, limit=1), Items["Outcome"])
