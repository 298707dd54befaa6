"""Asking one endpoint that speaks the Messages API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..._json import dumps as json_dumps
from ...models import ModelInfo
from ..server import ModelServer
from .decode import Decoder
from .failures import MessagesErrors
from .wire import count_body, request_body

if TYPE_CHECKING:
    from ...config import Secret
    from ...models import Query
    from ...transport.endpoint import Endpoint
    from ..failures import ErrorSource

PAGE = 1000
"""Models on one page of their list, the most that the API allows."""
MOST_PAGES = 50


class MessagesAPI(ModelServer):
    """One endpoint that speaks Anthropic's Messages API.

    Args:
        endpoint: where the API is, below which `/v1/messages` is, with the key and the version in its headers.
        provider: name of the provider, for events and errors.
        model: the model that is asked when a query names none.
        secret: the key, so that errors can leave it out.
    """

    path = "/v1/messages"

    seedless = "The Messages API"

    def __init__(
        self, endpoint: Endpoint, *, provider: str, model: str | None = None, secret: Secret | None = None
    ) -> None:
        super().__init__(endpoint, MessagesErrors(provider, model, secret))

    def body(self, query: Query, model: str | None) -> dict[str, Any]:
        """See `request_body`."""
        return request_body(query, model)

    def decoder(self, source: ErrorSource) -> Decoder:
        """What makes events of the server's events."""
        return Decoder(source)

    async def count_tokens(self, query: Query) -> int:
        """How many tokens the prompt of a query has, its system text, tools and attachments included.

        Raises:
            ClaifError: the query has no form in this protocol, or the server could not be asked, or refused.
        """
        body = json_dumps(count_body(query, query.model or self._source.model))
        found = await self.ask("POST", f"{self.path}/count_tokens", body)
        tokens = found.get("input_tokens") if isinstance(found, dict) else None
        if tokens.__class__ is not int or tokens < 0:
            raise self._source.garbled("a count of tokens that is none")
        return int(tokens)

    async def models(self) -> Sequence[ModelInfo]:
        """The models that the server lists, in its order, from all pages.

        Raises:
            ClaifError: the server could not be asked, or refused.
        """
        found: dict[str, ModelInfo] = {}
        after = ""
        for _ in range(MOST_PAGES):
            page = await self.ask("GET", f"/v1/models?limit={PAGE}{after}")
            listed = page.get("data") if isinstance(page, dict) else None
            if not isinstance(listed, list):
                raise self._source.garbled("a list of models that is none")
            before = len(found)
            for entry in listed:
                if isinstance(entry, dict) and isinstance(name := entry.get("id"), str):
                    size = entry.get("max_input_tokens")
                    context = size if size.__class__ is int else None
                    found.setdefault(name, ModelInfo(name, self._source.provider, context=context))
            last = page.get("last_id")
            # A server that has nothing new to say on a page would say so for ever.
            if not page.get("has_more") or not isinstance(last, str) or len(found) == before:
                break
            after = f"&after_id={quote(last, safe='', errors='replace')}"
        return list(found.values())
