"""A server of models: one request, answered by server-sent events or by one JSON body, and the list of its models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import trio
from attrs import evolve

from .._json import dumps as json_dumps
from .._json import loads as json_loads
from ..errors import ClaifError, ProtocolError, TimeoutError
from ..models import Embeddings, Event, ModelInfo, Notice, Query

if TYPE_CHECKING:
    from ..pipeline.types import Emit
    from ..transport.endpoint import Endpoint
    from .failures import ErrorSource

OK = 200
PATIENCE = 60.0
"""Seconds in which a server must answer what is no query."""
EMBEDDING = 300.0
"""Seconds in which it must turn texts into vectors; one that computes on a processor takes its time."""


class Decoder(Protocol):
    """Makes events of one response; `done` tells that nothing that may follow matters any more."""

    done: bool

    def feed(self, data: str) -> Sequence[Event]:
        """Decode the data of one server-sent event."""

    def decode(self, body: Any) -> Sequence[Event]:
        """Decode a whole answer that came in one piece."""

    def close(self) -> Sequence[Event]:
        """The last events, after the end of the response."""


class ModelServer(ABC):
    """One endpoint of a server that lists its models as OpenAI does; a subclass knows the protocol of its answers.

    Args:
        endpoint: where the API is, with its key in the headers.
        source: whom errors name; its model is asked when a query names none.

    Attributes:
        encoding: how embeddings are asked for: `float` or `base64`; as the server likes when `None`.
    """

    path: ClassVar[str]
    """Where queries are posted to, below the endpoint's address."""
    seedless: ClassVar[str | None] = None
    """The name of the protocol if it takes no seed, so that users are told."""

    def __init__(self, endpoint: Endpoint, source: ErrorSource) -> None:
        self._endpoint = endpoint
        self._source = source
        self.encoding: str | None = None

    @property
    def address(self) -> str:
        """Where the API is."""
        return str(self._endpoint.url)

    @abstractmethod
    def body(self, query: Query, model: str | None) -> Mapping[str, Any]:
        """The request as JSON data; pure.

        Raises:
            InvalidQueryError: something in the query has no form in this protocol.
        """

    @abstractmethod
    def decoder(self, source: ErrorSource) -> Decoder:
        """What makes events of a response."""

    def path_of(self, query: Query, model: str | None) -> str:  # noqa: ARG002 - arguments are for subclasses
        """Where this query is posted to, below the endpoint's address."""
        return self.path

    def refusal(self, error: ClaifError) -> ClaifError:
        """The error to raise where a query was answered with another status than 200; a protocol may know more."""
        return error

    async def query(self, query: Query, emit: Emit) -> None:
        """Ask, and emit the events of the answer.

        Raises:
            ClaifError: the server could not be asked, refused, or broke off.
        """
        if self.seedless and query.options.seed is not None:
            text = f"{self.seedless} takes no seed: the answer may differ each time."
            await emit(Notice("ignored_option", text))
        source = self._source
        model = query.model or source.model
        if model != source.model:
            source = evolve(source, model=model)
        body = json_dumps(self.body(query, model))
        path = self.path_of(query, model)
        decoder = self.decoder(source)
        if query.stream:
            await self._stream(path, body, decoder, source, emit)
        else:
            response = await self._endpoint.request("POST", path, body=body)
            if response.status != OK:
                raise self.refusal(source.from_response(response.status, response.headers, response.body))
            await _emit_whole(response.body, decoder, source, emit)
        for event in decoder.close():
            await emit(event)

    async def _stream(self, path: str, body: bytes, decoder: Decoder, source: ErrorSource, emit: Emit) -> None:
        async with self._endpoint.stream("POST", path, body=body) as response:
            if response.status != OK:
                error = source.from_response(response.status, response.headers, await response.read())
                raise self.refusal(error)
            if (response.header("content-type") or "").startswith("application/json"):
                # Some servers answer in one piece although a stream was asked for.
                await _emit_whole(await response.read(), decoder, source, emit)
                return
            feed = decoder.feed
            async for batch in response.sse():
                for _name, data in batch:
                    for event in feed(data):
                        await emit(event)
                if decoder.done:
                    return

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        source: ErrorSource | None = None,
        seconds: float | None = None,
    ) -> Any:
        """Ask for something that is no query, such as a list or a count: the JSON data of the answer.

        Args:
            method: of HTTP.
            path: below the endpoint's address.
            body: JSON, if any.
            source: whom errors name; the server and its usual model when `None`.
            seconds: in which it must answer; `PATIENCE` when `None`.

        Raises:
            ClaifError: the server could not be asked, refused, or did not answer within so many seconds.
        """
        source = source or self._source
        seconds = PATIENCE if seconds is None else seconds
        with trio.move_on_after(seconds) as patience:
            response = await self._endpoint.request(method, path, body=body)
        if patience.cancelled_caught:
            raise TimeoutError(f"{source.provider} said nothing for {seconds:g} s.", provider=source.provider)
        if response.status != OK:
            raise source.from_response(response.status, response.headers, response.body)
        return read_json(response.body, source)

    async def embed(self, texts: Sequence[str], *, model: str, dimensions: int | None = None) -> Embeddings:
        """Turn texts into vectors, as OpenAI's endpoint `/embeddings` does; a protocol may do it otherwise.

        Args:
            texts: no more than the server takes at once.
            model: name of the model.
            dimensions: how many numbers a vector shall have; as many as the model gives when `None`.

        Raises:
            ClaifError: the server could not be asked, refused, or did not answer within `EMBEDDING` seconds.
        """
        from .embeddings import read_embeddings, request_body

        source = evolve(self._source, model=model)
        body = json_dumps(request_body(texts, model, dimensions, self.encoding))
        data = await self.ask("POST", "/embeddings", body, source=source, seconds=EMBEDDING)
        return read_embeddings(data, len(texts), source)

    async def models(self) -> Sequence[ModelInfo]:
        """The models that the server lists, in its order.

        Raises:
            ClaifError: the server could not be asked, or refused.
        """
        data = await self.ask("GET", "/models")
        listed = data.get("data") if isinstance(data, dict) else data
        if not isinstance(listed, list):
            raise self._source.garbled("a list of models that is none")
        return [
            ModelInfo(entry["id"], self._source.provider, context=_context(entry))
            for entry in listed
            if isinstance(entry, dict) and isinstance(entry.get("id"), str)
        ]


async def _emit_whole(body: bytes, decoder: Decoder, source: ErrorSource, emit: Emit) -> None:
    for event in decoder.decode(read_json(body, source)):
        await emit(event)


def read_json(body: bytes, source: ErrorSource) -> Any:
    """The JSON data of a whole body.

    Raises:
        ProtocolError: it is none.
    """
    try:
        return json_loads(body)
    except ProtocolError:
        raise source.garbled("a body that is not valid JSON") from None


def _context(entry: Mapping[str, Any]) -> int | None:
    """The size of the context window in tokens, under the names that OpenRouter, vLLM, Groq and Mistral give it."""
    names = ("context_length", "max_model_len", "context_window", "max_context_length")
    return next((size for name in names if (size := entry.get(name)).__class__ is int), None)
