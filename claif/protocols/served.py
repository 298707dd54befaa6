"""Providers whose answers come from a server of models: the key, the server once it is known, and the default model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from attrs import evolve, fields, frozen

from ..config.findkey import find_key, missing_key
from ..errors import ClaifError, InvalidConfigError, InvalidQueryError, MissingAPIKeyError
from ..provider import Context, Identity, Provider, ProviderStatus
from .presets import Preset, choose_preset
from .server import ModelServer

if TYPE_CHECKING:
    from ..config.schema import ProviderSettings
    from ..config.secret import Secret
    from ..models import Embeddings, ModelInfo, Query
    from ..pipeline.types import Emit

_NOT_SENT = frozenset(
    (
        *("api_key", "base_url", "model", "embedding_model", "options", "allow_http", "ca_bundle"),
        *("connect_timeout", "first_event_timeout", "idle_timeout"),
    )
)
"""Settings that change no answer, or are known otherwise."""

S = TypeVar("S", bound=ModelServer)
P = TypeVar("P", bound=Preset)


@frozen
class Access:
    """Which key an address may get.

    Args:
        variables: environment variables in which the key is by convention.
        own: whether the address is the one that these are for; their key is sent to no other unless the user says so.
        needed: whether that address refuses whoever has no key.
    """

    variables: tuple[str, ...] = ()
    own: bool = True
    needed: bool = True

    def key(self, settings: ProviderSettings) -> Secret | None:
        """The configured key, else the one in a variable, else the stored one."""
        return find_key(settings, *(self.variables if self.own else ()))

    def lack(self, name: str, settings: ProviderSettings) -> MissingAPIKeyError | None:
        """What to tell a user whose provider of this name would be refused for want of a key."""
        if self.needed and self.own and self.key(settings) is None:
            return missing_key(name, *self.variables)
        return None


class ServedProvider(Provider, Generic[S]):
    """Answers by a server; subclasses say what key it needs and how to speak to it."""

    default_embedding_model: ClassVar[str | None] = None
    """The model that turns texts into vectors when nobody names one; one has to be named when `None`."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settings: Any = context.settings
        self._server: S | None = None
        self._first_model: str | None = None

    @classmethod
    @abstractmethod
    def access(cls, name: str, settings: Any) -> Access:
        """Which key the configured address may get.

        Raises:
            InvalidConfigError: the settings name no address.
        """

    @abstractmethod
    def open(self, key: Secret | None) -> S:
        """The server, which is to be asked with this key; nothing is sent.

        Raises:
            InvalidConfigError: the address is not allowed.
        """

    @classmethod
    def status(cls, name: str, settings: Any) -> ProviderStatus:
        """Ready, unless the server needs a key and there is none."""
        try:
            lack = cls.access(name, settings).lack(name, settings)
        except InvalidConfigError as error:
            return ProviderStatus("broken", error.message, error.hint or "")
        return ProviderStatus() if lack is None else ProviderStatus("no key", lack.message, lack.hint or "")

    async def connect(self) -> None:
        """Find the key and the address; nothing is sent.

        Raises:
            MissingAPIKeyError: the server needs a key and there is none.
            InvalidConfigError: the address is not allowed.
        """
        access = self.access(self.context.name, self.settings)
        if (lack := access.lack(self.context.name, self.settings)) is not None:
            raise lack
        self._server = self.open(access.key(self.settings))

    @property
    def server(self) -> S:
        """The server; it exists once the provider is connected."""
        if self._server is None:
            raise RuntimeError("the provider is not connected")
        return self._server

    def identity(self, model: str | None) -> Identity | None:  # noqa: ARG002 - the server takes any
        """The server's address, the key, and all settings that are sent to it in some form."""
        settings = self.settings
        sent = {
            each.name: getattr(settings, each.name) for each in fields(type(settings)) if each.name not in _NOT_SENT
        }
        key = self.access(self.context.name, settings).key(settings)
        return Identity(
            self.server.address,
            key,
            settings.model or self.default_model,
            settings.embedding_model or self.default_embedding_model,
            sent,
        )

    async def query(self, query: Query, emit: Emit) -> None:
        """Answer by the server."""
        await self.server.query(await self.with_model(query), emit)

    async def models(self) -> Sequence[ModelInfo]:
        """The models that the server lists."""
        return await self.server.models()

    async def embed(
        self, texts: Sequence[str], *, model: str | None = None, dimensions: int | None = None
    ) -> Embeddings:
        """Turn texts into vectors by the server, if it can."""
        if "embeddings" not in self.capabilities:
            raise self.no_embeddings()
        return await self.server.embed(texts, model=self._embedding_model(model), dimensions=dimensions)

    def _embedding_model(self, model: str | None) -> str:
        """The model that turns texts into vectors.

        A server's first model, or the one that answers queries, may be one whose vectors are of no use, and nobody
        would notice.
        """
        found: str | None = model or self.settings.embedding_model or self.default_embedding_model
        if found is None:
            name = self.context.name
            raise InvalidQueryError(
                f"The provider {name} is asked for embeddings, and no model for them is named.",
                provider=name,
                hint=f"Name one with -m MODEL, or for good: claif config set providers.{name}.embedding_model MODEL",
            )
        return found

    async def with_model(self, query: Query) -> Query:
        """The query with the server's first model, if neither it nor the settings name one."""
        if query.model is None and not (self.settings.model or self.default_model):
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


class PresetProvider(ServedProvider[S], Generic[S, P]):
    """Answers by a server that can be known by its name; the usual one is called as the provider's type."""

    presets: ClassVar[Mapping[str, Any]] = {}
    """What is known of each server, by its name."""
    custom: ClassVar[Any] = None
    """What is known of an address that the user gives: nothing, so that nothing is refused in advance."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.preset: P = self.find_preset(context.name, self.settings)
        self.capabilities = self.preset.capabilities  # type: ignore[misc]  # known only with the settings
        self.default_model = self.preset.model  # type: ignore[misc]  # likewise
        self.default_embedding_model = self.preset.embedding_model  # type: ignore[misc]  # likewise

    @classmethod
    def find_preset(cls, name: str, settings: ProviderSettings) -> P:
        """The preset that the settings of a provider of this name mean; see `choose_preset`.

        Raises:
            InvalidConfigError: there is no preset of the name that they give.
        """
        chosen: P = choose_preset(
            cls.presets, cls.name, cls.custom, provider=name, preset=settings.preset, base_url=settings.base_url
        )
        return chosen

    @staticmethod
    def root(base_url: str) -> str:
        """An address as presets have it; people copy it in more than one form."""
        return base_url.rstrip("/")

    @classmethod
    def access(cls, name: str, settings: ProviderSettings) -> Access:
        """The preset's key, for the preset's address."""
        preset = cls.find_preset(name, settings)
        own = settings.base_url is None or cls.root(settings.base_url) == preset.base_url
        return Access((preset.key_variable,) if preset.key_variable else (), own=own, needed=preset.needs_key)
