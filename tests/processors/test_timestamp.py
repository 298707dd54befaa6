"""`timestamp` adds metadata and changes nothing that is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from claif import Client
from claif.api import TextDelta
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider


async def test_a_message_says_when_it_was_complete_and_deltas_go_on_streaming() -> None:
    config = {"general": {"default_provider": "fake"}, "processors": {"enable": ["timestamp"]}}
    providers = {"fake": FakeProvider.scripted(["a", "b"])}
    async with Client(config, plugins=PluginManager(), providers=providers) as client, client.stream("hi") as stream:
        deltas = [event.text async for event in stream if isinstance(event, TextDelta)]
    assert deltas == ["a", "b"]
    assert stream.reply is not None
    [message] = stream.reply.messages
    assert message.text == "ab"
    said = datetime.fromisoformat(message.metadata["timestamp"])
    assert said.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - said) < timedelta(minutes=1)
