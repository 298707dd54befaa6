"""The innermost layer: one attempt at one provider, with its limits for connecting, the first event and silence."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NoReturn

import trio

from ..config.redact import redact
from ..errors import ClaifError, ProviderRuntimeError
from ..logs import logger
from ..models import Attempt, Event, Notice, Query
from ..pipeline.failures import Downstream, single
from ..pipeline.run import Run, current_run
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
            limits = run.limits
            logger.debug(
                "attempt {} at {}, model {}", len(run.attempts) + 1, run.provider, run.model or "of its choice"
            )
            watch = Watch(
                connect=limits.connect_timeout,
                first=limits.first_event_timeout if query.stream else inf,
                idle=limits.idle_timeout,
            )
            token = current_watch.set(watch)
            watchdog.add(watch)
            began = trio.current_time()
            failure: BaseException | None = None
            try:
                with watch.scope:
                    return await handler(query, emit)
                failure = late = watch.error()
            except BaseException as error:
                failure = error
                raise
            finally:
                watchdog.remove(watch)
                current_watch.reset(token)
                note_attempt(run, trio.current_time() - began, failure)
            late.provider, late.model = run.provider, run.model
            raise late

        return attempt

    return Layer(slot=Slot.ATTEMPT, wrap=wrap, name="attempt", order=100, distribution="claif")


def note_attempt(run: Run, seconds: float, error: BaseException | None) -> None:
    """Keep what is told of an attempt afterwards.

    Args:
        run: the query.
        seconds: how long the attempt took.
        error: what it ended with; `None` if the provider answered.
    """
    kind = message = None
    if isinstance(error, ClaifError):
        kind, message = type(error).__name__, redact(error.message)
    elif error is not None and not isinstance(error, Downstream):
        kind = "Cancelled" if isinstance(error, trio.Cancelled) else "Error"
    run.attempts.append(Attempt(run.provider, run.model, seconds, kind, message))


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
            raise_named(caught, run.provider, run.model)

    return ask


def raise_named(caught: BaseException, provider: str | None, model: str | None) -> NoReturn:
    """Raise what a provider raised, as a `ClaifError` that names it; what is no failure of its own stays as it is.

    Args:
        caught: what it raised; this is called while that is handled.
        provider: its name.
        model: the model that it was asked for.
    """
    error = single(caught)
    if isinstance(error, ClaifError):
        error.provider = error.provider or provider
        error.model = error.model or model
        if error is caught:
            raise error
        raise error from caught
    if isinstance(error, Exception):
        raise ProviderRuntimeError(
            f"The provider {provider} failed: {type(error).__name__}: {error}", provider=provider, model=model
        ) from error
    if error is caught:
        raise error
    raise error from None
