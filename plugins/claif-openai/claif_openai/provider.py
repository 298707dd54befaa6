"""The provider: settings, key and address of an endpoint that speaks chat completions or the Responses API."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen
from attrs.validators import in_, optional

from claif.api import (
    EVERYTHING,
    ChatCompletions,
    Context,
    ModelServer,
    PresetProvider,
    ProviderSettings,
    Quirks,
    Secret,
)
from claif_openai.presets import CUSTOM, PRESETS, Preset


@frozen(kw_only=True)
class OpenAISettings(ProviderSettings):
    """The table `[providers.NAME]` of an OpenAI-compatible endpoint.

    Args:
        api: the protocol to ask in: `chat` for chat completions, `responses` for the Responses API.
        max_tokens_field: name of the field that limits the answer, where the preset's is not right; for `chat`.
        stream_usage: whether the server takes `stream_options`, where the preset is not right; for `chat`.
    """

    api: str = field(default="chat", validator=in_(("chat", "responses")))
    max_tokens_field: str | None = field(default=None, validator=optional(in_(("max_tokens", "max_completion_tokens"))))
    stream_usage: bool | None = None


class OpenAIProvider(PresetProvider[ModelServer, Preset]):
    """OpenAI, and every endpoint that speaks its chat completions or its Responses API."""

    name = "openai"
    capabilities: ClassVar[frozenset[str]] = EVERYTHING | {"embeddings"}
    Settings = OpenAISettings
    settings: OpenAISettings

    presets = PRESETS
    custom = CUSTOM

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.embedding_limits = self.preset.embedding_limits  # type: ignore[misc]  # known only with the settings

    def open(self, key: Secret | None) -> ModelServer:
        """The endpoint, in the protocol that the settings choose."""
        server = self._open(key)
        server.encoding = self.preset.encoding
        return server

    def _open(self, key: Secret | None) -> ModelServer:
        settings, preset, name = self.settings, self.preset, self.context.name
        endpoint = self.context.http.endpoint(
            settings.base_url or preset.base_url,
            headers=[("authorization", Secret(f"Bearer {key.reveal()}"))] if key else [],
            allow_http=settings.allow_http,
            ca_bundle=settings.ca_bundle,
        )
        model = settings.model or preset.model
        if settings.api == "responses":
            from claif_openai.responses import Responses

            return Responses(endpoint, provider=name, model=model, secret=key)
        quirks = adjust(preset.quirks, settings)
        return ChatCompletions(endpoint, provider=name, model=model, quirks=quirks, secret=key)


def adjust(quirks: Quirks, settings: OpenAISettings) -> Quirks:
    """The preset's quirks with what the settings say."""
    return Quirks(
        max_tokens=settings.max_tokens_field or quirks.max_tokens,
        seed=quirks.seed,
        stream_usage=quirks.stream_usage if settings.stream_usage is None else settings.stream_usage,
        file_urls=quirks.file_urls,
    )
