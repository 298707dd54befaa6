"""Both faces turn texts into vectors as the core does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import claif
from claif.api import InvalidQueryError
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider, vector_of

HOW: dict[str, Any] = {"provider": "fake", "model": "m-1", "dimensions": 4, "timeout": 9.0}


def given() -> dict[str, Any]:
    return {"config": {}, "plugins": PluginManager(), "providers": {"fake": FakeProvider}}


def test_the_blocking_face_gives_the_vectors_in_order() -> None:
    with claif.blocking.Client(**given()) as client:
        found = client.embed(["a b", "c", "a b"], **HOW)
        with pytest.raises(InvalidQueryError):
            client.embed([], provider="fake")
    assert found.vectors == tuple([vector_of(text, 4) for text in ("a b", "c", "a b")])
    assert (found.provider, found.model) == ("fake", "m-1")


def test_the_asyncio_face_gives_the_vectors_in_order() -> None:
    async def main() -> Any:
        async with claif.aio.Client(**given()) as client:
            with pytest.raises(InvalidQueryError):
                await client.embed([], provider="fake")
            return await client.embed(["a b", "c", "a b"], **HOW)

    found = asyncio.run(main())
    assert found.vectors == tuple([vector_of(text, 4) for text in ("a b", "c", "a b")])
    assert (found.provider, found.model) == ("fake", "m-1")
