"""The provider: settings, key and address of an endpoint that speaks chat completions or the Responses API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from attrs import evolve, field, frozen
from attrs.validators import in_, optional

from claif.api import (
    ChatCompletions,
    ClaifError,
    Context,
    Emit,
    InvalidConfigError,
    MissingAPIKeyError,
    ModelInfo,
    ModelServer,
    Provider,
    ProviderSettings,
    ProviderStatus,
    Query,
    Quirks,
    Secret,
    find_key,
    missing_key,
)
from claif_openai.presets import ALL, Preset, find_preset


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


class OpenAIProvider(Provider):
    """OpenAI, and every endpoint that speaks its chat completions or its Responses API."""

    name = "openai"
    capabilities: ClassVar[frozenset[str]] = ALL
    Settings = OpenAISettings

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settings: OpenAISettings = context.settings
        self.preset = find_preset(context.name, self.settings.preset, self.settings.base_url)
        self.capabilities = self.preset.capabilities  # type: ignore[misc]  # known only with the settings
        self._server: ModelServer | None = None
        self._first_model: str | None = None

    @classmethod
    def status(cls, name: str, settings: Any) -> ProviderStatus:
        """Ready, unless the endpoint needs a key and there is none."""
        try:
            preset = find_preset(name, settings.preset, settings.base_url)
        except InvalidConfigError as error:
            return ProviderStatus("broken", error.message, error.hint or "")
        if lacks_key(preset, settings):
            missing = no_key(name, preset)
            return ProviderStatus("no key", missing.message, missing.hint or "")
        return ProviderStatus()

    async def connect(self) -> None:
        """Find the key and the address; nothing is sent.

        Raises:
            MissingAPIKeyError: the endpoint needs a key and there is none.
            InvalidConfigError: the address is not allowed.
        """
        settings, preset, name = self.settings, self.preset, self.context.name
        if lacks_key(preset, settings):
            raise no_key(name, preset)
        key = key_of(preset, settings)
        endpoint = self.context.http.endpoint(
            settings.base_url or preset.base_url,
            headers=[("authorization", Secret(f"Bearer {key.reveal()}"))] if key else [],
            allow_http=settings.allow_http,
            ca_bundle=settings.ca_bundle,
        )
        model = settings.model or preset.model
        if settings.api == "responses":
            from claif_openai.responses import Responses

            self._server = Responses(endpoint, provider=name, model=model, secret=key)
        else:
            quirks = adjust(preset.quirks, settings)
            self._server = ChatCompletions(endpoint, provider=name, model=model, quirks=quirks, secret=key)

    @property
    def server(self) -> ModelServer:
        """The endpoint, in the protocol that the settings choose; it exists once the provider is connected."""
        if self._server is None:
            raise RuntimeError("the provider is not connected")
        return self._server

    async def query(self, query: Query, emit: Emit) -> None:
        """Answer in the protocol that the settings choose."""
        if query.model is None and not (self.settings.model or self.preset.model):
            query = evolve(query, model=await self._model_of_server())
        await self.server.query(query, emit)

    async def models(self) -> Sequence[ModelInfo]:
        """The models that the endpoint lists."""
        return await self.server.models()

    async def _model_of_server(self) -> str | None:
        """The first model of a server that has no default, asked for once; one that lists none may need none."""
        if self._first_model is None:
            try:
                models = await self.models()
            except ClaifError as error:
                if error.status is None:
                    raise
                return None
            if not models:
                return None
            self._first_model = models[0].id
        return self._first_model


def key_of(preset: Preset, settings: ProviderSettings) -> Secret | None:
    """The configured key, else the one in the preset's environment variable, else the stored one.

    That variable belongs to the preset's own address: a key is never sent to another one unless the settings say so.
    """
    own = settings.base_url in (None, preset.base_url)
    return find_key(settings, *([preset.key_variable] if own and preset.key_variable else []))


def lacks_key(preset: Preset, settings: ProviderSettings) -> bool:
    """Whether the endpoint would refuse every query for want of a key."""
    return preset.needs_key and settings.base_url in (None, preset.base_url) and key_of(preset, settings) is None


def no_key(name: str, preset: Preset) -> MissingAPIKeyError:
    """What to tell a user who has given no key."""
    return missing_key(name, *([preset.key_variable] if preset.key_variable else []))


def adjust(quirks: Quirks, settings: OpenAISettings) -> Quirks:
    """The preset's quirks with what the settings say."""
    return Quirks(
        max_tokens=settings.max_tokens_field or quirks.max_tokens,
        seed=quirks.seed,
        stream_usage=quirks.stream_usage if settings.stream_usage is None else settings.stream_usage,
        file_urls=quirks.file_urls,
    )
