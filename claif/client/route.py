"""The handler of a query: the layers around it, the provider that it is for, and the layers around each attempt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from ..middleware.attempt import provider_end
from ..pipeline.compose import compose, split
from ..pipeline.run import current_run
from ..routing.needs import check_needs
from ..routing.options import with_defaults

if TYPE_CHECKING:
    from ..models import Query
    from ..pipeline.types import Emit, Handler, Layer
    from ..plugin.lazy_provider import LazyProvider
    from ..provider import Provider
    from ..routing.default import Choice
    from ..routing.members import Members


def handler_for(layers: Sequence[Layer], members: Members, default: Callable[[], Choice]) -> Handler:
    """The handler that has a query answered by its provider.

    Args:
        layers: the layers of the query, outermost first.
        members: the providers that can be asked.
        default: tells who is asked when the query names nobody.
    """
    outer, inner = split(layers)

    async def route(query: Query, emit: Emit) -> None:
        run = current_run.get()
        run.provider = query.provider or default().name
        taken = members.take(run.provider)
        try:
            member = taken.value
            provider = await member.ready()
            run.limits = member.settings
            run.model = query.model or member.settings.model
            query = _fitted(query, member, provider)
            await compose(inner, provider_end(provider))(query, emit)
        finally:
            members.give_back(taken)

    return compose(outer, route)


async def prewarm(query: Query, members: Members, default: Callable[[], Choice]) -> None:
    """Have the provider of such a query get ready for it, in the background.

    Raises:
        ClaifError: it cannot be asked such a query.
    """
    taken = members.take(query.provider or default().name)
    try:
        provider = await taken.value.ready()
        provider.prewarm(_fitted(query, taken.value, provider))
    finally:
        members.give_back(taken)


def _fitted(query: Query, member: LazyProvider, provider: Provider) -> Query:
    """The query as the provider gets it, if it can be asked that."""
    check_needs(query, provider, member.name)
    if defaults := member.settings.options:
        return evolve(query, options=with_defaults(query.options, defaults, member.name))
    return query
