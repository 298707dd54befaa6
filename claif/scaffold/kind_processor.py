"""Templates of a processor, which changes complete messages of answers."""

from __future__ import annotations

SUMMARY = "A message processor for Claif: {{name}}"

REQUIREMENTS = "    claif>=2.0.0.dev0,<3"

ENTRY_POINTS = """\
claif =
    {{name}} = {{package}}.processor"""

USE = """\
```console
$ pip install .
$ claif query "Write a list of three fruits"
```

It is at work once it is installed; `[processors]` in the configuration puts processors in order and disables them:
`claif config set processors.disable '["{{distribution}}"]'`."""

PROCESSOR = '''\
"""The processor: takes the spaces from the ends of lines."""

from __future__ import annotations

from claif.api import Message, hookimpl


@hookimpl
def claif_process_message(message: Message) -> Message:
    """Tidy up one complete message of an answer; the same message, if there is nothing to tidy."""
    tidy = "\\n".join([line.rstrip() for line in message.text.split("\\n")])
    return message if tidy == message.text else message.replace_text(tidy)
'''

PROCESSOR_TEST = '''\
"""What the processor does with an answer, and what it leaves alone."""

from __future__ import annotations

import pytest
from claif.api import Client, TextDelta
from claif.testing import FakeProvider

CONFIG = {"general": {"default_provider": "fake"}}


@pytest.mark.parametrize(
    ("answer", "tidy"),
    [("one  \\ntwo\\t\\n", "one\\ntwo\\n"), ("  indented\\n\\nfine", "  indented\\n\\nfine"), ("", "")],
)
async def test_lines_end_without_spaces(answer: str, tidy: str) -> None:
    """Everything else stays as it is."""
    async with Client(CONFIG, providers={"fake": FakeProvider.scripted(answer)}) as client:
        assert (await client.query("hi")).text == tidy


async def test_nothing_is_shown_before_it_is_tidy() -> None:
    """Deltas are held back until the message is complete."""
    fake = FakeProvider.scripted(["one ", " \\ntwo"])
    async with Client(CONFIG, providers={"fake": fake}) as client, client.stream("hi") as stream:
        shown = "".join([event.text async for event in stream if isinstance(event, TextDelta)])
    assert shown in {"", "one\\ntwo"}
    assert stream.reply is not None
    assert stream.reply.text == "one\\ntwo"
'''

FILES = {"{{package}}/processor.py": PROCESSOR, "tests/test_processor.py": PROCESSOR_TEST}
