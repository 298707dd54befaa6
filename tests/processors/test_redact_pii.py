"""`redact-pii` shows nothing before it is redacted, in any form in which an answer comes."""

from __future__ import annotations

from typing import Any

import pytest

from claif import Client
from claif.api import (
    Event,
    InvalidConfigError,
    Message,
    ProviderRuntimeError,
    TextBlock,
    TextDelta,
    TextReset,
    ThinkingBlock,
    ThinkingDelta,
    ToolResult,
    ToolResultBlock,
    ToolUse,
    ToolUseBlock,
)
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider

EMAIL = "jane@example.com"


def client(*events: Event | BaseException, **table: Any) -> Client:
    config = {
        "general": {"default_provider": "fake"},
        "processors": {"enable": ["redact-pii"], **({"redact-pii": table} if table else {})},
    }
    return Client(config, plugins=PluginManager(), providers={"fake": FakeProvider.scripted(list(events))})


async def shown(*events: Event | BaseException, **table: Any) -> list[Event]:
    async with client(*events, **table) as c, c.stream("hi") as stream:
        return [event async for event in stream]


async def test_deltas_and_the_message_that_they_make_agree() -> None:
    events = await shown(*map(TextDelta, f"Write to {EMAIL}, or to 8.8.8.8"))
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    [message] = [event for event in events if isinstance(event, Message)]
    assert text == message.text == "Write to [email], or to [ip]"


async def test_the_answer_goes_on_streaming() -> None:
    events = await shown(TextDelta("One "), TextDelta("two "), TextDelta("three"))
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["One ", "two ", "three"]


async def test_thinking_tools_and_messages_of_the_provider_are_redacted_too() -> None:
    events = await shown(
        ThinkingDelta(EMAIL),
        TextDelta(EMAIL[:6]),
        ToolUse(ToolUseBlock("1", "mail", {"to": [EMAIL]})),
        ToolResult(ToolResultBlock("1", EMAIL)),
        TextDelta(EMAIL[6:]),
        Message.assistant([ThinkingBlock(EMAIL, "signed"), TextBlock(EMAIL)]),
    )
    assert EMAIL not in repr(events)
    assert EMAIL[:6] not in repr(events)
    assert Message.assistant([ThinkingBlock("[email]"), TextBlock("[email]")]) in events


async def test_what_is_withdrawn_was_redacted_and_does_not_run_into_what_follows() -> None:
    events = await shown(TextDelta(f"{EMAIL} jane@exam"), TextReset("again"), TextDelta("ple.com"))
    assert EMAIL not in repr(events)
    assert events[-2] == Message.assistant("ple.com")


async def test_the_part_that_an_error_leaves_is_redacted() -> None:
    async with client(TextDelta(f"Write to {EMAIL}"), ProviderRuntimeError("cut")) as c:
        with pytest.raises(ProviderRuntimeError) as caught:
            await c.query("hi")
        assert caught.value.partial is not None
        assert caught.value.partial.text == "Write to [email]"


async def test_an_answer_in_one_piece_is_redacted() -> None:
    async with client(Message.assistant(EMAIL)) as c:
        assert (await c.query("hi")).text == "[email]"


async def test_the_user_says_what_is_redacted() -> None:
    events = await shown(TextDelta(f"{EMAIL} 8.8.8.8"), kinds=["ip"])
    assert events[-2] == Message.assistant(f"{EMAIL} [ip]")


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"kinds": ["mail"]}, "processors.redact-pii.kinds: must be a list of some of these: email, iban, "),
        ({"kinds": []}, "processors.redact-pii.kinds: must be a list of some of these"),
        ({"kind": ["email"]}, 'processors.redact-pii.kind: there is no such setting; did you mean "kinds"?'),
    ],
)
async def test_wrong_settings_refuse_the_client_rather_than_let_things_through(
    table: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        await shown(TextDelta(EMAIL), **table)
    assert problem in caught.value.problems[0]
