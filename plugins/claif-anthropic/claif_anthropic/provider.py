"""The provider: settings, key and address of an endpoint that speaks the Messages API."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen
from attrs.validators import in_, optional

from claif.api import (
    EVERYTHING,
    MessagesAPI,
    PresetProvider,
    ProviderSettings,
    Query,
    Secret,
)
from claif_anthropic.presets import CUSTOM, PRESETS, Preset, root_of

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


class AnthropicProvider(PresetProvider[MessagesAPI, Preset]):
    """Anthropic, and every endpoint that speaks its Messages API."""

    name = "anthropic"
    capabilities: ClassVar[frozenset[str]] = EVERYTHING
    Settings = AnthropicSettings
    settings: AnthropicSettings

    presets = PRESETS
    custom = CUSTOM

    @staticmethod
    def root(base_url: str) -> str:
        """An address as presets have it, without `/v1`."""
        return root_of(base_url)

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
