"""Conformance: texts become vectors."""

# ruff: noqa: S101 - assertions are what the suite is for
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import trio

from ...errors import (
    ClaifError,
    ConnectionError,
    ModelNotFoundError,
    ProtocolError,
    ProviderRuntimeError,
    RateLimitError,
    TimeoutError,
)
from ..steps import cancelled_at_every_step
from ..vectors import vector_of
from .base import NAME, SOON, Conformance
from .cancellation import held, settled

if TYPE_CHECKING:
    from ...client import Client
    from ..server import ScriptedServer

AWKWARD = "e\u0301 \U0001f469\u200d\U0001f467 \u202e\u05e9\u05dc\u05d5\u05dd\u202c \u65e5\u672c"


class EmbeddingConformance(Conformance):
    """The promises of providers with the capability `embeddings`; subclass it beside `ProviderConformance`."""

    embedding_model: ClassVar[str | None] = "scripted-1"
    """The model that is asked for; `None` leaves it to the provider."""

    async def _failure_of(self, client: Client, *, timeout: float | None = None) -> ClaifError:
        try:
            await client.embed("hi", model=self.embedding_model, timeout=timeout)
        except ClaifError as error:
            return error
        raise AssertionError("it ended well")

    async def _embedding_failure(self, server: ScriptedServer, **behaviour: object) -> ClaifError:
        async with self.client(server, limits=None, **behaviour) as client:
            return await self._failure_of(client)

    async def test_each_text_gets_its_own_vector(self) -> None:
        """In the order of the texts, in more batches than are asked for at once, and equal texts alike."""
        async with self.serving() as server, self.client(server) as client:
            first = await client.embed("one", model=self.embedding_model)
            provider = client.provider(NAME)
            limits = provider.embedding_limits
            count = limits.texts * (limits.requests + 1) + 1
            texts = [AWKWARD, *[f"text {number} of many" for number in range(count)], AWKWARD, "one"]
            found = await client.embed(texts, model=self.embedding_model)
        assert "embeddings" in provider.capabilities
        assert first.vectors == (vector_of("one"),)
        assert found.vectors == tuple([vector_of(text) for text in texts])
        assert (found.provider, found.dimensions) == (NAME, len(vector_of("one")))
        assert found.model

    async def test_tokens_of_embeddings_are_counted_over_all_batches(self) -> None:
        """As the server counts them; where it does not, they are unknown."""
        async with self.serving() as server:
            async with self.client(server) as client:
                count = client.provider(NAME).embedding_limits.texts + 1
                texts = [f"text {number}" for number in range(count)]
                found = await client.embed(texts, model=self.embedding_model)
                assert found.usage.input_tokens == 2 * count
            async with self.client(server, usage=False) as client:
                assert (await client.embed("a b", model=self.embedding_model)).usage.input_tokens is None

    async def test_failures_of_embeddings_are_typed(self) -> None:
        """As those of queries are, with their data."""
        async with self.serving() as server:
            for status, kind in ((400, ProviderRuntimeError), (404, ModelNotFoundError), (429, RateLimitError)):
                error = await self._embedding_failure(server, error=status, retry_after=1000)
                assert type(error) is kind, f"{status} gave {type(error).__name__}"
                assert (error.status, error.provider) == (status, NAME)
            for bad in ("json", "utf8", "list"):
                error = await self._embedding_failure(server, bad=bad)
                assert isinstance(error, ProtocolError), f"{bad} gave {type(error).__name__}"
            await server.stop()
            assert isinstance(await self._embedding_failure(server), ConnectionError)

    async def test_embeddings_are_asked_for_again_where_that_helps(self) -> None:
        """A server that is busy once is asked twice."""
        async with self.serving() as server, self.client(server, error=503, times=1) as client:
            assert (await client.embed("hi", model=self.embedding_model)).vectors == (vector_of("hi"),)

    async def test_embeddings_end_in_time(self) -> None:
        """A server that says nothing is given up, and its connection closed."""
        async with self.serving() as server, self.client(server, stall="headers") as client:
            began = trio.current_time()
            assert isinstance(await self._failure_of(client, timeout=0.3), TimeoutError)
            assert trio.current_time() - began < SOON
            await server.wait_until_open(0, SOON)

    async def test_embeddings_cancelled_at_any_step_leave_nothing(self) -> None:
        """On a client that goes on and asks again."""
        async with self.serving() as server, self.client(server) as client:

            async def embed() -> None:
                await client.embed("hi", model=self.embedding_model)

            await embed()
            await server.wait_until_open(1, SOON)
            before = held()
            async for _ in cancelled_at_every_step(embed):
                await server.wait_until_open(1, SOON)
            await embed()
            await settled(before, server, 1)
