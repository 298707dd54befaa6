"""Layers stand where their slots say, and a plugin's layer that fails is named."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import PluginError, RateLimitError
from claif.models import Query
from claif.pipeline.compose import compose, in_order, split
from claif.pipeline.types import Emit, Handler, Layer, Slot


def layer(name: str, log: list[str], slot: Slot = Slot.GUARD, order: int = 0, distribution: str = "claif") -> Layer:
    def wrap(handler: Handler) -> Handler:
        async def logged(query: Query, emit: Emit) -> None:
            log.append(name)
            await handler(query, emit)

        return logged

    return Layer(slot=slot, wrap=wrap, name=name, order=order, distribution=distribution)


async def nothing(query: Query, emit: Emit) -> None:
    pass


async def ignore(event: object) -> None:
    pass


@given(
    st.lists(
        st.tuples(st.sampled_from(Slot), st.integers(-3, 3), st.sampled_from("abc"), st.text("xyz", max_size=3)),
        unique=True,
        max_size=8,
    ),
    st.randoms(),
)
async def test_discovery_order_decides_nothing(specs: list[tuple[Slot, int, str, str]], shuffle: random.Random) -> None:
    layers = [
        Layer(slot=slot, wrap=lambda handler: handler, order=order, distribution=dist, name=name)
        for slot, order, dist, name in specs
    ]
    shuffled = list(layers)
    shuffle.shuffle(shuffled)
    assert in_order(shuffled) == in_order(layers)


async def test_the_first_layer_is_the_outermost() -> None:
    log: list[str] = []
    layers = in_order([layer("in", log, Slot.ROUTE), layer("out", log, Slot.TRACE), layer("mid", log, Slot.GUARD)])
    await compose(layers, nothing)(Query("hi"), ignore)
    assert log == ["out", "mid", "in"]


def test_layers_are_split_between_the_query_and_its_attempts() -> None:
    log: list[str] = []
    outer, inner = split([layer("a", log, Slot.DEADLINE), layer("b", log, Slot.RETRY), layer("c", log, Slot.ATTEMPT)])
    assert [one.name for one in outer] == ["a"]
    assert [one.name for one in inner] == ["b", "c"]


async def test_a_plugins_layer_that_fails_is_named() -> None:
    def wrap(handler: Handler) -> Handler:
        async def broken(query: Query, emit: Emit) -> None:
            raise KeyError("oops")

        return broken

    with pytest.raises(PluginError, match=r"layer guard of the plugin shout .*KeyError"):
        await compose([Layer(slot=Slot.GUARD, wrap=wrap, name="guard", distribution="shout")], nothing)(
            Query("hi"), ignore
        )


def test_a_plugins_layer_that_cannot_wrap_is_named() -> None:
    def wrap(handler: Handler) -> Handler:
        raise ZeroDivisionError

    with pytest.raises(PluginError, match="shout"):
        compose([Layer(slot=Slot.GUARD, wrap=wrap, name="guard", distribution="shout")], nothing)


async def test_a_layer_may_refuse_with_an_error_of_its_choice() -> None:
    def wrap(handler: Handler) -> Handler:
        async def refuse(query: Query, emit: Emit) -> None:
            raise RateLimitError("not now")

        return refuse

    with pytest.raises(RateLimitError, match="not now"):
        await compose([Layer(slot=Slot.GUARD, wrap=wrap, distribution="x")], nothing)(Query("hi"), ignore)
