"""A provider that is imported, constructed and connected when it is first asked, once per client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from ..config.schema import ProviderSettings
from ..errors import ClaifError, ProviderInitError
from ..logs import logger
from ..pipeline.failures import single
from ..provider import AdaptedProvider, BaseProvider, Context, Provider

DISCONNECT_TIMEOUT = 5.0
"""Seconds that a provider has for its `disconnect`."""


class LazyProvider:
    """Guards one provider: loaded at first use, connected once, disconnected once and within bounds.

    Args:
        name: the name under which the user configured it.
        load: gives the class, or a factory that takes a `Context`.
        context: makes the `Context` for the provider's settings class.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], Callable[[Context], Any]],
        context: Callable[[type[ProviderSettings]], Context],
    ) -> None:
        self.name = name
        self.settings = ProviderSettings()
        self._load = load
        self._context = context
        self._lock = trio.Lock()
        self._provider: Provider | None = None
        self._connected = False

    def get(self) -> Provider:
        """The provider, constructed but perhaps not connected.

        Raises:
            ProviderInitError: it cannot be loaded or constructed.
        """
        if self._provider is None:
            factory = self._load()
            context = self._context(getattr(factory, "Settings", ProviderSettings))
            try:
                self._provider = adapt(factory, context)
            except ClaifError as error:
                error.provider = error.provider or self.name
                raise
            except Exception as error:
                raise self._failed("constructed", error) from error
            self.settings = context.settings
        return self._provider

    async def ready(self) -> Provider:
        """The connected provider.

        Raises:
            ProviderInitError: it cannot be loaded, constructed or connected.
        """
        if self._connected and self._provider is not None:
            return self._provider
        async with self._lock:
            provider = self.get()
            if not self._connected:
                await self._fetch_key()
                try:
                    await provider.connect()
                except (Exception, BaseExceptionGroup) as caught:
                    error = single(caught)
                    if isinstance(error, ClaifError):
                        error.provider = error.provider or self.name
                        raise error from caught.__cause__
                    raise self._failed("connected", error) from caught
                self._connected = True
                logger.debug("the provider {} is connected", self.name)
        return provider

    async def _fetch_key(self) -> None:
        """Fetch a key that a command or a keyring keeps; it may take long, so a thread waits for it."""
        key = self.settings.api_key
        if key is not None and key.pending:
            logger.debug("fetching the key of the provider {}", self.name)
            await trio.to_thread.run_sync(key.fetch, trio.from_thread.check_cancelled)

    async def close(self) -> None:
        """Disconnect it if it was connected; never fails, and takes at most `DISCONNECT_TIMEOUT` seconds."""
        if not self._connected or self._provider is None:
            return
        self._connected = False
        with trio.move_on_after(DISCONNECT_TIMEOUT, shield=True):
            try:
                await self._provider.disconnect()
            except Exception as error:
                logger.warning("the provider {} failed to disconnect: {}", self.name, type(error).__name__)

    def _failed(self, what: str, error: BaseException) -> ProviderInitError:
        return ProviderInitError(
            f"The provider {self.name} could not be {what}: {type(error).__name__}: {error}", provider=self.name
        )


def adapt(factory: Any, context: Context) -> Provider:
    """Construct a provider of either shape."""
    if isinstance(factory, type) and issubclass(factory, BaseProvider):
        return AdaptedProvider(context, factory())
    made: object = factory(context)
    if isinstance(made, BaseProvider):
        return AdaptedProvider(context, made)
    if not isinstance(made, Provider):
        raise TypeError(f"a Provider is expected, not {type(made).__name__}")
    return made
