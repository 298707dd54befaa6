"""`extract-code` makes the code the answer, and keeps all blocks in the metadata."""

from __future__ import annotations

from typing import Any

import pytest

from claif import Client
from claif.api import Message, Role, TextDelta
from claif.plugin.manager import PluginManager
from claif.processors.extract_code import claif_process_message
from claif.testing import FakeProvider

ANSWER = "Do this:\n```sh\nls\n```\nthen that:\n```python\nprint()\n```\nDone."


async def reply(answer: str, **table: Any) -> Message:
    processors: dict[str, Any] = {"enable": ["extract-code"], **({"extract-code": table} if table else {})}
    config = {"general": {"default_provider": "fake"}, "processors": processors}
    async with (
        Client(config, plugins=PluginManager(), providers={"fake": FakeProvider.scripted(answer)}) as client,
        client.stream("hi") as stream,
    ):
        assert not [event async for event in stream if isinstance(event, TextDelta)]
    assert stream.reply is not None
    assert stream.reply.message is not None
    return stream.reply.message


async def test_the_first_block_becomes_the_text_and_all_are_in_the_metadata() -> None:
    message = await reply(ANSWER)
    assert message.text == "ls\n"
    assert message.metadata["code_blocks"] == [
        {"code": "ls\n", "info": "sh", "closed": True},
        {"code": "print()\n", "info": "python", "closed": True},
    ]


async def test_all_blocks_can_become_the_text() -> None:
    assert (await reply(ANSWER, blocks="all")).text == "ls\n\nprint()\n"


async def test_an_answer_without_code_stays_as_it_is() -> None:
    message = await reply("No code.")
    assert message == Message.assistant("No code.")


@pytest.mark.parametrize("role", [Role.USER, Role.TOOL])
def test_what_others_say_stays_as_it_is(role: Role) -> None:
    message = Message(role, ANSWER)
    assert claif_process_message(message, None) is message
