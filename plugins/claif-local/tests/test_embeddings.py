"""The embedded model really turns texts into vectors."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from claif_local.provider import LocalProvider
from claif_local.server import HEADER, _pools
from claif_local.weights import SMOLLM2
from patience import until

from claif.api import Client, ConnectionError, ContextLengthError, ProviderRuntimeError, cosine_similarity

from .conftest import servers

COLORS = "Name three primary colors."
Asking = Callable[..., AbstractAsyncContextManager[tuple[Client, LocalProvider]]]


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Opens a client whose only provider is the embedded model."""

    @asynccontextmanager
    async def opened(home: Path, **table: Any) -> AsyncIterator[tuple[Client, LocalProvider]]:
        monkeypatch.setenv("CLAIF_HOME", str(home))
        config = {"general": {"default_provider": "local"}, "providers": {"local": {"context": 1024, **table}}}
        async with Client(config, providers={"local": LocalProvider}) as client:
            provider = client.provider("local")
            assert isinstance(provider, LocalProvider)
            yield client, provider

    return opened


async def test_texts_become_vectors_in_a_process_beside_the_one_that_answers(asking: Asking, real_home: Path) -> None:
    texts = [
        "The cat is sleeping on the sofa.",
        "A kitten is napping on the couch.",
        "The central bank has raised interest rates.",
        "The cat is sleeping on the sofa.",
    ]
    async with asking(real_home) as (client, _):
        found = await client.embed(texts)
        again = await client.embed(texts[1])
        [embedding] = servers()
        assert (await client.query(COLORS, max_tokens=4)).text
        assert embedding in servers()
        assert len(servers()) == 2
    assert servers() == []
    assert (found.provider, found.model, found.dimensions) == ("local", SMOLLM2.name, 576)
    assert found.vectors[0] == found.vectors[3]
    assert again.vectors[0] == pytest.approx(found.vectors[1], abs=1e-3)
    assert cosine_similarity(*found.vectors[:2]) > 0.85 > cosine_similarity(found.vectors[0], found.vectors[2])
    assert found.usage.input_tokens


async def test_a_text_that_is_longer_than_the_window_is_told_and_not_asked_again(
    asking: Asking, real_home: Path
) -> None:
    async with asking(real_home, context=256) as (client, _):
        assert (await client.embed("word " * 250)).dimensions == 576
        with pytest.raises(ContextLengthError, match=r"Text 2 of 2 has 301 tokens; the model takes 256") as caught:
            await client.embed(["short", "word " * 300])
        assert (caught.value.provider, caught.value.model) == ("local", SMOLLM2.name)
        assert caught.value.hint


async def test_its_vectors_cannot_be_shortened(asking: Asking, real_home: Path) -> None:
    async with asking(real_home) as (client, _):
        assert (await client.embed("a", dimensions=576)).dimensions == 576
        with pytest.raises(ProviderRuntimeError, match="576 numbers, not 64"):
            await client.embed("a", dimensions=64)


async def test_a_process_that_dies_while_it_embeds_is_told_and_started_anew(asking: Asking, real_home: Path) -> None:
    async with asking(real_home) as (client, provider):
        await client.embed("a")
        [pid] = servers()
        failures: list[BaseException] = []

        async def embed() -> None:
            try:
                await provider.embed(["word " * 1000] * 64)  # much more than it gets to
            except ConnectionError as error:
                failures.append(error)

        async with trio.open_nursery() as nursery:
            before = ticks(pid)
            nursery.start_soon(embed)
            await until(lambda: ticks(pid) > before + 5, 20)
            os.kill(pid, signal.SIGKILL)
        assert "SIGKILL" in str(failures[0])
        assert (await client.embed("a")).dimensions == 576
        assert servers() != [pid]


def ticks(pid: int) -> int:
    """The hundredths of a second that a process has computed."""
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))


def test_a_file_that_says_how_its_vectors_are_pooled_is_believed(tmp_path: Path, real_home: Path) -> None:
    model = tmp_path / "model.gguf"
    model.write_bytes(b"GGUF" + bytes(100) + b"\x11\0\0\0\0\0\0\0bert.pooling_type")
    assert _pools(str(model))
    assert not _pools(str(real_home / "models" / SMOLLM2.file))
    model.write_bytes(bytes(HEADER) + b"bert.pooling_type")
    assert not _pools(str(model))
