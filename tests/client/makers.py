"""A provider that makes vectors as a test wishes, and a client that asks it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import trio

from claif import Client
from claif.api import Context, EmbeddingLimits, Embeddings, Emit, Provider, Query, Usage
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider, vector_of

LIMITS = EmbeddingLimits(texts=3, bytes=20, requests=2)
Act = Callable[["Maker", Sequence[str], str | None, int | None], Any]


class Maker(Provider):
    """Makes vectors by `act`, and notes what it is asked, and for how many batches at once."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"text", "embeddings"})
    embedding_limits = LIMITS

    def __init__(self, context: Context, act: Act) -> None:
        super().__init__(context)
        self.act = act
        self.asked: list[tuple[str, ...]] = []
        self.running = self.most = 0

    async def query(self, query: Query, emit: Emit) -> None:
        raise NotImplementedError

    async def embed(
        self, texts: Sequence[str], *, model: str | None = None, dimensions: int | None = None
    ) -> Embeddings:
        self.asked.append(tuple(texts))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            return await self.act(self, texts, model, dimensions)
        finally:
            self.running -= 1


def made(texts: Sequence[str], model: str | None = "m-0", dimensions: int | None = None) -> Embeddings:
    return Embeddings(
        tuple([vector_of(text, dimensions) for text in texts]), "it", model, Usage(input_tokens=len(texts))
    )


async def well(_maker: Maker, texts: Sequence[str], model: str | None, dimensions: int | None) -> Embeddings:
    await trio.sleep(1)
    return made(texts, model, dimensions)


def client_of(act: Act = well, **config: Any) -> Client:
    def factory(context: Context) -> Maker:
        return Maker(context, act)

    factory.capabilities = Maker.capabilities  # type: ignore[attr-defined] # as a class has them
    config = {"general": {"default_provider": "it"}, **config}
    return Client(config, plugins=PluginManager(), providers={"it": factory, "other": factory, "fake": FakeProvider})


def maker_of(client: Client, name: str = "it") -> Maker:
    provider = client.provider(name)
    assert isinstance(provider, Maker)
    return provider


def failing(*errors: Exception) -> Act:
    """Fails with these, then does well."""
    left = list(errors)

    async def act(maker: Maker, texts: Sequence[str], model: str | None, dimensions: int | None) -> Embeddings:
        await trio.sleep(1)
        if left:
            raise left.pop(0)
        return made(texts, model, dimensions)

    return act
