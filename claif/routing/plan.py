"""Plans: whom a query may be asked of, from the name that it was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from ..config.candidate import Candidate
from ..config.hedge import Hedge, parse_hedge
from ..errors import InvalidQueryError

if TYPE_CHECKING:
    from ..config import Config
    from ..models import Query
    from .default import Choice

MAX_MEMBERS = 100
_NAMES = ("aliases", "routes")
"""Tables in which a name can mean something else than a provider."""


@frozen
class Plan:
    """Whom a query may be asked of.

    Args:
        candidates: the members, in the order given.
        reason: why it is these, for `--explain`.
        route: the name of the route; `None` if it is none.
        strategy: whom to ask first.
        requires: capabilities that a member must have.
        fallbacks: further members by the kind of failure after which they are asked.
        max_attempts: how often members are asked in all; `None` leaves it to the retries.
        deadline: seconds over all attempts; `None` is no limit of its own.
        attempt_timeout: seconds in which a member must begin its answer; `None` is no limit of its own.
        hedge_after: when another member is asked too; `None` is never.
        cache: the mode of the cache; `None` is as the configuration says.
    """

    candidates: tuple[Candidate, ...]
    reason: str = ""
    route: str | None = None
    strategy: str = "priority"
    requires: tuple[str, ...] = ()
    fallbacks: Mapping[str, tuple[Candidate, ...]] = field(factory=dict)
    max_attempts: int | None = None
    deadline: float | None = None
    attempt_timeout: float | None = None
    hedge_after: Hedge | None = None
    cache: str | None = None

    @property
    def single(self) -> bool:
        """Whether there is nobody else to ask."""
        return len(self.candidates) == 1 and not self.fallbacks


def plan_for(query: Query, config: Config, default: Choice | None) -> Plan:
    """The plan of a query.

    Args:
        query: its `provider` is the name of a provider, an alias or a route, a provider and its model (`openai/gpt-5`),
            or several of these, separated by commas: each is asked if those before it do not answer.
        config: knows aliases and routes.
        default: who is asked when the query names nobody; looked at only then.

    Raises:
        InvalidQueryError: a name is empty, or a route is named together with a model or with others.
    """
    if query.provider is None:
        assert default is not None  # noqa: S101 - the caller's
        name, reason = default.name, default.reason
    else:
        name, reason = query.provider, "it was asked for"
    if config.routing_tables.keys().isdisjoint(_NAMES) and "," not in name and "/" not in name:
        return Plan((Candidate(name, query.model),), reason)
    return _resolved(name, reason, query.model, config)


def _resolved(name: str, reason: str, model: str | None, config: Config) -> Plan:
    routing = config.routing
    target = routing.aliases.get(name, name)
    if target != name:
        reason = f"{reason}; {name} is an alias of {target}"
    if (route := routing.routes.get(target)) is not None:
        if model is not None:
            raise InvalidQueryError(
                f"The route {target} says which model each of its members is asked for.",
                hint="Name no model, or one member: -p NAME -m MODEL.",
            )
        return Plan(
            route.members,
            f"{reason}; it is a route",
            target,
            strategy=route.strategy,
            requires=route.requires,
            fallbacks=route.fallbacks,
            max_attempts=route.max_attempts,
            deadline=route.deadline,
            attempt_timeout=route.attempt_timeout,
            hedge_after=None if route.hedge_after is None else parse_hedge(route.hedge_after),
            cache=route.cache,
        )
    names = [routing.aliases.get(part, part) for part in map(str.strip, target.split(","))]
    if not all(names) or len(names) > MAX_MEMBERS:
        raise InvalidQueryError(
            f"{name[:100]!r} names no provider in one place, or more than {MAX_MEMBERS}.",
            hint="Separate names by single commas: -p openai,claude,local",
        )
    for part in names:
        if len(names) > 1 and part in routing.routes:
            raise InvalidQueryError(f"The route {part} cannot be part of a list.", hint=f"Ask it alone: -p {part}")
    return Plan(tuple([_candidate(part, model) for part in names]), reason)


def _candidate(name: str, model: str | None) -> Candidate:
    """A member by its name; a model in the name is the one that was asked for, if none was."""
    provider, _, own = name.partition("/")
    return Candidate(provider, own or model)
