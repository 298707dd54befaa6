"""Asking one endpoint that speaks chat completions; other providers of such endpoints use it too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..failures import ErrorSource
from ..server import ModelServer
from .decode import Decoder
from .quirks import NO_QUIRKS, Quirks
from .wire import request_body

if TYPE_CHECKING:
    from ...config import Secret
    from ...models import Query
    from ...transport.endpoint import Endpoint


class ChatCompletions(ModelServer):
    """One endpoint.

    Args:
        endpoint: where the API is, with its key in the headers.
        provider: name of the provider, for events and errors.
        model: the model that is asked when a query names none.
        quirks: what the server wants differently.
        secret: the key, so that errors can leave it out.
    """

    path = "/chat/completions"

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        provider: str,
        model: str | None = None,
        quirks: Quirks = NO_QUIRKS,
        secret: Secret | None = None,
    ) -> None:
        super().__init__(endpoint, ErrorSource(provider, model, secret))
        self._quirks = quirks

    def body(self, query: Query, model: str | None) -> dict[str, Any]:
        """See `request_body`."""
        return request_body(query, model, self._quirks)

    def decoder(self, source: ErrorSource) -> Decoder:
        """What makes events of chunks."""
        return Decoder(source)
