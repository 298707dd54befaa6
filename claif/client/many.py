"""What a client does with several providers, or many prompts: thin shells around functions that are loaded late."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Unpack

import trio

from ..pipeline.edge import Edge
from ..pipeline.failures import unwrapped
from .stream import Streams, feed, ignore

if TYPE_CHECKING:
    from ..models import Query, Reply
    from ..models.build import How, Prompt
    from ..pipeline.types import Emit
    from ..routing.members import Member
    from .fanout import Item
    from .outcome import Outcome


class Many(ABC):
    """The part of a client that asks one question of many, and many questions."""

    @abstractmethod
    async def run(self, query: Query, emit: Emit) -> Reply:
        """Ask one provider."""

    @abstractmethod
    def providers(self) -> list[Member]:
        """Every provider that can be asked."""

    async def query_all(
        self, prompt: Prompt, providers: Iterable[str] | None = None, **how: Unpack[How]
    ) -> list[Outcome]:
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
        from .fanout import ask_all, names_of, queries_for

        return await ask_all(
            self.run, queries_for(prompt, names_of(providers, self.providers), how, stream=False), _drop
        )

    @asynccontextmanager
    async def stream_all(
        self, prompt: Prompt, providers: Iterable[str] | None = None, **how: Unpack[How]
    ) -> AsyncIterator[Streams]:
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
        from .fanout import ask_all, names_of, queries_for

        queries = queries_for(prompt, names_of(providers, self.providers), how, stream=True)
        edge: Edge[Item] = Edge()
        streams = Streams(edge)
        with unwrapped():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(
                    feed, partial(setattr, streams, "outcomes"), edge, partial(ask_all, self.run, queries)
                )
                yield streams
                nursery.cancel_scope.cancel()

    async def race(self, prompt: Prompt, providers: Iterable[str] | None = None, **how: Unpack[How]) -> Reply:
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
        from .fanout import names_of, queries_for, race

        return await race(self.run, queries_for(prompt, names_of(providers, self.providers), how, stream=False))

    async def query_random(
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
        from .fanout import choices_of, queries_for

        name = choose(choices_of(providers, self.providers))
        [query] = queries_for(prompt, [name], how, stream=False)
        return await self.run(query, ignore)

    @asynccontextmanager
    async def gather(
        self, prompts: Iterable[Prompt], *, concurrency: int = 8, ordered: bool = True, **how: Unpack[How]
    ) -> AsyncIterator[AsyncIterator[Outcome]]:
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
        from .gather import check_gather, gather, taking

        how = check_gather(concurrency, how)
        take = taking(prompts)
        edge: Edge[Outcome] = Edge(1)
        with unwrapped():
            async with trio.open_nursery() as nursery:
                ask = partial(gather, self.run, take, concurrency=concurrency, ordered=ordered, how=how)
                nursery.start_soon(feed, _drop_result, edge, ask)
                yield edge
                nursery.cancel_scope.cancel()


async def _drop(_item: Item) -> None:
    pass


def _drop_result(_result: None) -> None:
    pass
