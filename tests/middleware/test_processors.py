"""Processors see complete messages only, and nothing is shown before it is processed."""

from __future__ import annotations

import pytest
from attrs import frozen
from middleware.support import events_of, says

from claif.middleware.processors import processors_layer
from claif.models import Event, Finished, Message, Query, Started, TextDelta, ThinkingDelta
from claif.pipeline.run import Run

ANSWER = (
    Started("p"),
    ThinkingDelta("hm"),
    TextDelta("se"),
    TextDelta("cret"),
    Message.assistant("secret"),
    Finished(),
)


@frozen
class Upper:
    keeps_text: bool = False
    name: str = "upper"
    distribution: str = "claif-case"
    shipped: bool = False

    def apply(self, message: Message, query: Query) -> Message | None:
        return message.replace_text(message.text.upper())


@frozen
class Drop:
    keeps_text: bool = True
    name: str = "drop"
    distribution: str = "claif"
    shipped: bool = True

    def apply(self, message: Message, query: Query) -> Message | None:
        return None


async def processed(*processors: object, events: tuple[Event | BaseException, ...] = ANSWER, run: Run | None = None):
    return await events_of(processors_layer(processors).wrap(says(*events)), run=run)


async def test_deltas_are_held_back_while_a_processor_may_change_their_text() -> None:
    assert await processed(Upper()) == [Started("p"), Message.assistant("SECRET"), Finished()]


async def test_deltas_pass_when_every_processor_keeps_the_text() -> None:
    out = await processed(Upper(keeps_text=True))
    assert TextDelta("cret") in out
    assert ThinkingDelta("hm") in out


async def test_processors_are_chained_and_one_may_drop_the_message() -> None:
    assert await processed(Upper(), Upper()) == await processed(Upper())
    assert await processed(Upper(), Drop()) == [Started("p"), Finished()]


async def test_the_part_that_an_error_leaves_is_processed_too() -> None:
    run = Run(Query("hi"))
    run.partial = Message.assistant("secr")
    with pytest.raises(ValueError, match="cut"):
        await processed(Upper(), events=(TextDelta("secr"), ValueError("cut")), run=run)
    assert run.partial == Message.assistant("SECR")


def test_the_layer_tells_which_processors_it_runs_in_which_order() -> None:
    assert processors_layer([Upper(), Drop()]).name == "processors (claif-case:upper, drop)"
