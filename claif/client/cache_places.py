"""Places: where in the cache the answers of those who may be asked would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from ..cache.key import member_key, query_key
from ..cache.policy import is_sampled, lacks
from ..errors import ClaifError
from ..logs import logger

if TYPE_CHECKING:
    from ..config.candidate import Candidate
    from ..models import Query
    from ..provider import Identity, Provider
    from ..routing.plan import Plan
    from .route import Router

MOST_MODELS = 256
"""Models of a provider of which it is remembered what their answers depend on."""


class Place(NamedTuple):
    """Where the answer of a member would be.

    Args:
        candidate: the member.
        model: the model that would answer.
        named: the same, if the query, the route or the settings name it.
        key: the key.
    """

    candidate: Candidate
    model: str
    named: str | None
    key: str


class Places:
    """Knows the keys of answers.

    Args:
        router: knows who may be asked.
        salt: what keys are made with.
        sampled: whether answers are kept that would be others each time.
    """

    def __init__(self, router: Router, salt: bytes, *, sampled: bool) -> None:
        self._router, self._salt, self._sampled = router, salt, sampled
        self._members: WeakKeyDictionary[Provider, dict[str | None, tuple[Identity, str] | None]] = WeakKeyDictionary()

    async def of(self, query: Query, plan: Plan) -> list[Place]:
        """Where the answers of all members would be; none of one whose answers are not kept.

        None at all if an agent may be asked: it is asked to act, and a text is no deed.
        """
        if not plan.single and self._may_act(plan):
            return []
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

    def _may_act(self, plan: Plan) -> bool:
        others = [one for ones in plan.fallbacks.values() for one in ones]
        for candidate in (*plan.candidates, *others):
            try:
                if "agent" in self._router.members.get(candidate.provider).get().capabilities:
                    return True
            except ClaifError:
                continue  # whoever cannot be asked says so when it is
        return False

    async def _place(self, query: Query, candidate: Candidate) -> Place | None:
        taken = self._router.members.take(candidate.provider)
        try:
            member = taken.value
            if why := lacks(query, member.get().capabilities):
                logger.debug("answers of {} are not cached: {}", candidate, why)
                return None
            provider = await member.ready()
            asked = self._router.as_asked(query, candidate, member, provider)
            known = self.member(candidate.provider, provider, asked.model)
            if known is None:
                logger.debug("answers of {} are not cached: it does not say what they depend on", candidate)
                return None
            identity, key = known
            model = asked.model or identity.model
            if model is None:
                logger.debug("answers of {} are not cached: nobody says which model answers", candidate)
                return None
            if is_sampled(asked, greedy=identity.greedy) and not (self._sampled or query.cache):
                logger.info("the answer of {} is not cached: it would be another one each time", candidate)
                return None
            named = candidate.model or member.settings.model
            return Place(candidate, model, named, query_key(self._salt, key, model, asked))
        finally:
            self._router.members.give_back(taken)

    def member(self, name: str, provider: Provider, model: str | None) -> tuple[Identity, str] | None:
        """What the answers of a provider depend on, and what stands for that in keys; found out once."""
        known = self._members.get(provider)
        if known is None:
            known = self._members[provider] = {}
        if model not in known:
            if len(known) >= MOST_MODELS:
                known.clear()
            identity = self._identity(name, provider, model)
            kind = self._router.config.provider_type(name)
            known[model] = None if identity is None else (identity, member_key(self._salt, kind, identity))
        return known[model]

    @staticmethod
    def _identity(name: str, provider: Provider, model: str | None) -> Identity | None:
        try:
            return provider.identity(model)
        except ClaifError:
            raise
        except Exception as error:
            logger.warning("the answers of {} are not cached: its identity() failed: {}", name, type(error).__name__)
            return None
