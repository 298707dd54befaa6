"""A provider that answers, waits and fails as its script says, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

import trio
from attrs import frozen

from ..models import Embeddings, Event, Message, ModelInfo, Query, TextDelta, Usage
from ..protocols.presets import EVERYTHING
from ..provider import Context, Identity, Provider
from .vectors import tokens_of, vector_of

if TYPE_CHECKING:
    from ..pipeline.types import Emit


@frozen
class Pause:
    """Wait so many seconds; `float("inf")` waits for ever."""

    seconds: float


Step = str | Event | Pause | Exception
"""A string is one `TextDelta`; an exception is raised."""

Answer = Step | Iterable[Step]


class FakeProvider(Provider):
    """Answers from a script; without one it repeats the prompt, so that it works by its class alone.

    Example:
        fake = FakeProvider.scripted("Hello.", ["Hel", Pause(1), "lo"], RateLimitError("Slow down."))
        async with Client(providers={"fake": fake}) as client:
            await client.query("hi", provider="fake")
        assert fake.queries[0].prompt == "hi"

    Attributes:
        queries: what it was asked, in order.
        prewarmed: what it was told to get ready for, in order.
        embedded: the texts that it turned into vectors at a time, in order.
        connects: how often it was connected.
        disconnects: how often it was disconnected.
    """

    name = "fake"
    capabilities: ClassVar[frozenset[str]] = EVERYTHING | {"embeddings"}

    def __init__(self, context: Context, script: FakeScript | None = None) -> None:
        super().__init__(context)
        self.script = script or FakeScript(())

    @staticmethod
    def scripted(*answers: Answer, models: Sequence[str] = ("fake-1",)) -> FakeScript:
        """A factory of providers that give these answers, one a query; the last one is repeated.

        Args:
            answers: each a text, an event, a `Pause`, an exception, or several of them in order.
            models: the models that it offers.
        """
        return FakeScript(answers, models)

    @property
    def queries(self) -> list[Query]:
        """What it was asked, in order."""
        return self.script.queries

    @property
    def prewarmed(self) -> list[Query]:
        """What it was told to get ready for, in order."""
        return self.script.prewarmed

    def prewarm(self, query: Query) -> None:
        """Note it."""
        self.script.prewarmed.append(query)

    @property
    def embedded(self) -> list[tuple[str, ...]]:
        """The texts that it turned into vectors at a time."""
        return self.script.embedded

    async def connect(self) -> None:
        """Count."""
        self.script.connects += 1

    async def disconnect(self) -> None:
        """Count."""
        self.script.disconnects += 1

    async def query(self, query: Query, emit: Emit) -> None:
        """Play the next answer of the script."""
        for step in self.script.next_answer(query):
            match step:
                case Pause(seconds):
                    await trio.sleep(seconds)
                case Exception():
                    raise step
                case str():
                    await emit(TextDelta(step))
                case _:
                    await emit(step)
        await trio.lowlevel.checkpoint()

    def identity(self, model: str | None) -> Identity | None:
        """The script has no address; its settings' key is the account."""
        settings = self.context.settings
        named = model or settings.model or self.script.models[0]
        return Identity(settings.base_url or "script", settings.api_key, named, named)

    async def models(self) -> Sequence[ModelInfo]:
        """The models of the script."""
        return [ModelInfo(name, self.context.name) for name in self.script.models]

    async def embed(
        self, texts: Sequence[str], *, model: str | None = None, dimensions: int | None = None
    ) -> Embeddings:
        """The vectors of `vector_of`, one token a word."""
        self.script.embedded.append(tuple(texts))
        vectors = tuple([vector_of(text, dimensions) for text in texts])
        usage = Usage(input_tokens=tokens_of(list(texts)))
        await trio.lowlevel.checkpoint()
        return Embeddings(vectors, self.context.name, model or "fake-embedding", usage)


class FakeScript:
    """The script of a `FakeProvider` and what it recorded; call it with a `Context` to construct the provider."""

    Settings = FakeProvider.Settings
    capabilities = FakeProvider.capabilities
    status = FakeProvider.status

    def __init__(self, answers: Sequence[Answer], models: Sequence[str] = ("fake-1",)) -> None:
        self.answers = [_steps(answer) for answer in answers]
        self.models = tuple(models)
        self.queries: list[Query] = []
        self.prewarmed: list[Query] = []
        self.embedded: list[tuple[str, ...]] = []
        self.connects = 0
        self.disconnects = 0

    def __call__(self, context: Context) -> Provider:
        """Construct a provider that plays this script."""
        return FakeProvider(context, self)

    def next_answer(self, query: Query) -> tuple[Step, ...]:
        """Record the query and say what comes next."""
        self.queries.append(query)
        if not self.answers:
            return (query.prompt,)
        return self.answers[min(len(self.queries), len(self.answers)) - 1]


def _steps(answer: Answer) -> tuple[Step, ...]:
    if isinstance(answer, str | Exception | Pause | Message) or not isinstance(answer, Iterable):
        return (answer,)
    return tuple(answer)
