"""Providers: what answers a query. Subclass `Provider`; `BaseProvider` is the older shape and is adapted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from attrs import field, frozen

from .config.schema import ProviderSettings, Sandbox
from .errors import InvalidQueryError, ProviderError
from .models import (
    Decision,
    EmbeddingLimits,
    Embeddings,
    Message,
    ModelInfo,
    Options,
    PermissionMode,
    PermissionRequest,
    Query,
)

if TYPE_CHECKING:
    import trio

    from .config.secret import Secret
    from .finding import Finding
    from .pipeline.types import Emit
    from .transport.http import HTTP
    from .transport.process.processes import Processes

State = Literal["ready", "no key", "not installed", "broken", "incompatible", "disabled", "conflict"]


@frozen
class ProviderStatus:
    """Whether a provider can be used here; `detail` says why not, `hint` what to do about it."""

    state: State = "ready"
    detail: str = ""
    hint: str = ""


async def deny(_request: PermissionRequest, _query: Query, _mode: PermissionMode) -> Decision:
    """Allow nothing: nobody is there to be asked."""
    return Decision(allowed=False)


@frozen
class Context:
    """What a provider is given when it is constructed.

    Args:
        name: the name under which the user configured it; one class can serve many names.
        settings: its validated settings, an instance of the class's `Settings`.
        http: HTTP endpoints on the client's connection pools.
        nursery: for background tasks that live as long as the client.
        home: Claif's own folder.
        progress: call it with (what, done bytes, total bytes or None) during long work before the first event.
        sandbox: the table `[sandbox]` of the configuration.
        approve: decides what an agent asks to do, in a permission mode.
        get_processes: the client's child processes, loaded when they are first used.
    """

    name: str
    settings: Any
    http: HTTP
    nursery: trio.Nursery
    home: Path
    progress: Callable[[str, int, int | None], None] = lambda _what, _done, _total: None
    sandbox: Sandbox = field(factory=Sandbox)
    approve: Callable[[PermissionRequest, Query, PermissionMode], Awaitable[Decision]] = deny
    get_processes: Callable[[], Processes] | None = None

    @property
    def processes(self) -> Processes:
        """The client's child processes."""
        assert self.get_processes is not None, "a client gives this"  # noqa: S101 - a mistake of whoever made it
        return self.get_processes()


@frozen
class Identity:
    """What an answer depends on beside the query: where it is asked for, and whose account that is.

    Args:
        place: the address, or what else tells one server or model file from another; JSON data.
        account: the key that it is asked with; it is never stored.
        model: the model that answers when a query names none; `None` if that can change.
        embedding_model: the model that makes vectors when none is named; `None` if that can change.
        settings: what else the settings change in an answer: JSON data and secrets.
        greedy: whether it takes the most likely answer when a query sets no temperature.
    """

    place: Any
    account: Secret | None = None
    model: str | None = None
    embedding_model: str | None = None
    settings: Mapping[str, Any] = field(factory=dict)
    greedy: bool = False


