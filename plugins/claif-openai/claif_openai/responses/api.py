"""Asking one endpoint that speaks the Responses API."""

from __future__ import annotations

from typing import Any

from claif.api import ClaifError, Endpoint, ErrorSource, ModelServer, Query, Secret
from claif_openai.responses.decode import Decoder
from claif_openai.responses.request import request_body

ABSENT = (404, 405, 501)
"""Statuses of a server that does not have the path, unless a code says that it is the model."""


class Responses(ModelServer):
    """One endpoint.

    Args:
        endpoint: where the API is, with its key in the headers.
        provider: name of the provider, for events and errors.
        model: the model that is asked when a query names none.
        secret: the key, so that errors can leave it out.
    """

    path = "/responses"

    seedless = "The Responses API"

    def __init__(
        self, endpoint: Endpoint, *, provider: str, model: str | None = None, secret: Secret | None = None
    ) -> None:
        protocol = f"the Responses API, or leave out providers.{provider}.api"
        super().__init__(endpoint, ErrorSource(provider, model, secret, protocol=protocol))

    def body(self, query: Query, model: str | None) -> dict[str, Any]:
        """See `request_body`."""
        return request_body(query, model)

    def decoder(self, source: ErrorSource) -> Decoder:
        """What makes events of the server's events."""
        return Decoder(source)

    def refusal(self, error: ClaifError) -> ClaifError:
        """The error, with what helps if the server does not know this protocol."""
        if error.status in ABSENT and error.code is None:
            error.hint = (
                "The server may not speak the Responses API; ask it in chat completions: "
                f"claif config unset providers.{error.provider}.api"
            )
        return error
