"""Templates of a middleware, which stands around every query and sees its events as they stream."""

from __future__ import annotations

SUMMARY = "A query layer for Claif: {{name}}"

REQUIREMENTS = "    claif>=2.0.0.dev0,<3"

ENTRY_POINTS = """\
claif =
    {{name}} = {{package}}.layer"""

USE = """\
```console
$ pip install .
$ claif config chain
$ claif query --json "Say hello"
```

The answer comes with a notice that says how long it took. `CLAIF_DISABLE_PLUGINS={{distribution}}` leaves the layer
out."""

LAYER = '''\
"""The query layer: says how long an answer took to begin and to end."""

from __future__ import annotations

from time import perf_counter

from claif.api import Emit, Event, Finished, Handler, Layer, Notice, Query, Slot, TextDelta, hookimpl


def timed(handler: Handler) -> Handler:
    """Wrap a handler so that a notice goes before the end of its answer."""

    async def ask(query: Query, emit: Emit) -> None:
        began = perf_counter()
        first = 0.0

        async def observe(event: Event) -> None:
            nonlocal first
            if isinstance(event, TextDelta) and not first:
                first = perf_counter() - began
            elif isinstance(event, Finished):
                total = perf_counter() - began
                text = f"The first word came after {first:.2f} s, the last one after {total:.2f} s."
                await emit(Notice("timing", text, {"first": first, "total": total}))
            await emit(event)

        await handler(query, observe)

    return ask


LAYER = Layer(slot=Slot.GUARD, wrap=timed, name="{{name}}")


@hookimpl
def claif_query() -> Layer:
    """Put the layer around every query."""
    return LAYER
'''

LAYER_TEST = '''\
"""What the layer adds to an answer, and that it stays out of the way of everything else."""

from __future__ import annotations

import pytest
from claif.api import Client, Finished, Message, Notice, Query, RateLimitError
from claif.testing import FakeProvider

CONFIG = {"general": {"default_provider": "fake"}}


async def test_a_notice_tells_the_times_right_before_the_end() -> None:
    """The answer itself is not touched."""
    fake = FakeProvider.scripted(["Hel", "lo"])
    async with Client(CONFIG, providers={"fake": fake}) as client, client.stream("hi") as stream:
        events = [event async for event in stream]
    notice = events[-2]
    assert isinstance(notice, Notice)
    assert isinstance(events[-1], Finished)
    assert 0 < notice.data["first"] <= notice.data["total"]
    assert stream.reply is not None
    assert stream.reply.text == "Hello"


async def test_an_error_passes_through() -> None:
    """As it is."""
    error = RateLimitError("Slow down.")
    async with Client(CONFIG, providers={"fake": FakeProvider.scripted(error)}) as client:
        with pytest.raises(RateLimitError) as caught:
            await client.query("hi")
    assert caught.value is error


async def test_it_stands_in_the_chain() -> None:
    """Under the name that `claif config chain` shows."""
    async with Client(CONFIG, providers={"fake": FakeProvider.scripted("Hello.")}) as client:
        assert "{{name}}" in [layer.name for layer in client.chain(Query([Message.user("hi")]))]
'''

FILES = {"{{package}}/layer.py": LAYER, "tests/test_layer.py": LAYER_TEST}
