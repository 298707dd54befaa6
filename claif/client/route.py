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
            check_needs(query, provider, run.provider)
            if defaults := member.settings.options:
                query = evolve(query, options=with_defaults(query.options, defaults, run.provider))
            await compose(inner, provider_end(provider))(query, emit)
        finally:
            members.give_back(taken)

    return compose(outer, route)
