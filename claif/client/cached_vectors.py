"""The vectors of texts in the cache, each by the content of its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from time import time
from typing import TYPE_CHECKING

import trio

from ..cache.key import text_key
from ..cache.policy import READS, WRITES
from ..cache.row import Row, seal
from ..cache.store import Labels, Write

if TYPE_CHECKING:
    from ..config.candidate import Candidate
    from ..models.embeddings import Vector
    from ..provider import Provider
    from .caching import Caching


TOGETHER = 20
"""Vectors that are read at once: together they are half a megabyte, which must come within the time of one read."""


class CachedVectors:
    """The cache of one call of `Client.embed`.

    Args:
        caching: the client's cache.
        member: what stands for the provider in keys.
        candidate: who is asked.
        model: the model that makes the vectors.
        dimensions: how many numbers were asked for.
        mode: of the cache.
    """

    def __init__(
        self,
        caching: Caching,
        member: str,
        candidate: Candidate,
        *,
        model: str,
        dimensions: int | None,
        mode: str,
    ) -> None:
        self.model = model
        self._caching, self._member, self._candidate = caching, member, candidate
        self._dimensions, self._mode = dimensions, mode

    async def find(self, texts: Iterable[str]) -> dict[str, Vector]:
        """The vectors that are there."""
        found: dict[str, Vector] = {}
        if self._mode not in READS:
            return found
        keys = {self._key(text): text for text in texts}
        some = iter(keys)
        while together := list(islice(some, TOGETHER)):
            for key, row in (await self._caching.read_all(together)).items():
                if _is_vector(row.data):
                    found[keys[key]] = tuple([float(number) for number in row.data])
            await trio.lowlevel.checkpoint()  # vectors are long, and a store may wait for nothing
        return found

    async def keep(self, texts: Sequence[str], vectors: Sequence[Vector]) -> None:
        """Keep what is new."""
        if self._mode not in WRITES:
            return
        now = time()
        labels = Labels(self._candidate.provider, self.model, "", now, now + self._caching.seconds)
        for text, vector in zip(texts, vectors, strict=True):
            key = self._key(text)
            await self._caching.write(Write(key, seal(Row(key, labels, data=list(vector)), self._caching.salt), labels))

    def _key(self, text: str) -> str:
        return text_key(self._caching.salt, self._member, self.model, text, dimensions=self._dimensions)


async def vectors_of(
    caching: Caching, candidate: Candidate, provider: Provider, *, named: str | None, dimensions: int | None, mode: str
) -> CachedVectors | None:
    """The cache for vectors of a provider; `None` if that does not say what they depend on.

    Args:
        caching: the client's cache.
        candidate: who is asked.
        provider: the same, connected.
        named: the model that the call or the settings name.
        dimensions: how many numbers were asked for.
        mode: of the cache.
    """
    known = caching.member(candidate.provider, provider, named)
    model = named or (known[0].embedding_model if known else None)
    if known is None or model is None:
        return None
    return CachedVectors(caching, known[1], candidate, model=model, dimensions=dimensions, mode=mode)


def _is_vector(data: object) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(number, int | float) for number in data)
