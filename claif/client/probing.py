"""Probes: endpoints that are left alone are tried by a request that no query waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from ..errors import ClaifError
from ..logs import logger

if TYPE_CHECKING:
    from ..routing.health import Health, HealthBook
    from ..routing.members import Members

PROBE_TIMEOUT = 10.0
"""Seconds in which an endpoint must answer a probe."""


async def probe_for_ever(book: HealthBook, members: Members, seconds: float) -> None:
    """Every so many seconds try the endpoints whose cool-down is over, by asking for their models.

    An endpoint that lists none, such as an agent, is left to the next query.

    Args:
        book: knows which are left alone.
        members: the providers.
        seconds: between two looks.
    """
    while True:
        await trio.sleep(seconds)
        for name, health in book.known().items():
            if health.breaker.state(trio.current_time()) == "half-open":
                await _probe(name, health, members)


async def _probe(name: str, health: Health, members: Members) -> None:
    began = trio.current_time()
    permit = health.breaker.acquire(began)
    if permit is None:
        return
    taken = members.take(name)
    try:
        with trio.move_on_after(PROBE_TIMEOUT) as limit:
            provider = await taken.value.ready()
            if "models" not in provider.capabilities:
                return
            await provider.models()
        now = trio.current_time()
        if limit.cancelled_caught:
            health.breaker.failure(permit, now)
        else:
            health.succeeded(permit, now, now - began)
    except ClaifError as error:
        logger.debug("{} does not answer a probe: {}", name, error)
        health.breaker.failure(permit, trio.current_time())
    finally:
        health.released(permit)
        members.give_back(taken)
