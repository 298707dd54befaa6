"""Embeddings of many texts: each different text is asked for once, in batches, a few at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan
from typing import TYPE_CHECKING

import trio

from ..errors import ClaifError, InvalidQueryError, ProtocolError, ProviderRuntimeError, TimeoutError
from ..logs import logger
from ..middleware.attempt import raise_named
from ..models import EmbeddingLimits, Embeddings, Query, Usage
from ..models.query import check_cache_mode, check_text
from ..models.reply import Timings
from ..pipeline.run import Run
from ..routing.retry_policy import RetryPolicy

if TYPE_CHECKING:
    from ..config.candidate import Candidate
    from ..models.embeddings import Vector
    from ..plugin.lazy_provider import LazyProvider
    from ..provider import Provider
    from .cached_vectors import CachedVectors
    from .route import Router


class Embedding:
    """One call of `Client.embed`.

    `known` has the vector of each text that needs no asking, or no more: whoever remembers vectors puts them there
    before `run` asks the provider, and `learn` is told of each that comes.

    Args:
        router: knows the providers, and what a name means.
        texts: one text, or several.
        provider: a name, see `Client.embed`.
        model: name of the model.
        dimensions: how many numbers a vector shall have.
        cache: the mode of the cache; as the configuration says when `None`.

    Raises:
        InvalidQueryError: a text, the number or the mode is not valid.
    """

    def __init__(
        self,
        router: Router,
        texts: str | Sequence[str],
        *,
        provider: str | None,
        model: str | None,
        dimensions: int | None,
        cache: str | None = None,
    ) -> None:
        self._mode = check_cache_mode(cache) or router.config.cache.mode
        self._cached = 0
        self.texts = check_texts(texts)
        self.known: dict[str, Vector] = {}
        self._router = router
        self._name, self._model = provider, model
        self._dimensions = _check_dimensions(dimensions)
        self._policy = RetryPolicy(router.config.routing.retry)
        self._usage = Usage()
        self._told: str | None = None
        self._vectors: CachedVectors | None = None

    async def run(self, seconds: float) -> Embeddings:
        """The vectors, in the order of the texts.

        Args:
            seconds: for everything.

        Raises:
            TimeoutError: they were not all there in time.
            ClaifError: the provider could not be asked, or failed.
        """
        if isnan(seconds) or seconds <= 0:
            raise InvalidQueryError("The time limit is no number of seconds above 0.", hint="Give it as timeout=60.")
        began = trio.current_time()
        candidate = self._candidate()
        with trio.move_on_after(seconds):
            await self._ask_member(candidate)
            return self._result(candidate, trio.current_time() - began)
        raise TimeoutError(
            f"{candidate.provider} did not embed {len(self.texts)} texts within {seconds:g} s.",
            provider=candidate.provider,
            model=self._told or candidate.model,
        )

    def learn(self, texts: Sequence[str], found: Embeddings) -> None:
        """Note the vectors of some texts.

        Raises:
            ProtocolError: they are not as many as the texts, not all of one length, or empty.
            ProviderRuntimeError: they have another length than was asked for.
        """
        lengths = {len(vector) for vector in (*found.vectors, *list(self.known.values())[:1])}
        if len(found.vectors) != len(texts) or len(lengths) != 1 or 0 in lengths:
            raise ProtocolError(
                f"{found.provider} sent {len(found.vectors)} vectors for {len(texts)} texts, or uneven or empty ones."
            )
        if self._dimensions is not None and lengths != {self._dimensions}:
            raise ProviderRuntimeError(
                f"The vectors have {lengths.pop()} numbers, not {self._dimensions}.",
                hint="This model cannot give another number of dimensions: ask for none, or for another model.",
            )
        self.known.update(zip(texts, found.vectors, strict=True))
        self._usage += found.usage
        self._told = self._told or found.model

    def _candidate(self) -> Candidate:
        """Who is asked.

        Raises:
            ClaifError: the name means nobody.
            InvalidQueryError: it means several.
        """
        plan = self._router.plan(Query("", provider=self._name, model=self._model))
        if not plan.single:
            raise InvalidQueryError(
                f"{self._name or plan.route} means several providers, whose embeddings cannot be compared.",
                hint="Name one: -p NAME, in the API provider=NAME.",
            )
        return plan.candidates[0]

    async def _ask_member(self, candidate: Candidate) -> None:
        """Have the provider make what is missing; it stays connected until then."""
        members = self._router.members
        taken = members.take(candidate.provider)
        try:
            provider = await taken.value.ready()
            if "embeddings" not in provider.capabilities:
                raise provider.no_embeddings()
            different = dict.fromkeys(self.texts)
            self._vectors = await self._cached_vectors(candidate, provider, taken.value.settings.embedding_model)
            if self._vectors is not None:
                self.known |= await self._vectors.find(different)
                self._cached = sum(text in self.known for text in self.texts)
            missing = [text for text in different if text not in self.known]
            await self._pay_for(missing, taken.value, provider, candidate)
        finally:
            members.give_back(taken)

    async def _pay_for(
        self, missing: Sequence[str], member: LazyProvider, provider: Provider, candidate: Candidate
    ) -> None:
        """Have what is missing made, within budgets and written down where there are such."""
        accounts = self._router.beside.accounts
        if accounts is None:
            return await self._ask_for(missing, provider, candidate)
        from ..middleware.embedding_costs import within_budgets

        run = Run(Query("", provider=candidate.provider, model=candidate.model))
        run.provider, run.member, run.limits = candidate.provider, provider, member.settings
        identity = provider.identity(candidate.model)
        usual = None if identity is None else identity.embedding_model
        run.model = candidate.model or member.settings.embedding_model or usual

        async def ask() -> Usage:
            await self._ask_for(missing, provider, candidate)
            return self._usage

        self._usage = await within_budgets(accounts, run, missing, ask, cached=self._cached > 0)
        return None

    async def _cached_vectors(
        self, candidate: Candidate, provider: Provider, usual: str | None
    ) -> CachedVectors | None:
        """The vectors in the cache, if that is on."""
        if self._mode == "off":
            return None
        from .cached_vectors import vectors_of

        caching = await self._router.beside.caching()
        named = candidate.model or usual
        return await vectors_of(caching, candidate, provider, named=named, dimensions=self._dimensions, mode=self._mode)

    async def _ask_for(self, missing: Sequence[str], provider: Provider, candidate: Candidate) -> None:
        """Ask for all batches, a few at the same time; the first failure ends the others, and is raised."""
        limits = provider.embedding_limits
        todo = batches(missing, limits)
        failures: list[BaseException] = []

        async def work() -> None:
            try:
                for batch in todo:
                    await self._ask_often(batch, provider, candidate)
            except Exception as error:
                failures.append(error)
                nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            for _ in range(limits.requests):
                nursery.start_soon(work)
        if failures:
            raise failures[0]

    async def _ask_often(self, batch: Sequence[str], provider: Provider, candidate: Candidate) -> None:
        """Ask for one batch, again if that can help."""
        asked = 0
        while True:
            asked += 1
            try:
                return await self._ask(batch, provider, candidate)
            except ClaifError as error:
                late = isinstance(error, TimeoutError)
                if not error.retryable or late or not self._policy.permits(asked, error.retry_after):
                    raise
                pause = self._policy.delay(asked, self._router.rng, error.retry_after)
                logger.info("{} failed ({}); asked again in {:.2f} s", candidate, type(error).__name__, pause)
            await trio.sleep(pause)

    async def _ask(self, batch: Sequence[str], provider: Provider, candidate: Candidate) -> None:
        try:
            found = await provider.embed(batch, model=candidate.model, dimensions=self._dimensions)
            self.learn(batch, found)
            if self._vectors is not None:
                await self._vectors.keep(batch, found.vectors)
        except (Exception, BaseExceptionGroup) as caught:
            raise_named(caught, candidate.provider, candidate.model)

    def _result(self, candidate: Candidate, seconds: float) -> Embeddings:
        vectors = tuple([self.known[text] for text in self.texts])
        timings = Timings(total=seconds)
        model = self._told or (self._vectors.model if self._vectors else candidate.model)
        return Embeddings(vectors, candidate.provider, model, self._usage, timings, self._cached)


def check_texts(texts: str | Sequence[str]) -> tuple[str, ...]:
    """The texts, if each can be embedded.

    Raises:
        InvalidQueryError: there is none, or one is blank, no text, or has NUL characters or lone surrogates.
    """
    found = (texts,) if isinstance(texts, str) else tuple(texts)
    if not found:
        raise InvalidQueryError("There is no text to embed.", hint="Give at least one text.")
    for number, text in enumerate(found, 1):
        name = "The text" if len(found) == 1 else f"Text {number} of {len(found)}"
        if not isinstance(text, str):
            raise InvalidQueryError(f"{name} is no text but {type(text).__name__}.", hint="Give strings.")
        if not text.strip():
            raise InvalidQueryError(f"{name} is blank.", hint="Leave it out: it means nothing.")
        check_text(text, name, hint="Remove it; only text can be embedded.")
    return found


def batches(texts: Sequence[str], limits: EmbeddingLimits) -> Iterator[list[str]]:
    """The texts in order, in batches that are as large as they may be; a text that is larger is alone in its batch."""
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if batch and (len(batch) >= limits.texts or size + length > limits.bytes):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch


def _check_dimensions(dimensions: int | None) -> int | None:
    if dimensions is not None and (dimensions.__class__ is not int or dimensions < 1):
        raise InvalidQueryError(
            f"{str(dimensions)[:80]!r} is no number of dimensions.", hint="Give a whole number from 1 on."
        )
    return dimensions
