"""Asking one endpoint that speaks chat completions; other providers of such endpoints use it too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ..._json import dumps as json_dumps
from ..._json import loads as json_loads
from ...errors import ProtocolError
from ...models import ModelInfo, Query
from .decode import Decoder
from .failures import ErrorSource, protocol_error
from .quirks import NO_QUIRKS, Quirks
from .wire import request_body

if TYPE_CHECKING:
    from ...config import Secret
    from ...pipeline.types import Emit
    from ...transport.http import Endpoint

OK = 200


class ChatCompletions:
    """One endpoint.

    Args:
        endpoint: where the API is, with its key in the headers.
        provider: name of the provider, for events and errors.
        model: the model that is asked when a query names none.
        quirks: what the server wants differently.
        secret: the key, so that errors can leave it out.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        provider: str,
        model: str | None = None,
        quirks: Quirks = NO_QUIRKS,
        secret: Secret | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._source = ErrorSource(provider, model, secret)
        self._model = model
        self._quirks = quirks

    async def query(self, query: Query, emit: Emit) -> None:
        """Ask, and emit the events of the answer.

        Raises:
            ClaifError: the server could not be asked, refused, or broke off.
        """
        model = query.model or self._model
        source = self._source if model == self._source.model else evolve(self._source, model=model)
        body = json_dumps(request_body(query, model, self._quirks))
        decoder = Decoder(source)
        if query.stream:
            await self._stream(body, decoder, source, emit)
        else:
            response = await self._endpoint.request("POST", "/chat/completions", body=body)
            if response.status != OK:
                raise source.from_response(response.status, response.headers, response.body)
            await _emit_whole(response.body, decoder, source, emit)
        for event in decoder.close():
            await emit(event)

    async def _stream(self, body: bytes, decoder: Decoder, source: ErrorSource, emit: Emit) -> None:
        async with self._endpoint.stream("POST", "/chat/completions", body=body) as response:
            if response.status != OK:
                raise source.from_response(response.status, response.headers, await response.read())
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

    async def models(self) -> Sequence[ModelInfo]:
        """The models that the server lists, in its order.

        Raises:
            ClaifError: the server could not be asked, or refused.
        """
        response = await self._endpoint.request("GET", "/models")
        if response.status != OK:
            raise self._source.from_response(response.status, response.headers, response.body)
        data = _parse(response.body, self._source)
        listed = data.get("data") if isinstance(data, dict) else data
        if not isinstance(listed, list):
            raise protocol_error(self._source, "a list of models that is none")
        return [
            ModelInfo(entry["id"], self._source.provider, context=_context(entry))
            for entry in listed
            if isinstance(entry, dict) and isinstance(entry.get("id"), str)
        ]


async def _emit_whole(body: bytes, decoder: Decoder, source: ErrorSource, emit: Emit) -> None:
    for event in decoder.decode(_parse(body, source)):
        await emit(event)


def _parse(body: bytes, source: ErrorSource) -> Any:
    try:
        return json_loads(body)
    except ProtocolError:
        raise protocol_error(source, "a body that is not valid JSON") from None


def _context(entry: Mapping[str, Any]) -> int | None:
    """The size of the context window in tokens, under the names that OpenRouter, vLLM, Groq and Mistral give it."""
    names = ("context_length", "max_model_len", "context_window", "max_context_length")
    return next((size for name in names if (size := entry.get(name)).__class__ is int), None)
