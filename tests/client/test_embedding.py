"""Texts become vectors: in their order, each once, in bounded batches, in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import trio
from client.makers import LIMITS, Maker, client_of, failing, made, maker_of

from claif import Client
from claif.api import (
    ClaifError,
    ClientClosedError,
    ConnectionError,
    Embeddings,
    Emit,
    InvalidQueryError,
    ProtocolError,
    Provider,
    ProviderNotFoundError,
    ProviderRuntimeError,
    Query,
    RateLimitError,
    Secret,
    TimeoutError,
    Usage,
)
from claif.client.embedding import Embedding
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider, vector_of


@pytest.mark.mock_clock
async def test_vectors_have_the_order_of_the_texts_and_equal_texts_are_sent_once() -> None:
    async def slower_first(maker: Maker, texts: Sequence[str], model: Any, dimensions: Any) -> Embeddings:
        await trio.sleep(10 - len(maker.asked))
        return made(texts, "told", dimensions)

    texts = [f"t{number % 8}" for number in range(20)]
    async with client_of(slower_first) as client:
        found = await client.embed(texts)
        asked = maker_of(client).asked
    assert found.vectors == tuple([vector_of(text) for text in texts])
    assert (found.provider, found.model, found.usage) == ("it", "told", Usage(input_tokens=8))
    assert asked == [("t0", "t1", "t2"), ("t3", "t4", "t5"), ("t6", "t7")]


@pytest.mark.mock_clock
async def test_no_more_batches_run_at_the_same_time_than_the_provider_takes() -> None:
    async with client_of() as client:
        found = await client.embed([f"t{number}" for number in range(30)])
        assert maker_of(client).most == LIMITS.requests
        assert len(maker_of(client).asked) == 10
    assert found.timings.total == pytest.approx(5)


@pytest.mark.mock_clock
async def test_what_is_known_already_is_not_asked_for() -> None:
    async with client_of() as client:
        embedding = Embedding(client._router, ["a", "b", "a", "c"], provider=None, model=None, dimensions=None)
        embedding.known["a"] = vector_of("a")
        found = await embedding.run(10)
        assert maker_of(client).asked == [("b", "c")]
        assert found.vectors == tuple([vector_of(text) for text in "abac"])
        assert embedding.known.keys() == {"a", "b", "c"}


@pytest.mark.mock_clock
@pytest.mark.parametrize(
    ("provider", "model", "asked"),
    [
        (None, None, ("it", "m-0")),
        ("other", "m-9", ("other", "m-9")),
        ("other/m-3", None, ("other", "m-3")),
        ("short", None, ("other", "m-7")),
        ("alone", None, ("it", "m-5")),
    ],
)
async def test_names_mean_what_they_mean_for_queries(
    provider: str | None, model: str | None, asked: tuple[str, str]
) -> None:
    async def act(maker: Maker, texts: Sequence[str], model: str | None, _: Any) -> Embeddings:
        return made(texts, model or "m-0")

    config = {"aliases": {"short": "other/m-7"}, "routes": {"alone": {"members": ["it/m-5"]}}}
    async with client_of(act, **config) as client:
        found = await client.embed("a", provider=provider, model=model)
    assert (found.provider, found.model) == asked


async def test_several_providers_are_refused_since_their_vectors_cannot_be_compared() -> None:
    async with client_of(routes={"both": {"members": ["it", "other"]}}) as client:
        for name in ("it,other", "both"):
            with pytest.raises(InvalidQueryError, match="cannot be compared"):
                await client.embed("a", provider=name)
        with pytest.raises(ProviderNotFoundError):
            await client.embed("a", provider="nobody")


async def test_a_provider_that_makes_no_embeddings_is_named_with_what_helps() -> None:
    class Plain(Provider):
        async def query(self, query: Query, emit: Emit) -> None:
            raise NotImplementedError

    class Claims(Plain):
        capabilities = frozenset({"text", "embeddings"})

    async with Client({}, plugins=PluginManager(), providers={"plain": Plain, "claims": Claims}) as client:
        for name in ("plain", "claims"):
            with pytest.raises(InvalidQueryError, match=f"The provider {name} makes no embeddings") as caught:
                await client.embed("a", provider=name)
            assert caught.value.provider == name
            assert "claif providers status" in (caught.value.hint or "")


@pytest.mark.mock_clock
async def test_a_batch_that_failed_is_asked_for_again_alone() -> None:
    async with client_of(failing(ConnectionError("gone"), ProviderRuntimeError("busy", retryable=True))) as client:
        found = await client.embed(["t0", "t1", "t2", "t3"])
        assert Counter(maker_of(client).asked) == {("t0", "t1", "t2"): 2, ("t3",): 2}
    assert found.vectors == tuple([vector_of(f"t{number}") for number in range(4)])
    assert found.usage == Usage(input_tokens=4)


@pytest.mark.mock_clock
@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (ConnectionError("gone"), 3),
        (ProviderRuntimeError("broken"), 1),
        (TimeoutError("late"), 1),
        (RateLimitError("wait", retry_after=61), 1),
        (RateLimitError("wait", retry_after=60), 3),
        (InvalidQueryError("too long"), 1),
    ],
)
async def test_only_what_asking_again_can_help_is_asked_again_and_as_often_as_a_query(
    error: ClaifError, asked: int
) -> None:
    async with client_of(failing(*[error] * 9)) as client:
        with pytest.raises(type(error)) as caught:
            await client.embed("a", model="m-1")
        assert caught.value is error
        assert (error.provider, error.model) == ("it", "m-1")
        assert len(maker_of(client).asked) == asked


@pytest.mark.mock_clock
async def test_how_often_is_asked_again_is_configured() -> None:
    async with client_of(failing(*[ConnectionError("gone")] * 9), retry={"max_attempts": 1}) as client:
        with pytest.raises(ConnectionError):
            await client.embed("a")
        assert len(maker_of(client).asked) == 1


@pytest.mark.mock_clock
async def test_retry_after_is_waited_for() -> None:
    async with client_of(failing(RateLimitError("wait", retry_after=30))) as client:
        found = await client.embed("a")
    assert found.timings.total == pytest.approx(32)


@pytest.mark.mock_clock
async def test_the_first_failure_ends_the_other_batches() -> None:
    async def act(maker: Maker, texts: Sequence[str], *_: Any) -> Embeddings:
        await trio.sleep(1 if "t3" in texts else 50)
        raise ProviderRuntimeError("no")

    async with client_of(act) as client:
        began = trio.current_time()
        with pytest.raises(ProviderRuntimeError):
            await client.embed([f"t{number}" for number in range(30)])
        assert trio.current_time() - began == pytest.approx(1)
        assert len(maker_of(client).asked) == 2
        assert maker_of(client).running == 0


@pytest.mark.mock_clock
async def test_a_failure_that_is_not_typed_names_the_provider() -> None:
    async with client_of(failing(ValueError("what"))) as client:
        with pytest.raises(ProviderRuntimeError, match="The provider it failed: ValueError: what"):
            await client.embed("a")


@pytest.mark.mock_clock
async def test_a_secret_in_an_error_is_masked() -> None:
    secret = Secret("very-secret-key-of-mine")
    async with client_of(failing(ProviderRuntimeError("refused very-secret-key-of-mine"))) as client:
        with pytest.raises(ProviderRuntimeError) as caught:
            await client.embed("a")
    assert secret.reveal() not in str(caught.value)


@pytest.mark.mock_clock
async def test_the_time_limit_holds_over_all_batches_and_attempts() -> None:
    async with client_of() as client:
        with pytest.raises(TimeoutError, match=r"it did not embed 30 texts within 4\.5 s") as caught:
            await client.embed([f"t{number}" for number in range(30)], timeout=4.5)
        assert caught.value.provider == "it"
        assert maker_of(client).running == 0
        assert (await client.embed([f"t{number}" for number in range(30)], timeout=5.5)).dimensions == 8
    async with client_of(
        failing(*[ConnectionError("gone")] * 2), general={"timeout": 0.5, "default_provider": "it"}
    ) as client:
        with pytest.raises(TimeoutError, match=r"within 0.5 s"):
            await client.embed("a")


@pytest.mark.mock_clock
async def test_closing_the_client_ends_it() -> None:
    errors: list[Exception] = []

    async def embed(client: Client) -> None:
        try:
            await client.embed("a")
        except ClientClosedError as error:
            errors.append(error)

    async with trio.open_nursery() as nursery:
        async with client_of() as client:
            nursery.start_soon(embed, client)
            await trio.sleep(0.5)
        assert len(errors) == 1
    with pytest.raises(ClientClosedError):
        await client.embed("a")


@pytest.mark.mock_clock
@pytest.mark.parametrize("sent", [(), ((1.0,), (1.0,)), ((),)])
async def test_a_provider_that_does_not_give_one_vector_for_each_text_is_refused(sent: Any) -> None:
    async def act(*_: Any) -> Embeddings:
        return Embeddings(sent, "it")

    async with client_of(act) as client:
        with pytest.raises(ProtocolError) as caught:
            await client.embed("a")
        assert caught.value.provider == "it"
        assert len(maker_of(client).asked) == 1


@pytest.mark.mock_clock
async def test_vectors_of_different_lengths_are_refused_also_over_batches() -> None:
    async def act(maker: Maker, texts: Sequence[str], *_: Any) -> Embeddings:
        return made(texts, "m", 2 + len(maker.asked))

    async with client_of(act) as client:
        with pytest.raises(ProtocolError, match="uneven"):
            await client.embed(["t0", "t1", "t2", "t3"])


@pytest.mark.mock_clock
async def test_dimensions_are_passed_on_and_a_model_that_heeds_them_not_is_no_success() -> None:
    async def deaf(_maker: Maker, texts: Sequence[str], model: Any, dimensions: Any) -> Embeddings:
        return made(texts, model, 8)

    async with client_of() as client:
        assert (await client.embed("a", dimensions=5)).vectors == (vector_of("a", 5),)
    async with client_of(deaf) as client:
        assert (await client.embed("a", dimensions=8)).dimensions == 8
        with pytest.raises(ProviderRuntimeError, match="8 numbers, not 5"):
            await client.embed("a", dimensions=5)


async def test_the_fake_provider_makes_vectors_and_remembers_the_texts() -> None:
    fake = FakeProvider.scripted()
    async with Client({}, plugins=PluginManager(), providers={"fake": fake}) as client:
        found = await client.embed(["a b", "c"], provider="fake", dimensions=4)
    assert found.vectors == (vector_of("a b", 4), vector_of("c", 4))
    assert (found.model, found.usage) == ("fake-embedding", Usage(input_tokens=3))
    assert fake.embedded == [("a b", "c")]
