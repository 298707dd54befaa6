"""The provider: key, address and model of the Gemini API."""

from __future__ import annotations

from typing import ClassVar

from claif.api import (
    EVERYTHING,
    Access,
    EmbeddingLimits,
    GenerateContent,
    InvalidConfigError,
    ProviderSettings,
    Query,
    Secret,
    ServedProvider,
)

BASE_URL = "https://generativelanguage.googleapis.com"
VERSION = "/v1beta"
"""Of the API; it may stand at the end of an address, since other clients want it there."""

KEY_VARIABLES = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
"""Environment variables in which the key is by convention."""

MODEL = "gemini-flash-latest"
"""The model that is asked when nobody names one; Google lets the name follow its newest."""

EMBEDDING_MODEL = "gemini-embedding-001"
"""The model that turns texts into vectors when nobody names one; no name follows its newest, and none should."""


class GoogleProvider(ServedProvider[GenerateContent]):
    """Google's Gemini API, and servers that speak it."""

    name = "google"
    capabilities: ClassVar[frozenset[str]] = EVERYTHING | {"embeddings"}
    default_model = MODEL
    default_embedding_model = EMBEDDING_MODEL
    embedding_limits = EmbeddingLimits(texts=100)
    settings: ProviderSettings

    @classmethod
    def access(cls, name: str, settings: ProviderSettings) -> Access:
        """Google's own keys, for Google's own address."""
        if settings.preset is not None:
            raise no_preset(name, settings.preset)
        return Access(KEY_VARIABLES, own=address(settings) == BASE_URL)

    def open(self, key: Secret | None) -> GenerateContent:
        """The API."""
        settings = self.settings
        endpoint = self.context.http.endpoint(
            address(settings),
            headers=[("x-goog-api-key", key)] if key else [],
            allow_http=settings.allow_http,
            ca_bundle=settings.ca_bundle,
        )
        return GenerateContent(endpoint, provider=self.context.name, model=settings.model or MODEL, secret=key)

    async def count_tokens(self, query: Query) -> int:
        """How many tokens the query has; nothing is answered."""
        return await self.server.count_tokens(query)


def address(settings: ProviderSettings) -> str:
    """Where the API is, without its version."""
    return (settings.base_url or BASE_URL).rstrip("/").removesuffix(VERSION)


def no_preset(name: str, preset: str) -> InvalidConfigError:
    """What to tell a user who asks for a preset; there is only one address."""
    return InvalidConfigError(
        f"The provider {name} has no presets, so none is called {preset}.",
        problems=(f"providers.{name}.preset: there are no presets",),
        hint="Leave it out; another address goes into base_url, a model into model.",
    )
