"""Routes: a query is answered by the provider that it names, or by one of several that answer for each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import cached_property, partial
from random import Random
from typing import TYPE_CHECKING

import trio
from attrs import evolve

from ..errors import ClaifError, InvalidQueryError, TimeoutError
from ..middleware.attempt import provider_end
from ..pipeline.compose import HOME, compose, split
from ..pipeline.gate import Gate
from ..pipeline.run import current_run
from ..routing.needs import check_needs
from ..routing.options import with_defaults
from ..routing.plan import Plan, plan_for
from .beside import Beside

if TYPE_CHECKING:
    from ..config import Config
    from ..config.candidate import Candidate
    from ..models import Query
    from ..pipeline.types import Emit, Handler, Layer
    from ..pipeline.watchdog import Watchdog
    from ..plugin.lazy_provider import LazyProvider
    from ..plugin.manager import PluginManager
    from ..provider import Provider
    from ..routing.default import Choice
    from ..routing.health import HealthBook
    from ..routing.hedge import HedgeBudget
    from ..routing.members import Member, Members
    from .following import Following


MOST_PLANS = 256
"""Plans that are kept for the next query of the same names."""


class Router:
    """Has the queries of a client answered.

    Args:
        config: knows routes, aliases and how often to ask again.
        plugins: may bring strategies.
        members: the providers that can be asked.
        default: tells who is asked when a query names nobody.
        watchdog: ends what is late.
        nursery: the client's; endpoints that are left alone are probed in it.

    Attributes:
        rng: for what is left to chance; a test may seed it.
        beside: the cache, and what is shared with other clients.
        agents: names of those that are agents, which are not asked twice: they may have acted unseen.
    """

    def __init__(
        self,
        config: Config,
        plugins: PluginManager,
        members: Members,
        default: Callable[[], Choice],
        *,
        watchdog: Watchdog,
        nursery: trio.Nursery,
    ) -> None:
        self._nursery = nursery
        self.config, self.plugins, self.members, self.watchdog = config, plugins, members, watchdog
        self.rng = Random()  # noqa: S311 - jitter needs no secrecy
        self._turns: Counter[str | None] = Counter()
        self.agents: set[str] = set()
        self._default = default
        self._book: HealthBook | None = None
        self._plans: dict[tuple[str | Choice | None, str | None], Plan] = {}
        self._checked: dict[tuple[str | Choice | None, str | None], int] = {}
        self._hedges: dict[str | None, HedgeBudget] = {}
        self._handler: tuple[Sequence[Layer] | None, Handler] = (None, _nobody)
        self._cache_mode = config.cache.mode
        self.beside = Beside(self, nursery)

    @cached_property
    def _following(self) -> type[Following]:
        """What asks several members; it is loaded when that is wanted first."""
        from .following import Following

        return Following

    @property
    def book(self) -> HealthBook:
        """The health of all endpoints."""
        if self._book is None:
            from ..routing.health import HealthBook

            routing = self.config.routing
            self._book = HealthBook(routing.breaker, routing.retry)
            if routing.breaker.probes:
                from .probing import probe_for_ever

                self._nursery.start_soon(probe_for_ever, self._book, self.members, routing.breaker.cool_down)
        return self._book

    def with_health(self, members: Sequence[Member]) -> list[Member]:
        """The members with the state of their breakers, as far as anything is known of them."""
        known = {} if self._book is None else self._book.known()
        now = trio.current_time()
        return [
            evolve(one, breaker=known[one.name].breaker.state(now)) if one.name in known else one for one in members
        ]

    def hedges(self, plan: Plan) -> HedgeBudget:
        """How many queries of a route may still be hedged."""
        if plan.route not in self._hedges:
            from ..routing.hedge import HedgeBudget

            self._hedges[plan.route] = HedgeBudget()
        return self._hedges[plan.route]

    def turn(self, plan: Plan) -> int:
        """How often a route was used before."""
        self._turns[plan.route] += 1
        return self._turns[plan.route] - 1

    def plan(self, query: Query) -> Plan:
        """Whom a query may be asked of.

        Raises:
            ClaifError: its name means nobody, or it cannot be asked of several.
        """
        default = self._default() if query.provider is None else None
        key = (query.provider or default, query.model)
        plan = self._plans.get(key)
        if plan is None:
            plan = plan_for(query, self.config, default)
            if len(self._plans) < MOST_PLANS:
                self._plans[key] = plan
        if not plan.single:
            self._check_several(query, plan, key)
        return plan

    def handler(self, layers: Sequence[Layer]) -> Handler:
        """The handler that has a query answered.

        Args:
            layers: the layers of the query, outermost first.
        """
        if layers is not self._handler[0]:
            # Claif's own layers keep nothing of a query, so that one handler serves all; plugins' may wrap each anew.
            lasts = all(layer.distribution == HOME for layer in layers)
            handler = self._composed(layers)
            self._handler = (layers if lasts else None, handler)
        return self._handler[1]

    def _composed(self, layers: Sequence[Layer]) -> Handler:
        outer, inner = split(layers)

        async def route(query: Query, emit: Emit) -> None:
            plan = self.plan(query)
            current_run.get().route = plan.route
            mode = query.cache or plan.cache or self._cache_mode
            if mode == "off":
                return await answer(query, plan, emit)
            caching = await self.beside.caching()
            await caching.answer(query, plan, mode, partial(answer, query, plan), emit)
            return None

        async def answer(query: Query, plan: Plan, emit: Emit) -> None:
            failure: ClaifError | None = None
            if plan.single and self._book is None and plan.route is None:
                # Nothing has gone wrong so far, and there is nothing to choose: what decides is not even loaded.
                gate = Gate(emit)
                try:
                    await self.ask(inner, plan.candidates[0], query, gate.emit)
                except ClaifError as error:
                    if gate.open or not self._worth_another(error, plan):
                        await gate.give_up()
                        raise
                    failure = error
                else:
                    await gate.release()
                    return
            costs: dict[Candidate, float] = {}
            if plan.strategy == "cost":
                from .member_costs import member_costs

                costs = await member_costs(self, plan)
            await self._following(self, plan, inner, query, emit, costs).run(failure)

        return compose(outer, route)

    async def ask(
        self,
        inner: Sequence[Layer],
        candidate: Candidate,
        query: Query,
        emit: Emit,
        *,
        requires: Collection[str] = (),
    ) -> None:
        """Ask a member once.

        Args:
            inner: the layers around the attempt, outermost first.
            candidate: the member.
            query: what is asked.
            emit: takes the events of the answer.
            requires: capabilities that it must have, beside those that the query needs.

        Raises:
            InvalidQueryError: it cannot be asked this.
            ClaifError: it did not answer.
        """
        run = current_run.get()
        run.provider, run.model = candidate.provider, candidate.model
        taken = self.members.take(candidate.provider)
        try:
            member = taken.value
            provider = await member.ready()
            run.member, run.limits = provider, member.settings
            if "agent" in provider.capabilities:
                self.agents.add(candidate.provider)
            run.model = candidate.model or member.settings.model
            if lacking := sorted(set(requires) - provider.capabilities):
                raise InvalidQueryError(
                    f"{candidate.provider} lacks what the route requires: {', '.join(lacking)}.",
                    provider=candidate.provider,
                )
            query = self.as_asked(query, candidate, member, provider)
            await compose(inner, provider_end(provider))(query, emit)
        finally:
            self.members.give_back(taken)

    def as_asked(self, query: Query, candidate: Candidate, member: LazyProvider, provider: Provider) -> Query:
        """The query as a member gets it.

        Raises:
            ClaifError: it cannot be asked that.
        """
        return _fitted(_addressed(query, candidate), member, provider)

    async def prewarm(self, query: Query) -> None:
        """Have the first provider of such a query get ready for it, in the background.

        Raises:
            ClaifError: it cannot be asked such a query.
        """
        first = self.plan(query).candidates[0]
        taken = self.members.take(first.provider)
        try:
            provider = await taken.value.ready()
            provider.prewarm(self.as_asked(query, first, taken.value, provider))
        finally:
            self.members.give_back(taken)

    def _worth_another(self, error: ClaifError, plan: Plan) -> bool:
        """Whether the only member may be asked again."""
        agent = plan.candidates[0].provider in self.agents
        return error.retryable and not agent and not isinstance(error, TimeoutError)

    def _check_several(self, query: Query, plan: Plan, key: tuple[str | Choice | None, str | None]) -> None:
        """Refuse what can be asked of one only, and names that nobody has."""
        if query.conversation is not None:
            raise InvalidQueryError(
                "A conversation is gone on with by the agent that it was begun with.",
                hint="Name that one agent: -p NAME --continue ID",
            )
        if self._checked.get(key) != self.members.changes:
            others = [one for ones in plan.fallbacks.values() for one in ones]
            for one in (*plan.candidates, *others):
                self.members.check(one.provider)
            if key in self._plans:
                self._checked[key] = self.members.changes


async def _nobody(_query: Query, _emit: Emit) -> None:
    """Stands where there is no handler yet."""


def _addressed(query: Query, candidate: Candidate) -> Query:
    """The query as it is asked of a member, whose own model may be named with it."""
    if query.model == candidate.model:
        return query
    return evolve(query, provider=candidate.provider, model=candidate.model)


def _fitted(query: Query, member: LazyProvider, provider: Provider) -> Query:
    """The query as the provider gets it, if it can be asked that."""
    check_needs(query, provider, member.name)
    if defaults := member.settings.options:
        return evolve(query, options=with_defaults(query.options, defaults, member.name))
    return query
