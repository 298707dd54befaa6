"""The provider: settings, key and address of an endpoint that speaks the Messages API."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen
from attrs.validators import in_, optional

from claif.api import (
    Access,
    Context,
    MessagesAPI,
    ProviderSettings,
    Query,
    Secret,
    ServedProvider,
)
from claif_anthropic.presets import ALL, find_preset, root_of

VERSION = ("anthropic-version", "2023-06-01")
"""The version of the API, which every request names; https://docs.anthropic.com/en/api/versioning."""


@frozen(kw_only=True)
class AnthropicSettings(ProviderSettings):
    """The table `[providers.NAME]` of an endpoint that speaks the Messages API.

    Args:
        auth: the header that takes the key, where the preset's is not right: `x-api-key`, or `bearer`.
        betas: features in test that every request asks for, in the header `anthropic-beta`.
    """

    auth: str | None = field(default=None, validator=optional(in_(("x-api-key", "bearer"))))
    betas: tuple[str, ...] = ()


class AnthropicProvider(ServedProvider[MessagesAPI]):
    """Anthropic, and every endpoint that speaks its Messages API."""

    name = "anthropic"
    capabilities: ClassVar[frozenset[str]] = ALL
    Settings = AnthropicSettings
    settings: AnthropicSettings

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.preset = find_preset(context.name, self.settings.preset, self.settings.base_url)
        self.capabilities = self.preset.capabilities  # type: ignore[misc]  # known only with the settings
        self.default_model = self.preset.model  # type: ignore[misc]  # likewise

    @classmethod
    def access(cls, name: str, settings: AnthropicSettings) -> Access:
        """The preset's key, for the preset's address."""
        preset = find_preset(name, settings.preset, settings.base_url)
        own = settings.base_url is None or root_of(settings.base_url) == preset.base_url
        return Access((preset.key_variable,) if preset.key_variable else (), own=own, needed=preset.needs_key)

    def open(self, key: Secret | None) -> MessagesAPI:
        """The endpoint, with the headers that it wants."""
        settings, preset = self.settings, self.preset
        headers: list[tuple[str, str | Secret]] = [VERSION]
        if key:
            bearer = (settings.auth or preset.auth) == "bearer"
            headers.append(("authorization", Secret(f"Bearer {key.reveal()}")) if bearer else ("x-api-key", key))
        if settings.betas:
            headers.append(("anthropic-beta", ",".join(settings.betas)))
        endpoint = self.context.http.endpoint(
            root_of(settings.base_url or preset.base_url),
            headers=headers,
            allow_http=settings.allow_http,
            ca_bundle=settings.ca_bundle,
        )
        return MessagesAPI(endpoint, provider=self.context.name, model=settings.model or preset.model, secret=key)

    async def count_tokens(self, query: Query) -> int:
        """How many tokens the prompt of a query has; the endpoint counts them, and answers nothing.

        Raises:
            ClaifError: the query has no form in this protocol, or the endpoint could not be asked, or refused.
        """
        return await self.server.count_tokens(await self.with_model(query))
