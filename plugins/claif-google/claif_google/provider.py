"""The provider: key, address and model of the Gemini API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from claif.api import (
    Context,
    Emit,
    GenerateContent,
    InvalidConfigError,
    ModelInfo,
    Provider,
    ProviderSettings,
    ProviderStatus,
    Query,
    Secret,
    find_key,
    missing_key,
)

BASE_URL = "https://generativelanguage.googleapis.com"
VERSION = "/v1beta"
"""Of the API; it may stand at the end of an address, since other clients want it there."""

KEY_VARIABLES = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
"""Environment variables in which the key is by convention."""

MODEL = "gemini-flash-latest"
"""The model that is asked when nobody names one; Google lets the name follow its newest."""


class GoogleProvider(Provider):
    """Google's Gemini API, and servers that speak it."""

    name = "google"
    capabilities: ClassVar[frozenset[str]] = frozenset(
        ("text", "streaming", "system", "images", "image_urls", "files", "tools", "schema", "thinking", "models")
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settings: ProviderSettings = context.settings
        self._server: GenerateContent | None = None

    @classmethod
    def status(cls, name: str, settings: Any) -> ProviderStatus:
        """Ready, unless Google itself is asked and there is no key."""
        if settings.preset is not None:
            refused = no_preset(name, settings.preset)
            return ProviderStatus("broken", refused.message, refused.hint or "")
        if is_own(settings) and key_of(settings) is None:
            missing = missing_key(name, *KEY_VARIABLES)
            return ProviderStatus("no key", missing.message, missing.hint or "")
        return ProviderStatus()

    async def connect(self) -> None:
        """Find the key and the address; nothing is sent.

        Raises:
            MissingAPIKeyError: Google itself is asked and there is no key.
            InvalidConfigError: the address is not allowed, or a preset is named.
        """
        settings, name = self.settings, self.context.name
        if settings.preset is not None:
            raise no_preset(name, settings.preset)
        key = key_of(settings)
        if key is None and is_own(settings):
            raise missing_key(name, *KEY_VARIABLES)
        endpoint = self.context.http.endpoint(
            address(settings),
            headers=[("x-goog-api-key", key)] if key else [],
            allow_http=settings.allow_http,
            ca_bundle=settings.ca_bundle,
        )
        self._server = GenerateContent(endpoint, provider=name, model=settings.model or MODEL, secret=key)

    @property
    def server(self) -> GenerateContent:
        """The endpoint; it exists once the provider is connected."""
        if self._server is None:
            raise RuntimeError("the provider is not connected")
        return self._server

    async def query(self, query: Query, emit: Emit) -> None:
        """Answer a query."""
        await self.server.query(query, emit)

    async def count_tokens(self, query: Query) -> int:
        """How many tokens the query has; nothing is answered."""
        return await self.server.count_tokens(query)

    async def models(self) -> Sequence[ModelInfo]:
        """The models that can be asked."""
        return await self.server.models()


def address(settings: ProviderSettings) -> str:
    """Where the API is, without its version."""
    return (settings.base_url or BASE_URL).rstrip("/").removesuffix(VERSION)


def is_own(settings: ProviderSettings) -> bool:
    """Whether Google itself is asked."""
    return address(settings) == BASE_URL


def key_of(settings: ProviderSettings) -> Secret | None:
    """The configured key, else the one in Google's own variables, else the stored one.

    Those variables belong to Google's own address: a key is never sent to another one unless the settings say so.
    """
    return find_key(settings, *(KEY_VARIABLES if is_own(settings) else ()))


def no_preset(name: str, preset: str) -> InvalidConfigError:
    """What to tell a user who asks for a preset; there is only one address."""
    return InvalidConfigError(
        f"The provider {name} has no presets, so none is called {preset}.",
        problems=(f"providers.{name}.preset: there are no presets",),
        hint="Leave it out; another address goes into base_url, a model into model.",
    )
