"""The cache inside the router: looks for the answers of all who may be asked, and keeps those that are given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import copy
from functools import partial
from hashlib import sha256
from time import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import trio
from attrs import frozen

from ..cache.flight import Flight
from ..cache.keeper import Keeper
from ..cache.key import member_key, query_key
from ..cache.patience import Patience
from ..cache.policy import READS, WRITES, is_sampled, lacks
from ..cache.recording import Recording
from ..cache.row import Row, unseal
from ..errors import ClaifError, ClientClosedError
from ..logs import logger
from ..models import CacheHit
from ..pipeline.run import Run, current_run

if TYPE_CHECKING:
    from ..cache.store import CacheStore
    from ..config.cache_schema import CacheSettings
    from ..config.candidate import Candidate
    from ..models import Query
    from ..pipeline.types import Emit
    from ..provider import Identity, Provider
    from ..routing.plan import Plan
    from .route import Router

Answer = Callable[["Emit"], Awaitable[None]]
"""Has the query answered by somebody."""

LEASE = 10.0
"""Seconds after which another process asks, if the one that does is heard of no more."""
LOOK = (0.02, 0.5)
"""Seconds between two looks for what another process has asked: at first, and at most."""
MOST_SEEN = 256
"""Answers that were read lately, and need not be decoded again."""


@frozen
class Place:
    """Where the answer of a member would be.

    Args:
        candidate: the member.
        model: the model that would answer.
        key: the key.
    """

    candidate: Candidate
    model: str
    key: str


class Caching:
    """The cache of a client.

    Args:
        router: asks.
        store: where answers are kept.
        settings: the table `[cache]`.
        salt: what keys and rows are made with.
        nursery: the client's.
    """

    def __init__(
        self, router: Router, store: CacheStore, settings: CacheSettings, salt: bytes, nursery: trio.Nursery
    ) -> None:
        self._router, self._settings, self._salt, self._nursery = router, settings, salt, nursery
        self.store = Patience(store, settings.timeout)
        self.keeper = Keeper(self.store)
        self._members: WeakKeyDictionary[Provider, dict[str | None, tuple[Identity, str] | None]] = WeakKeyDictionary()
        self._flights: dict[str, Flight] = {}
        self._seen: dict[str, tuple[bytes, Row]] = {}

    async def close(self) -> None:
        """Write what waits; the client bounds the time."""
        await self.keeper.flush()
        await self.store.store.aclose()

    async def answer(self, query: Query, plan: Plan, mode: str, ask: Answer, emit: Emit) -> None:
        """Answer from the cache, or have somebody asked and keep what is answered.

        Args:
            query: the question.
            plan: who may be asked.
            mode: of the cache.
            ask: has it answered.
            emit: takes the events.

        Raises:
            ClaifError: it was not in the cache, and nobody answered.
        """
        places = await self._places(query, plan)
        if not places:
            return await ask(emit)
        if mode in READS and (found := await self._find(places)) is not None:
            return await self._replay(*found, emit)
        if plan.deadline is not None and (limit := current_run.get().limit) is not None:
            limit.shorten(plan.deadline)
            self._router.watchdog.add(limit)
        if not self._settings.single_flight:
            recording = Recording(emit)
            await ask(recording.emit)
            if mode in WRITES:
                self._keep(recording, current_run.get(), places, query, None)
            return None
        return await self._together(query, places, mode, ask, emit)

    async def _places(self, query: Query, plan: Plan) -> list[Place]:
        """Where the answers of all members would be; none of one whose answers are not kept."""
        places = []
        for candidate in plan.candidates:
            try:
                place = await self._place(query, candidate)
            except (ClaifError, TypeError, ValueError) as error:
                # Whoever cannot be asked says so when it is.
                logger.debug("no place in the cache for {}: {}", candidate, error)
                continue
            if place is not None:
                places.append(place)
        return places

    async def _place(self, query: Query, candidate: Candidate) -> Place | None:
        taken = self._router.members.take(candidate.provider)
        try:
            member = taken.value
            if why := lacks(query, member.get().capabilities):
                logger.debug("answers of {} are not cached: {}", candidate, why)
                return None
            provider = await member.ready()
            asked = self._router.as_asked(query, candidate, member, provider)
            known = self._member(candidate.provider, provider, asked.model)
            if known is None:
                logger.debug("answers of {} are not cached: it does not say what they depend on", candidate)
                return None
            identity, key = known
            model = asked.model or identity.model
            if model is None:
                logger.debug("answers of {} are not cached: nobody says which model answers", candidate)
                return None
            if is_sampled(asked, greedy=identity.greedy) and not (self._settings.sampled or query.cache):
                logger.info("the answer of {} is not cached: it would be another one each time", candidate)
                return None
            return Place(candidate, model, query_key(self._salt, key, model, asked))
        finally:
            self._router.members.give_back(taken)

    def _member(self, name: str, provider: Provider, model: str | None) -> tuple[Identity, str] | None:
        """What the answers of a provider depend on, and what stands for that in keys; found out once."""
        known = self._members.setdefault(provider, {})
        if model not in known:
            if len(known) >= MOST_SEEN:
                known.clear()
            identity = provider.identity(model)
            kind = self._router.config.provider_type(name)
            known[model] = None if identity is None else (identity, member_key(self._salt, kind, identity))
        return known[model]

    async def _find(self, places: list[Place]) -> tuple[Place, Row] | None:
        """The first answer that there is."""
        for place in places:
            data = self.keeper.get(place.key) or await self.store.get(place.key)
            if data is not None and (row := self._opened(place.key, data)) is not None and row.labels.expires > time():
                return place, row
        return None

    def _opened(self, key: str, data: bytes) -> Row | None:
        seen = self._seen.get(key)
        if seen is not None and seen[0] == data:
            return seen[1]
        row = unseal(key, data, self._salt)
        if row is None:
            logger.warning("a row of the cache is damaged or foreign; it is not used")
            return None
        if len(self._seen) >= MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        self._seen[key] = (data, row)
        return row

    async def _replay(self, place: Place, row: Row, emit: Emit) -> None:
        """Hand on the events of a row."""
        run = current_run.get()
        run.provider, run.model = place.candidate.provider, place.candidate.model or place.model
        run.cached = CacheHit(row.key, max(0.0, time() - row.labels.created), self.store.store.name)
        began = trio.current_time()
        await trio.lowlevel.checkpoint()  # many hits in a row must not keep others waiting
        for at, event in row.events:
            if self._settings.pace == "recorded":
                await trio.sleep_until(began + at)
            await emit(event)

    async def _together(self, query: Query, places: list[Place], mode: str, ask: Answer, emit: Emit) -> None:
        """Wait for an answer together with all who ask the same now."""
        name = places[0].key if len(places) == 1 else sha256("".join([one.key for one in places]).encode()).hexdigest()
        run = current_run.get()
        flight = self._flights.get(name)
        if flight is None or flight.ended or flight.scope.cancel_called:
            flight = self._flights[name] = Flight(_nobodys(run))
            self._nursery.start_soon(
                self._fly, flight, name, partial(self._ask, flight, name, query, places, mode, ask)
            )
        if not await flight.ride(run, emit):
            run.cached = run.cached or CacheHit(places[0].key, 0.0, "single-flight")

    async def _fly(self, flight: Flight, name: str, act: Callable[[], Awaitable[bool]]) -> None:
        """Get the answer for all who wait for it."""
        current_run.set(flight.run)
        failure: BaseException | None = ClientClosedError("The client was closed while the query ran.")
        kept = False
        try:
            with flight.scope:
                kept = await act()
                failure = None
        except Exception as error:
            failure = error
        finally:
            if self._flights.get(name) is flight:
                del self._flights[name]
            flight.end(failure)
            if not kept:
                with trio.move_on_after(self._settings.timeout, shield=True):
                    await self.store.unlock(name, flight.token)

    async def _ask(  # noqa: PLR0917 - bound once
        self, flight: Flight, name: str, query: Query, places: list[Place], mode: str, ask: Answer
    ) -> bool:
        """Have the query answered, here or by another process that asks the same; whether the answer is kept now."""
        found = await self._turn(name, flight.token, places) if mode in READS else None
        if found is not None:
            await self._replay(*found, flight.emit)
            return False
        recording = Recording(flight.emit)
        await ask(recording.emit)
        return mode in WRITES and self._keep(recording, flight.run, places, query, (name, flight.token))

    async def keep_locks(self) -> None:
        """Keep what is under way from being asked by other processes, until cancelled."""
        while True:
            await trio.sleep(LEASE / 3)
            for name, flight in list(self._flights.items()):
                await self.store.lock(name, flight.token, LEASE)

    async def _turn(self, name: str, token: str, places: list[Place]) -> tuple[Place, Row] | None:
        """Wait until no other process asks the same; what it was answered, if it was."""
        pause = LOOK[0]
        while not await self.store.lock(name, token, LEASE):
            await trio.sleep(pause)
            pause = min(2 * pause, LOOK[1])
            if (found := await self._find(places)) is not None:
                return found
        return None

    def _keep(
        self, recording: Recording, run: Run, places: list[Place], query: Query, lock: tuple[str, str] | None
    ) -> bool:
        """Keep the answer that was recorded, if it is worth it; whether it is."""
        place = next((one for one in places if _answered(one, run)), None)
        if place is None:
            return False
        sealed = recording.sealed(
            place.key,
            (place.candidate.provider, place.model, query.tag or ""),
            self._salt,
            seconds=self._settings.seconds,
            most=self._settings.bytes // 10,
        )
        if sealed is None:
            return False
        self.keeper.put(place.key, *sealed, lock)
        return True


def _answered(place: Place, run: Run) -> bool:
    return place.candidate.provider == run.provider and run.model in {None, place.candidate.model, place.model}


def _nobodys(run: Run) -> Run:
    """What is known of a query, for a task that goes on when that has ended."""
    own = copy(run)
    own.attempts = []
    own.limit = None
    own.scope = trio.CancelScope()
    return own
