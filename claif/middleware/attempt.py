"""The innermost layer: one attempt at one provider, with its limits for connecting, the first event and silence."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from ..errors import ClaifError, ProviderRuntimeError
from ..logs import logger
from ..models import Event, Notice, Query
from ..pipeline.failures import Downstream, single
from ..pipeline.run import current_run
from ..pipeline.types import Emit, Handler, Layer, Slot
from ..pipeline.watchdog import Watch, Watchdog, current_watch

if TYPE_CHECKING:
    from ..provider import Provider


def attempt_layer(watchdog: Watchdog) -> Layer:
    """End an attempt that does not connect, does not begin or falls silent, as the provider's settings say.

    An answer in one piece shows no life while it is generated, so only the total deadline limits it.
    """

    def wrap(handler: Handler) -> Handler:
        async def attempt(query: Query, emit: Emit) -> None:
            run = current_run.get()
            run.attempts += 1
            limits = run.limits
            logger.debug("attempt {} at {}, model {}", run.attempts, run.provider, run.model or "of its choice")
            watch = Watch(
                connect=limits.connect_timeout,
                first=limits.first_event_timeout if query.stream else inf,
                idle=limits.idle_timeout,
            )
            token = current_watch.set(watch)
            watchdog.add(watch)
            try:
                with watch.scope:
                    return await handler(query, emit)
            finally:
                watchdog.remove(watch)
                current_watch.reset(token)
            error = watch.error()
            error.provider, error.model = run.provider, run.model
            raise error

        return attempt

    return Layer(slot=Slot.ATTEMPT, wrap=wrap, name="attempt", order=100, distribution="claif")


def provider_end(provider: Provider) -> Handler:
    """The handler that asks the provider; whatever it raises becomes a `ClaifError` that names it."""

    async def ask(query: Query, emit: Emit) -> None:
        run = current_run.get()
        watch = current_watch.get() or Watch()

        async def fed(event: Event) -> None:
            if watch.phase != "idle" and event.__class__ is not Notice:
                watch.begin()
            watch.pause()
            try:
                await emit(event)
            except Exception as error:
                raise Downstream(error) from error
            finally:
                watch.resume()

        try:
            await provider.query(query, fed)
        except (Exception, BaseExceptionGroup) as caught:
            error = single(caught)
            if isinstance(error, ClaifError):
                error.provider = error.provider or run.provider
                error.model = error.model or run.model
                if error is caught:
                    raise
                raise error from caught
            if isinstance(error, Exception):
                raise ProviderRuntimeError(
                    f"The provider {run.provider} failed: {type(error).__name__}: {error}",
                    provider=run.provider,
                    model=run.model,
                ) from error
            if error is caught:
                raise
            raise error from None

    return ask