class Provider(ABC):
    """Answers queries.

    `capabilities` names what it takes and gives: `text`, `streaming`, `system`, `images`, `image_urls`, `files`,
    `tools`, `schema`, `thinking`, `models`; `embeddings` if it turns texts into vectors; `agent` if it works in a
    directory, under a permission mode and a sandbox; `conversations` if one can be gone on with; `worktrees` if it
    heeds `Query.worktree`; `cost_limit` if its option `max_budget` limits what a query may cost, in US dollars. What a
    query needs and the provider lacks is refused before it is asked.
    """

    name: ClassVar[str] = ""
    capabilities: ClassVar[frozenset[str]] = frozenset({"text"})
    Settings: ClassVar[type[ProviderSettings]] = ProviderSettings
    default_model: ClassVar[str | None] = None
    """The model that is asked when neither the query nor the settings name one; `None` if that is not known before."""
    mime_types: ClassVar[frozenset[str]] = frozenset()
    """MIME types of attachments it takes; empty takes any image or file that its capabilities allow."""
    embedding_limits: ClassVar[EmbeddingLimits] = EmbeddingLimits()
    """The most that `embed` is asked for at once, and how often at the same time."""

    def __init__(self, context: Context) -> None:
        self.context = context

    @classmethod
    def status(cls, name: str, settings: Any) -> ProviderStatus:  # noqa: ARG003 - arguments are for subclasses
        """Whether it can be used with these settings, as far as can be told at once and without a network."""
        return ProviderStatus()

    @classmethod
    def diagnose(cls, name: str, settings: Any, home: Path, *, deep: bool = False) -> Iterable[Finding]:  # noqa: ARG003 - subclasses use them
        """What `claif doctor` should tell about this machine beyond `status`: libraries, programs, files.

        It runs in a process of its own, which is ended if it takes longer than 30 s, and connects nowhere.

        Args:
            name: the name under which the user configured it.
            settings: its validated settings.
            home: Claif's own folder.
            deep: whether the user wishes checks that take seconds.
        """
        return ()

    async def connect(self) -> None:  # noqa: B027 - most providers have nothing to prepare
        """Prepare; runs once for a client, before the first query."""

    async def disconnect(self) -> None:  # noqa: B027 - likewise
        """Give back what `connect` took; runs once, bounded, also when cancelled."""

    @abstractmethod
    async def query(self, query: Query, emit: Emit) -> None:
        """Answer: await `emit(event)` for each event.

        Raises:
            ClaifError: it could not answer; anything else is reported as a `ProviderRuntimeError` of this provider.
        """

    def prewarm(self, query: Query) -> None:  # noqa: B027 - most providers have nothing to do
        """Get ready for queries like this one, in the background; its messages do not matter.

        Raises:
            ClaifError: it cannot be asked such a query.
        """

    def identity(self, model: str | None) -> Identity | None:  # noqa: ARG002 - for subclasses
        """What its answers depend on beside the query, so that they can be cached; called when it is connected.

        Args:
            model: the model that a query names, if it names one.

        Returns:
            `None` if nobody can tell: then its answers are never cached.
        """
        return None

    async def models(self) -> Sequence[ModelInfo]:
        """The models it offers."""
        return ()

    async def embed(
        self,
        texts: Sequence[str],  # noqa: ARG002 - for subclasses
        *,
        model: str | None = None,  # noqa: ARG002 - likewise
        dimensions: int | None = None,  # noqa: ARG002 - likewise
    ) -> Embeddings:
        """Turn texts into vectors; providers with the capability `embeddings` do.

        Args:
            texts: no more than `embedding_limits` says; none is blank.
            model: its name; the provider's usual one for embeddings when `None`.
            dimensions: how many numbers a vector shall have; as many as the model gives when `None`.

        Returns:
            The vectors, in the order of the texts.

        Raises:
            InvalidQueryError: this provider makes no embeddings.
            ClaifError: it could not be asked, or refused.
        """
        raise self.no_embeddings()

    def no_embeddings(self) -> InvalidQueryError:
        """What to tell whoever asks a provider for embeddings that makes none."""
        name = self.context.name
        return InvalidQueryError(
            f"The provider {name} makes no embeddings.",
            provider=name,
            hint="Name one that has `embeddings` among the capabilities in `claif providers status`.",
        )

    async def pull(self, model: str | None = None, source: Path | None = None) -> Path:  # noqa: ARG002 - for subclasses
        """Put a model on this machine; runs without `connect`.

        Args:
            model: its name; the provider's usual one when `None`.
            source: a file to take it from instead of the network.

        Returns:
            Where it is now.

        Raises:
            ProviderError: this provider's models are not pulled.
            InstallError: it cannot be had.
        """
        raise self._nothing_to_pull()

    def model_path(self, model: str | None = None) -> Path:  # noqa: ARG002 - for subclasses
        """Where a model is, or would be, on this machine.

        Raises:
            ProviderError: this provider's models are not on this machine.
        """
        raise self._nothing_to_pull()

    def _nothing_to_pull(self) -> ProviderError:
        name = self.context.name
        return ProviderError(
            f"The models of the provider {name} are not kept on this machine by Claif.",
            provider=name,
            hint="The embedded model is pulled with `claif models pull -p local`.",
        )


class BaseProvider:
    """The older shape of a provider: `query` yields messages.

    Example:
        class Shout(BaseProvider):
            name = "shout"

            async def query(self, prompt, options=None):
                yield Message.assistant(prompt.upper())
    """

    name: str = ""
    capabilities: Any = frozenset({"text"})

    async def connect(self) -> None:
        """Prepare; runs once for a client, before the first query."""

    async def disconnect(self) -> None:
        """Give back what `connect` took."""

    def query(self, prompt: str, options: Options | None = None) -> AsyncIterator[Message]:
        """Yield the messages of the answer to `prompt`."""
        raise NotImplementedError


class AdaptedProvider(Provider):
    """A `BaseProvider` in the shape of a `Provider`; its generator is iterated and closed in the query's own task."""

    def __init__(self, context: Context, base: BaseProvider) -> None:
        super().__init__(context)
        self.base = base
        self.capabilities = frozenset(base.capabilities or {"text"})  # type: ignore[misc] # per instance, as the seed has it

    async def connect(self) -> None:
        """Connect the adapted provider."""
        await self.base.connect()

    async def disconnect(self) -> None:
        """Disconnect the adapted provider."""
        await self.base.disconnect()

    async def query(self, query: Query, emit: Emit) -> None:
        """Emit each message that the adapted provider yields."""
        messages: Any = self.base.query(query.prompt, query.options)
        if isinstance(messages, Awaitable):
            messages = await messages
        async with aclosing(messages) as stream:
            async for message in stream:
                await emit(message if isinstance(message, Message) else Message.assistant(str(message)))


ProviderFactory = Callable[[Context], Provider]
ProviderRegistry = Mapping[str, ProviderFactory]
