"""No answer has one of Claif's own keys in it: attack 24."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from middleware.support import events_of, says

from claif.config import secret as secret_module
from claif.config.secret import MASK, Secret
from claif.errors import ConnectionError
from claif.middleware.assemble import assemble_layer
from claif.middleware.redact import redact_layer
from claif.models import (
    Event,
    Finished,
    Message,
    Notice,
    Query,
    Role,
    Started,
    TextBlock,
    TextDelta,
    TextReset,
    ThinkingDelta,
    ToolUse,
    ToolUseBlock,
    UnknownEvent,
    Usage,
    UsageReport,
)
from claif.pipeline.run import Run

CANARY = "sk-canary-T0pS3cret/+=value-4711"
SECRET = Secret(CANARY)


def layered(*events: Event | BaseException):
    return redact_layer().wrap(assemble_layer().wrap(says(*events)))


def shown(events: list[Event]) -> str:
    return "".join([event.text for event in events if isinstance(event, TextDelta)])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 31, 32, 33, 100])
async def test_attack_24_a_key_that_is_split_over_chunks_is_masked(size: int) -> None:
    text = f"The key is {CANARY}, keep it."
    deltas = [TextDelta(text[start : start + size]) for start in range(0, len(text), size)]
    seen = await events_of(layered(*deltas))
    assert shown(seen) == f"The key is {MASK}, keep it."
    assert [event.text for event in seen if isinstance(event, Message)] == [f"The key is {MASK}, keep it."]
    assert CANARY not in str(seen)


@given(st.lists(st.sampled_from([*CANARY, CANARY[:20], CANARY[20:], "x", CANARY]), max_size=60))
async def test_attack_24_no_sequence_of_deltas_shows_the_key(parts: list[str]) -> None:
    seen = await events_of(layered(*map(TextDelta, parts)))
    assert CANARY not in shown(seen)
    assert CANARY not in "".join([event.text for event in seen if isinstance(event, Message)])


async def test_attack_24_other_events_between_the_halves_do_not_help() -> None:
    halves = (
        TextDelta(CANARY[:9]),
        UsageReport(Usage(1, 1)),
        Notice("a", "b"),
        ThinkingDelta("x"),
        TextDelta(CANARY[9:]),
    )
    seen = await events_of(layered(*halves))
    assert shown(seen) == MASK
    assert CANARY not in str(seen)


async def test_thinking_is_redacted_by_itself() -> None:
    seen = await events_of(layered(ThinkingDelta(CANARY[:9]), ThinkingDelta(CANARY[9:] + "!"), TextDelta("ok")))
    assert "".join([event.text for event in seen if isinstance(event, ThinkingDelta)]) == f"{MASK}!"


async def test_attack_24_a_piece_of_the_answer_between_the_halves_in_a_thought_does_not_help() -> None:
    seen = await events_of(layered(ThinkingDelta(CANARY[:9]), TextDelta("x"), ThinkingDelta(CANARY[9:] + "!")))
    assert "".join([event.text for event in seen if isinstance(event, ThinkingDelta)]) == f"{MASK}!"
    assert shown(seen) == "x"


async def test_every_other_event_is_redacted_too() -> None:
    message = Message(Role.ASSISTANT, [TextBlock(CANARY[:9]), TextBlock(CANARY[9:])])
    seen = await events_of(
        layered(
            Started(CANARY, CANARY, CANARY),
            Notice("kind", f"{CANARY} and Bearer abc123def456", {"a": [CANARY]}),
            ToolUse(ToolUseBlock("1", "t", {"key": CANARY})),
            UnknownEvent({CANARY: CANARY}),
            message,
            Finished(CANARY),
        )
    )
    assert len(seen) == 6
    assert CANARY not in str(seen)
    assert "abc123" not in str(seen)
    assert "".join([block.text for block in seen[4].content]) == MASK


async def test_what_was_held_back_of_a_withdrawn_answer_is_forgotten() -> None:
    seen = await events_of(layered(TextDelta("sk-can"), TextReset("again"), TextDelta("fine")))
    assert shown(seen) == "fine"


async def test_the_beginning_of_a_key_that_is_none_is_shown_at_the_end() -> None:
    seen = await events_of(layered(TextDelta("it begins with sk")))
    assert shown(seen) == "it begins with sk"
    assert [type(event) for event in seen] == [Started, TextDelta, TextDelta, Message, Finished]


@pytest.mark.parametrize("cut", [12, 20, 31, 32])
async def test_an_answer_that_breaks_off_within_a_key_shows_no_part_of_it(cut: int) -> None:
    run = Run(Query("hi"))
    seen: list[Event] = []
    with pytest.raises(ConnectionError):
        await events_of(layered(TextDelta("a " + CANARY[:cut]), ConnectionError("cut")), run=run, also=seen.append)
    assert shown(seen) == f"a {MASK}"
    assert run.partial is not None
    assert run.partial.text == f"a {MASK}"


async def test_what_has_no_key_in_it_goes_on_as_it_is() -> None:
    events = [Started("p", "m"), TextDelta("one "), ThinkingDelta("two"), Message.assistant("one two"), Finished()]
    seen = await events_of(redact_layer().wrap(says(*events)))
    assert all(one is other for one, other in zip(seen, events, strict=True))


async def test_without_any_secret_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_module, "_living", {})
    secret_module.derived.clear()
    events = [TextDelta(CANARY[:9]), TextDelta(CANARY[9:]), Finished()]
    seen = await events_of(redact_layer().wrap(says(*events)))
    assert all(one is other for one, other in zip(seen, events, strict=True))
    secret_module.derived.clear()
