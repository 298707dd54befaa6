"""The cache inside the router: looks for the answers of all who may be asked, and keeps those that are given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from hashlib import sha256
from secrets import token_hex
from time import time
from typing import TYPE_CHECKING

import trio

from ..cache.flight import Flight
from ..cache.keeper import Keeper
from ..cache.patience import Patience
from ..cache.policy import READS, WRITES
from ..cache.recording import Recording
from ..cache.row import Row, unseal
from ..cache.store import Write
from ..errors import ClientClosedError
from ..logs import logger
from ..models import CacheHit
from ..pipeline.run import Run, current_run
from .cache_places import Place, Places

if TYPE_CHECKING:
    from ..cache.store import CacheStore
    from ..config.cache_schema import CacheSettings
    from ..models import Query
    from ..pipeline.types import Emit
    from ..provider import Identity, Provider
    from ..routing.plan import Plan
    from .route import Router

Answer = Callable[["Emit"], Awaitable[None]]
"""Has the query answered by somebody."""
Asking = Callable[["Emit"], Awaitable[bool]]
"""The same, and keeps the answer; whether it was worth it."""

MOST_ALONE = 0.001
"""Seconds for which hits may follow each other before other tasks have their turn."""
LEASE = 10.0
"""Seconds after which another process asks, if the one that does is heard of no more."""
LOOK = (0.02, 0.5)
"""Seconds between two looks for what another process has asked: at first, and at most."""
MOST_SEEN, LARGEST_SEEN = 256, 100_000
"""Answers that were read lately and need not be decoded again, and the bytes of the largest of them."""


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
        self._router, self._settings, self.salt, self._nursery = router, settings, salt, nursery
        self.store = Patience(store, settings.timeout)
        self.keeper = Keeper(self.store)
        self._places = Places(router, salt, sampled=settings.sampled)
        self._flights: dict[str, Flight] = {}
        self._token = token_hex(8)
        self._paused = float("-inf")
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
        places = await self._places.of(query, plan)
        if not places:
            return await ask(emit)
        name = places[0].key if len(places) == 1 else sha256("".join([one.key for one in places]).encode()).hexdigest()
        together = self._settings.single_flight and len(places) == len(plan.candidates)
        held = False
        if mode in READS and (not together or self._flying(name) is None):
            row, held = await self._look(places, lock=together)
            if row is not None:
                return await self._replay(*row, emit)
        if plan.deadline is not None and (limit := current_run.get().limit) is not None:
            self._router.watchdog.shorten(limit, plan.deadline)
        if together:
            asking = partial(self._ask, name, query, places, mode, ask, held=held)
            return await self._together(name, places, asking, emit)
        recording = Recording(emit)
        await ask(recording.emit)
        if mode in WRITES:
            await self._keep(recording, current_run.get(), places, query, None)
        return None

    @property
    def seconds(self) -> float:
        """How long what is kept is used, in seconds."""
        return self._settings.seconds

    def member(self, name: str, provider: Provider, model: str | None) -> tuple[Identity, str] | None:
        """What the answers of a provider depend on, and what stands for that in keys; `None` if it does not say."""
        return self._places.member(name, provider, model)

    async def read(self, key: str) -> Row | None:
        """What is kept under a key."""
        data = self.keeper.get(key) or await self.store.get(key)
        return None if data is None else self._opened(key, data)

    async def read_all(self, keys: Sequence[str]) -> dict[str, Row]:
        """What is kept under several keys."""
        found = {key: data for key in keys if (data := self.keeper.get(key)) is not None}
        found |= await self.store.get_all([key for key in keys if key not in found])
        return {key: row for key, data in found.items() if (row := self._opened(key, data)) is not None}

    async def write(self, write: Write) -> None:
        """Keep a row, soon."""
        if self.store.store.local:
            await self.store.store.put_all([write])
        else:
            self.keeper.put(write)

    async def _look(self, places: list[Place], *, lock: bool) -> tuple[tuple[Place, Row] | None, bool]:
        """The first answer that there is; if there is none, whether the lock is held already that lets one ask."""
        [place, *more] = places
        if more or not lock or self.keeper.get(place.key) is not None:
            return await self._find(places), False
        data, held = await self.store.look(place.key, self._token, LEASE)
        row = None if data is None else self._opened(place.key, data)
        return None if row is None else (place, row), held

    async def _find(self, places: list[Place]) -> tuple[Place, Row] | None:
        """The first answer that there is."""
        for place in places:
            if (row := await self.read(place.key)) is not None:
                return place, row
        return None

    def _opened(self, key: str, data: bytes) -> Row | None:
        """The row that bytes are, if they are a good one whose time has not passed."""
        known, row = self._seen.get(key, (b"", None))
        if row is None or known != data:
            row = unseal(key, data, self.salt)
            if row is None:
                logger.warning("a row of the cache is damaged or foreign; it is not used")
                return None
            if len(data) <= LARGEST_SEEN:
                if len(self._seen) >= MOST_SEEN:
                    del self._seen[next(iter(self._seen))]
                self._seen[key] = (data, row)
        return row if row.labels.expires > time() else None

    async def _replay(self, place: Place, row: Row, emit: Emit) -> None:
        """Hand on the events of a row."""
        run = current_run.get()
        run.provider, run.model = place.candidate.provider, place.named
        run.cached = CacheHit(row.key, max(0.0, time() - row.labels.created), self.store.store.name)
        began = trio.current_time()
        await self._let_others_go_on(began)
        for at, event in row.events:
            if self._settings.pace == "recorded":
                await trio.sleep_until(began + at)
            await emit(event)

    async def _let_others_go_on(self, now: float) -> None:
        """A hit may wait for nothing: many in a row must neither keep others waiting nor outrun a cancellation."""
        if now - self._paused > MOST_ALONE:
            await trio.lowlevel.checkpoint()
            self._paused = trio.current_time()
        else:
            await trio.lowlevel.checkpoint_if_cancelled()

    def _flying(self, name: str) -> Flight | None:
        """The flight of this name that one can still join."""
        flight = self._flights.get(name)
        return None if flight is None or flight.ended or flight.scope.cancel_called else flight

    async def _together(self, name: str, places: list[Place], asking: Asking, emit: Emit) -> None:
        """Wait for an answer together with all who ask the same now."""
        run = current_run.get()
        flight = self._flying(name)
        if flight is None:
            flight = self._flights[name] = Flight(_nobodys(run))
            self._nursery.start_soon(self._fly, flight, name, asking)
        if not await flight.ride(run, emit):
            run.cached = run.cached or CacheHit(places[0].key, 0.0, "single-flight")

    async def _fly(self, flight: Flight, name: str, asking: Asking) -> None:
        """Get the answer for all who wait for it."""
        current_run.set(flight.run)
        failure: BaseException | None = ClientClosedError("The client was closed while the query ran.")
        kept = False
        try:
            with flight.scope:
                kept = await asking(flight.emit)
                failure = None
        except Exception as error:
            failure = error
        finally:
            if self._flights.get(name) is flight:
                del self._flights[name]
            flight.end(failure)
            if not kept and not self.store.store.local:
                with trio.move_on_after(self._settings.timeout, shield=True):
                    await self.store.unlock(name, self._token)

    async def _ask(  # noqa: PLR0917 - bound once
        self, name: str, query: Query, places: list[Place], mode: str, ask: Answer, emit: Emit, *, held: bool
    ) -> bool:
        """Have the query answered, here or by another process that asks the same; whether the answer is kept now."""
        found = None if held or mode not in READS else await self._turn(name, places)
        if found is not None:
            await self._replay(*found, emit)
            return False
        recording = Recording(emit)
        await ask(recording.emit)
        return mode in WRITES and await self._keep(recording, current_run.get(), places, query, name)

    async def keep_locks(self) -> None:
        """Keep what is under way from being asked by other processes, until cancelled."""
        while True:
            await trio.sleep(LEASE / 3)
            for name in list(self._flights):
                await self.store.lock(name, self._token, LEASE)

    async def _turn(self, name: str, places: list[Place]) -> tuple[Place, Row] | None:
        """Wait until no other process asks the same; what it was answered, if it was."""
        pause = LOOK[0]
        while not await self.store.lock(name, self._token, LEASE):
            await trio.sleep(pause)
            pause = min(2 * pause, LOOK[1])
            if (found := await self._find(places)) is not None:
                return found
        return await self._find(places)  # whoever had the lock may have answered since the last look

    async def _keep(self, recording: Recording, run: Run, places: list[Place], query: Query, name: str | None) -> bool:
        """Keep the answer that was recorded, if it is worth it; whether it is. Then others may ask."""
        place = next((one for one in places if _answered(one, run)), None)
        if place is None:
            return False
        sealed = recording.sealed(
            place.key,
            (place.candidate.provider, place.model, query.tag or ""),
            self.salt,
            seconds=self._settings.seconds,
            most=self._settings.bytes // 10,
        )
        if sealed is None:
            return False
        await self.write(Write(place.key, *sealed, None if name is None else (name, self._token)))
        return True


def _answered(place: Place, run: Run) -> bool:
    return (place.candidate.provider, place.named) == (run.provider, run.model)


def _nobodys(run: Run) -> Run:
    """What is known of a query, for a task that goes on when that has ended."""
    own = run.branch()
    own.limit = None
    own.scope = trio.CancelScope()
    return own
