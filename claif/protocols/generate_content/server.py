"""Asking one endpoint that speaks the Gemini API: answers, counts of tokens and the list of its models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from attrs import evolve

from ..._json import dumps as json_dumps
from ...errors import InvalidQueryError
from ...models import Embeddings, ModelInfo
from ..server import EMBEDDING, ModelServer
from .decode import Decoder
from .failures import GeminiSource
from .wire import request_body

if TYPE_CHECKING:
    from ...config import Secret
    from ...models import Query
    from ...transport.endpoint import Endpoint
    from ..failures import ErrorSource

FOLDERS = ("models/", "tunedModels/")
"""Where models are; a name without its folder is one of the first."""

GENERATES = "generateContent"
"""The method that a model has to know to be asked."""

PAGE, MOST_PAGES = 1000, 50
"""Models that are asked for at a time, and how often at most."""


class GenerateContent(ModelServer):
    """One endpoint.

    Args:
        endpoint: where the API is, without its version, with its key in the headers.
        provider: name of the provider, for events and errors.
        model: the model that is asked when a query names none.
        secret: the key, so that errors can leave it out.
    """

    path: ClassVar[str] = "/v1beta"

    def __init__(
        self, endpoint: Endpoint, *, provider: str, model: str | None = None, secret: Secret | None = None
    ) -> None:
        super().__init__(endpoint, GeminiSource(provider, model, secret))

    def path_of(self, query: Query, model: str | None) -> str:
        """The path names the model and what it is to do."""
        return self._method(model, "streamGenerateContent?alt=sse" if query.stream else GENERATES)

    def body(self, query: Query, model: str | None) -> dict[str, Any]:  # noqa: ARG002 - the model is in the path
        """See `request_body`."""
        return request_body(query)

    def decoder(self, source: ErrorSource) -> Decoder:
        """What makes events of chunks."""
        return Decoder(source)

    async def count_tokens(self, query: Query) -> int:
        """How many tokens the query has, with its system text, tools and attachments; nothing is answered.

        Raises:
            ClaifError: the server could not be asked, or refused.
        """
        model = query.model or self._source.model
        asked = {"generateContentRequest": {"model": _folder(model), **request_body(query)}}
        counted = await self.ask("POST", self._method(model, "countTokens"), json_dumps(asked))
        # The server leaves a count of zero out.
        total = counted.get("totalTokens", 0) if isinstance(counted, dict) else None
        if total.__class__ is not int or total < 0:
            raise self._source.garbled("a count of tokens that is none")
        return int(total)

    async def embed(self, texts: Sequence[str], *, model: str, dimensions: int | None = None) -> Embeddings:
        """Turn texts into vectors, by `batchEmbedContents`.

        Args:
            texts: at most 100.
            model: name of the model.
            dimensions: how many numbers a vector shall have; as many as the model gives when `None`.

        Raises:
            ClaifError: the server could not be asked, refused, or did not answer within `EMBEDDING` seconds.
        """
        from .embeddings import read_embeddings, request_body

        source = evolve(self._source, model=model)
        body = json_dumps(request_body(texts, _folder(model), dimensions))
        path = self._method(model, "batchEmbedContents")
        data = await self.ask("POST", path, body, source=source, seconds=EMBEDDING)
        return read_embeddings(data, len(texts), source)

    async def models(self) -> Sequence[ModelInfo]:
        """The models that can be asked, in the server's order, page by page.

        Raises:
            ClaifError: the server could not be asked, or refused.
        """
        found: list[ModelInfo] = []
        more = ""
        for _ in range(MOST_PAGES):
            page = await self.ask("GET", f"{self.path}/models?pageSize={PAGE}{more}")
            listed = page.get("models", []) if isinstance(page, dict) else None
            if not isinstance(listed, list):
                raise self._source.garbled("a list of models that is none")
            found += [self._info(entry) for entry in listed if isinstance(entry, dict) and _can_be_asked(entry)]
            token = page.get("nextPageToken")
            if not token or not isinstance(token, str):
                return found
            more = f"&pageToken={quote(token, safe='', errors='replace')}"
        raise self._source.garbled(f"a list of models that does not end after {MOST_PAGES} pages")

    def _info(self, entry: dict[str, Any]) -> ModelInfo:
        window = entry.get("inputTokenLimit")
        name = entry["name"].removeprefix(FOLDERS[0])
        return ModelInfo(name, self._source.provider, context=window if window.__class__ is int else None)

    def _method(self, model: str | None, method: str) -> str:
        return f"{self.path}/{_folder(model)}:{method}"


def _folder(model: str | None) -> str:
    """The model with the folder that it is in, as it stands in a path."""
    if not model:
        raise InvalidQueryError("No model is named.", hint="Name one with -m MODEL; see `claif models list`.")
    folder = next((folder for folder in FOLDERS if model.startswith(folder)), "")
    try:
        return (folder or FOLDERS[0]) + quote(model.removeprefix(folder), safe="")
    except UnicodeEncodeError:
        raise InvalidQueryError("The name of the model is not valid Unicode.", hint="Write it in UTF-8.") from None


def _can_be_asked(entry: dict[str, Any]) -> bool:
    methods = entry.get("supportedGenerationMethods")
    return isinstance(entry.get("name"), str) and isinstance(methods, list) and GENERATES in methods
