"""A plugin whose provider plays the JSON script that the environment names; copied beside a dist-info by the tests."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import click
import trio

from claif import codec, errors
from claif.api import AgentSettings, PermissionDecided, PermissionRequest, Provider, agent_program
from claif.models import Event, Message, TextDelta


class ScriptedProvider(Provider):
    """A step is a text delta, seconds to wait, or an event, error or special step by its `type`.

    The step `until` waits until there is a file of its `path`.
    """

    name = "scripted"
    capabilities = frozenset({"text", "streaming", "images", "image_urls", "files", "system"})

    async def query(self, query, emit):
        try:
            for step in script(query):
                await self._play(step, query, emit)
        except trio.Cancelled:
            if log := os.environ.get("CLAIF_TEST_LOG"):
                note(log, "cleaned up")
            raise

    async def _play(self, step, query, emit):
        if isinstance(step, str):
            await emit(TextDelta(step))
        elif isinstance(step, int | float):
            await trio.sleep(step)
        else:
            await self._special(step, query, emit)

    async def _special(self, step, query, emit):
        if step["type"] == "until":
            await until(step["path"])
        elif step["type"] == "error":
            raise getattr(errors, step["error"])(step["message"])
        elif step["type"] == "crash":
            raise ZeroDivisionError(step["message"])
        elif step["type"] == "block":
            block(step["seconds"])
        elif step["type"] == "progress":
            for done in range(0, 101, 10):
                self.context.progress(step["what"], done * 2**20, 100 * 2**20)
                await trio.sleep(0.05)
        elif step["type"] == "log":
            log(step["text"])
        elif step["type"] == "describe":
            asked = {"query": codec.dump(query)}
            await emit(Message.assistant(json.dumps(asked)))
        else:
            await emit(codec.load(step, Event))


class ScriptedAgent(ScriptedProvider):
    """As an agent: the step `ask` has a request decided and tells what was decided, as agents do; `program` finds one.

    After `meanwhile` it does something else once there is the file `until`, such as while a question is open: it tells
    a text, or blocks everything.
    """

    name = "agent"
    capabilities = ScriptedProvider.capabilities | {"agent", "conversations"}
    Settings = AgentSettings

    async def query(self, query, emit):
        async with trio.open_nursery() as self._nursery:
            await super().query(query, emit)

    async def _play(self, step, query, emit):
        kind = step["type"] if isinstance(step, dict) else ""
        if kind == "meanwhile":
            self._nursery.start_soon(self._meanwhile, step, emit)
        elif kind == "ask":
            await self._ask(step, query, emit)
        elif kind == "program":
            home, path = self.context.home, self.context.settings.path
            found = agent_program(step["name"], configured=path, home=home, environ=os.environ)
            await emit(TextDelta(f"[{found.relative_to(home)}]"))
        else:
            await super()._play(step, query, emit)

    async def _meanwhile(self, step, emit):
        await until(step["until"])
        if "text" in step:
            await emit(TextDelta(step["text"]))
        else:
            block(step["block"])

    async def _ask(self, step, query, emit):
        request = PermissionRequest(**{"id": "1", "tool_name": "Bash", "provider": "agent", **step["request"]})
        settings = self.context.settings
        decision = await self.context.approve(request, query, settings.mode(query.permission))
        await emit(PermissionDecided(request, decision))
        await emit(TextDelta(f"[{'allowed' if decision.allowed else 'denied'} by {decision.by}]"))


async def until(path):
    while not Path(path).exists():  # noqa: ASYNC110, ASYNC240 - a test tells so from another process
        await trio.sleep(0.01)


def block(seconds):
    """As a provider does that blocks the event loop."""
    if log := os.environ.get("CLAIF_TEST_LOG"):
        note(log, "blocks")
    time.sleep(seconds)


def script(query):
    path = os.environ.get("CLAIF_TEST_SCRIPT")
    return json.loads(Path(path).read_text(encoding="utf-8")) if path else [query.prompt]


def log(text):
    """As plugins do that know nothing of Claif's log."""
    import logging

    from loguru import logger

    logger.debug("a step of the plugin")
    logging.getLogger("their.package").warning("watch out: %s", text)
    logging.warning("and here: %s", text)  # noqa: LOG015 - as some do
    try:
        int(text)
    except ValueError:
        logger.exception("it failed")
        logging.exception("it failed as well")  # noqa: LOG015 - as some do


def note(path, text):
    Path(path).write_text(text, encoding="utf-8")


@click.command()
def shout():
    """Say something loudly."""
    click.echo("HELLO")
