"""The provider: settings, key and address of an endpoint that speaks the Messages API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from attrs import evolve, field, frozen
from attrs.validators import in_, optional

from claif.api import (
    ClaifError,
    Context,
    Emit,
    InvalidConfigError,
    MessagesAPI,
    MissingAPIKeyError,
    ModelInfo,
    Provider,
    ProviderSettings,
    ProviderStatus,
    Query,
    Secret,
    find_key,
    missing_key,
)
from claif_anthropic.presets import ALL, Preset, find_preset, root_of

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


class AnthropicProvider(Provider):
    """Anthropic, and every endpoint that speaks its Messages API."""

    name = "anthropic"
    capabilities: ClassVar[frozenset[str]] = ALL
    Settings = AnthropicSettings

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settings: AnthropicSettings = context.settings
        self.preset = find_preset(context.name, self.settings.preset, self.settings.base_url)
        self.capabilities = self.preset.capabilities  # type: ignore[misc]  # known only with the settings
        self._server: MessagesAPI | None = None
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
        self._server = MessagesAPI(endpoint, provider=name, model=settings.model or preset.model, secret=key)

    @property
    def server(self) -> MessagesAPI:
        """The endpoint; it exists once the provider is connected."""
        if self._server is None:
            raise RuntimeError("the provider is not connected")
        return self._server

    async def query(self, query: Query, emit: Emit) -> None:
        """Answer in the Messages API."""
        await self.server.query(await self._with_model(query), emit)

    async def count_tokens(self, query: Query) -> int:
        """How many tokens the prompt of a query has; the endpoint counts them, and answers nothing.

        Raises:
            ClaifError: the query has no form in this protocol, or the endpoint could not be asked, or refused.
        """
        return await self.server.count_tokens(await self._with_model(query))

    async def models(self) -> Sequence[ModelInfo]:
        """The models that the endpoint lists."""
        return await self.server.models()

    async def _with_model(self, query: Query) -> Query:
        if query.model is None and not (self.settings.model or self.preset.model):
            return evolve(query, model=await self._model_of_server())
        return query

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
    return find_key(settings, *([preset.key_variable] if _own(preset, settings) and preset.key_variable else []))


def lacks_key(preset: Preset, settings: ProviderSettings) -> bool:
    """Whether the endpoint would refuse every query for want of a key."""
    return preset.needs_key and _own(preset, settings) and key_of(preset, settings) is None


def no_key(name: str, preset: Preset) -> MissingAPIKeyError:
    """What to tell a user who has given no key."""
    return missing_key(name, *([preset.key_variable] if preset.key_variable else []))


def _own(preset: Preset, settings: ProviderSettings) -> bool:
    """Whether the address is the preset's own."""
    return settings.base_url is None or root_of(settings.base_url) == preset.base_url
