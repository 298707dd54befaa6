"""What users and plugin authors write; pyright checks it strictly, nobody runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_type

import claif
from claif.api import (
    BaseProvider,
    Client,
    Config,
    ConfigSource,
    Context,
    Emit,
    Handler,
    Layer,
    Message,
    Options,
    Provider,
    ProviderSettings,
    Query,
    Reply,
    Role,
    Secret,
    Slot,
    TextBlock,
    TextDelta,
    hookimpl,
    keeps_text,
)


async def ask() -> str:
    async with claif.Client({"general": {"default_provider": "local"}}) as client:
        reply = await client.query("hi", provider="local", temperature=0.5, stop=["x"], timeout=3)
        assert_type(reply, Reply)
        async with client.stream([Message.user("hi")], system="be terse") as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    assert_type(event.text, str)
        assert_type(stream.reply, Reply | None)
        options = Options(temperature=0.5, stop=["a"], extra={"top_k": 3})
        await client.query(Query("hi", options=options), max_tokens=5)
    return reply.text


def build() -> Message:
    message = Message(role="user", content=[TextBlock("a")])
    assert_type(message.role, Role)
    assert_type(message.content[0].text if isinstance(message.content[0], TextBlock) else "", str)
    return message.replace_text("b").with_metadata(key=1)


class EchoProvider(Provider):
    name = "echo"
    capabilities = frozenset({"text", "streaming"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.seen = 0

    async def query(self, query: Query, emit: Emit) -> None:
        await emit(TextDelta(query.prompt))


class Older(BaseProvider):
    name = "older"

    async def query(self, prompt: str, options: Options | None = None):
        yield Message.assistant(prompt)


def quiet(handler: Handler) -> Handler:
    async def layer(query: Query, emit: Emit) -> None:
        await handler(query, emit)

    return layer


@hookimpl
def claif_query(query: Query, config: Config, client: Client) -> Layer:
    client.state("counter", list[str]).append(query.prompt)
    return Layer(slot=Slot.GUARD, wrap=quiet, name="quiet")


@hookimpl
@keeps_text
def claif_process_message(message: Message, query: Query) -> Message | None:
    return message if message.text else None


def load() -> Mapping[str, object]:
    return {"general": {"timeout": 5}}


source = ConfigSource("site", load, priority=1)
secret = Secret("x")
assert_type(secret.reveal(), str)
settings = ProviderSettings(api_key=secret)
clients = (Client(providers={"echo": EchoProvider, "older": Older}), ask, build, settings, source)
