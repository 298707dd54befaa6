"""Asking one endpoint that speaks the Responses API."""

from __future__ import annotations

from attrs import evolve

from claif.api import (
    ClaifError,
    Emit,
    Endpoint,
    ErrorSource,
    Notice,
    ProtocolError,
    Query,
    Secret,
    json_dumps,
    json_loads,
)
from claif_openai.responses.decode import Decoder, garbled
from claif_openai.responses.request import request_body

PATH = "/responses"
OK = 200
ABSENT = (404, 405, 501)
"""Statuses of a server that does not have the path, unless a code says that it is the model."""


class Responses:
    """One endpoint.

    Args:
        endpoint: where the API is, with its key in the headers.
        provider: name of the provider, for events and errors.
        model: the model that is asked when a query names none.
        secret: the key, so that errors can leave it out.
    """

    def __init__(
        self, endpoint: Endpoint, *, provider: str, model: str | None = None, secret: Secret | None = None
    ) -> None:
        self._endpoint = endpoint
        self._source = ErrorSource(provider, model, secret)
        self._model = model

    async def query(self, query: Query, emit: Emit) -> None:
        """Ask, and emit the events of the answer.

        Raises:
            ClaifError: the server could not be asked, refused, or broke off.
        """
        model = query.model or self._model
        source = self._source if model == self._source.model else evolve(self._source, model=model)
        body = json_dumps(request_body(query, model))
        if query.options.seed is not None:
            await emit(Notice("ignored_option", "The Responses API takes no seed: the answer may differ each time."))
        decoder = Decoder(source)
        if query.stream:
            await self._stream(body, decoder, source, emit)
        else:
            response = await self._endpoint.request("POST", PATH, body=body)
            if response.status != OK:
                raise _refusal(source, source.from_response(response.status, response.headers, response.body))
            await _emit_whole(response.body, decoder, source, emit)
        for event in decoder.close():
            await emit(event)

    async def _stream(self, body: bytes, decoder: Decoder, source: ErrorSource, emit: Emit) -> None:
        async with self._endpoint.stream("POST", PATH, body=body) as response:
            if response.status != OK:
                raise _refusal(source, source.from_response(response.status, response.headers, await response.read()))
            if (response.header("content-type") or "").startswith("application/json"):
                # Some servers answer in one piece although a stream was asked for.
                await _emit_whole(await response.read(), decoder, source, emit)
                return
            feed = decoder.feed
            async for batch in response.sse():
                for _name, data in batch:
                    for event in feed(data):
                        await emit(event)
                if decoder.finished:
                    return


async def _emit_whole(body: bytes, decoder: Decoder, source: ErrorSource, emit: Emit) -> None:
    try:
        response = json_loads(body)
    except ProtocolError:
        raise garbled(source, "a body that is not valid JSON") from None
    for event in decoder.decode(response):
        await emit(event)


def _refusal(source: ErrorSource, error: ClaifError) -> ClaifError:
    if error.status in ABSENT and error.code is None:
        error.hint = (
            "The server may not speak the Responses API; ask it in chat completions: "
            f"claif config unset providers.{source.provider}.api"
        )
    return error
