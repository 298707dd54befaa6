"""Following a course: asks one member after the other until one answers; loaded when there is more than one attempt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from math import inf
from typing import TYPE_CHECKING

import trio

from ..errors import BudgetExceededError, ClaifError, InvalidQueryError, RateLimitError, TimeoutError
from ..middleware.attempt import note_attempt
from ..models import Notice
from ..pipeline.gate import Gate
from ..pipeline.run import current_run
from ..routing.course import Ask, Course, Wait
from ..routing.strategies import PLAIN, Standing, healthy_first, in_turn

if TYPE_CHECKING:
    from ..config.candidate import Candidate
    from ..models import Query
    from ..pipeline.types import Emit, Layer
    from ..routing.health import Health
    from ..routing.plan import Plan
    from .route import Router


SPREAD = 1.0
"""Seconds over which those come back at most who waited for the same moment; the first comes at that moment."""
UNLIMITED: AbstractContextManager[None] = nullcontext()
"""In place of a limit for an attempt."""


class Following:
    """One query, asked of the members of its plan until one answers.

    Args:
        router: asks them.
        plan: whom.
        inner: the layers around each attempt, outermost first.
        query: what is asked.
        emit: takes the events of the answer, and notices of what happens until it begins.
        costs: US dollars for a million tokens of those members of which it is known.
    """

    def __init__(  # noqa: PLR0917 - made once
        self,
        router: Router,
        plan: Plan,
        inner: Sequence[Layer],
        query: Query,
        emit: Emit,
        costs: Mapping[Candidate, float] | None = None,
    ) -> None:
        self._router, self._plan, self._inner, self._query, self._emit = router, plan, inner, query, emit
        self._costs = costs or {}
        self._last: ClaifError | None = None
        self._course = Course(
            self._order(),
            router.book.of,
            router.book.policy,
            router.rng,
            most=plan.max_attempts,
            fallbacks=plan.fallbacks,
        )

    async def run(self, failure: ClaifError | None = None) -> None:
        """Ask until somebody answers.

        Args:
            failure: how the first member failed, if it was asked already.

        Raises:
            ClaifError: nobody answered, or one failed after its answer had begun.
        """
        if failure is not None:
            self._failed(self._course.first(trio.current_time()), failure)
        run = current_run.get()
        run.several = not self._plan.single
        limit = run.limit
        if self._plan.deadline is not None and limit is not None:
            self._router.watchdog.shorten(limit, self._plan.deadline)
        waited = False
        while (step := self._course.next(trio.current_time())) is not None:
            if isinstance(step, Wait):
                await self._wait(step)
                waited = True
                continue
            if self._last is not None and not waited:
                await self._tell(step)
            waited = False
            if await self._ask(step):
                return
        assert self._last is not None  # noqa: S101 - a course begins with somebody to ask
        raise self._last

    def _ask(self, step: Ask) -> Awaitable[bool]:
        """Ask a member, and another one too if it takes long and the route says so; whether one answered."""
        seconds = self._hedge_after(step)
        if seconds is None:
            return self._attempt(step, self._emit)
        from .hedging import Hedged

        return Hedged(self._attempt, self._hedge, self._emit).run(step, seconds)

    def _hedge_after(self, step: Ask) -> float | None:
        """The seconds after which another member is asked too; `None` is never."""
        plan = self._plan
        if plan.hedge_after is None or len(plan.candidates) == 1:
            return None
        self._router.hedges(plan).deposit()
        return plan.hedge_after.delay(step.health.latency)

    def _hedge(self) -> Ask | None:
        """Whom to ask too."""
        ask = self._course.another(trio.current_time())
        if ask is not None and not self._router.hedges(self._plan).withdraw():
            self._course.undo(ask)
            ask.health.released(ask.permit)
            return None
        return ask

    async def _attempt(self, step: Ask, emit: Emit, opened: Callable[[], None] | None = None) -> bool:
        """Ask a member; whether it answered.

        Raises:
            ClaifError: it failed after its answer had begun, or as everybody would.
        """
        candidate, health = step.candidate, step.health
        began = trio.current_time()
        seconds = self._plan.attempt_timeout
        limit = None if seconds is None else trio.CancelScope(deadline=began + seconds)

        def begins() -> None:
            if limit is not None:
                limit.deadline = inf
            health.latency.add(trio.current_time() - began)
            if opened is not None:
                opened()

        gate = Gate(emit, begins)
        run = current_run.get()
        told = len(run.attempts)
        health.in_flight += 1
        try:
            with limit or UNLIMITED:
                await self._router.ask(self._inner, candidate, self._query, gate.emit, requires=self._plan.requires)
                await gate.release()
            if limit is not None and limit.cancelled_caught:
                del run.attempts[told:]  # it was cancelled, as far as the attempt knew
                raise _late(candidate, seconds)
        except ClaifError as error:
            if len(run.attempts) == told and not isinstance(error, InvalidQueryError | BudgetExceededError):
                note_attempt(run, trio.current_time() - began, error)
            return await self._failing(step, error, gate, asked=len(run.attempts) > told)
        else:
            now = trio.current_time()
            was_open = health.breaker.reopens_at is not None
            health.succeeded(step.permit, now, now - began)
            if was_open and health.breaker.reopens_at is None:
                self._router.beside.tell_others(candidate.provider, 0.0)
            return True
        finally:
            health.in_flight -= 1
            health.released(step.permit)

    async def _failing(self, step: Ask, error: ClaifError, gate: Gate, *, asked: bool) -> bool:
        """A member has failed, or cannot be asked this; returns if somebody else may be asked.

        Raises:
            ClaifError: nobody may.
        """
        if not asked:
            self._course.unfit(step.candidate)
            self._last = self._last or error
            return False
        closed = step.health.breaker.reopens_at is None
        goes_on = self._failed(step, error)
        if not gate.open:
            await gate.give_up()
            await self._tell_of_breaker(step, closed=closed)
        if gate.open or not goes_on:
            raise error
        return False

    def _failed(self, step: Ask, error: ClaifError) -> bool:
        """Note how a member failed; whether anybody may still be asked."""
        now = trio.current_time()
        health = step.health
        before = health.breaker.reopens_at
        health.failed(step.permit, now, error)
        after = health.breaker.reopens_at
        if after is not None and after != before:
            self._router.beside.tell_others(step.candidate.provider, after - now)
        if isinstance(error, RateLimitError) and error.retry_after is not None:
            health.drain(now + min(error.retry_after, self._router.config.routing.retry.max_retry_after))
        self._last = error
        again = step.candidate.provider not in self._router.agents
        return self._course.failed(step.candidate, error, now, again=again)

    async def _tell_of_breaker(self, step: Ask, *, closed: bool) -> None:
        """Tell that a member is left alone from now on, if its breaker was closed and is not any more."""
        until, provider = step.health.breaker.reopens_at, step.candidate.provider
        if closed and until is not None and not self._plan.single:
            seconds = until - trio.current_time()
            text = f"{provider} failed so often that it is left alone for {seconds:.0f} s."
            await self._emit(Notice("breaker", text, {"provider": provider, "seconds": seconds}))

    async def _wait(self, step: Wait) -> None:
        """Wait until somebody can be asked.

        Raises:
            ClaifError: that is later than the query may take.
        """
        seconds = step.until - trio.current_time()
        if step.until >= current_run.get().deadline:
            raise self._last or RateLimitError(
                f"{step.candidate} wants not to be asked for another {seconds:.1f} s, longer than this may take.",
                provider=step.candidate.provider,
                retry_after=seconds,
            )
        why = "wants not to be asked now" if self._last is None else f"did not answer ({_short(self._last)})"
        who = step.candidate if self._last is None else self._last.provider or step.candidate
        text = f"{who} {why}; {step.candidate} is asked in {seconds:.1f} s."
        await self._emit(Notice("wait", text, {"provider": step.candidate.provider, "seconds": seconds}))
        await trio.sleep_until(step.until)
        health = self._router.book.of(step.candidate.provider)
        if step.until == health.drained and not health.wakes_first():
            await trio.sleep(self._router.rng.uniform(0, min(SPREAD, seconds)))

    async def _tell(self, step: Ask) -> None:
        """Tell that somebody is asked after another one has failed."""
        error = self._last
        assert error is not None  # noqa: S101 - the caller looked
        kind = "retry" if step.again else "fallback"
        what = "asked again" if step.again else "asked instead"
        text = f"{error.provider or 'It'} did not answer ({_short(error)}); {step.candidate} is {what}."
        data = {"provider": step.candidate.provider, "model": step.candidate.model, "error": type(error).__name__}
        await self._emit(Notice(kind, text, data))

    def _order(self) -> list[Candidate]:
        """The members in the order in which they are asked."""
        plan, router = self._plan, self._router
        if len(plan.candidates) == 1:
            return list(plan.candidates)
        if (plain := PLAIN.get(plan.strategy)) is not None and not router.plugins.routes:
            return plain(plan.candidates, router.turn(plan))  # the course passes over those that are not well
        now = trio.current_time()
        standings = [
            self._standing(candidate, router.book.of(candidate.provider), now) for candidate in plan.candidates
        ]
        order = router.plugins.route(self._query, standings, plan.strategy)
        if order is None:
            order = in_turn(plan.strategy, standings, router.rng, router.turn(plan))
        return healthy_first(order)

    def _standing(self, candidate: Candidate, health: Health, now: float) -> Standing:
        cost = self._costs.get(candidate, candidate.cost)
        return Standing(candidate, health.in_flight, health.latency.average, health.well(now), cost)


def _late(candidate: Candidate, seconds: float | None) -> TimeoutError:
    return TimeoutError(
        f"{candidate} did not begin to answer within {seconds:g} s, which is as long as the route lets it.",
        provider=candidate.provider,
        model=candidate.model,
    )


def _short(error: ClaifError) -> str:
    status = f" {error.status}" if error.status else ""
    return f"{type(error).__name__}{status}"
