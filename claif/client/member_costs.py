"""What the members of a route cost, for whoever asks the cheapest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ClaifError

if TYPE_CHECKING:
    from ..config.candidate import Candidate
    from ..middleware.accounts import Accounts
    from ..routing.plan import Plan
    from .route import Router


async def member_costs(router: Router, plan: Plan) -> dict[Candidate, float]:
    """US dollars for a million tokens of those members of which it is known: the user says it, or prices do."""
    accounts = router.beside.accounts
    found = {one: await _cost(one, router, accounts) for one in plan.candidates}
    return {one: cost for one, cost in found.items() if cost is not None}


async def _cost(candidate: Candidate, router: Router, accounts: Accounts | None) -> float | None:
    if candidate.cost is not None or accounts is None:
        return candidate.cost
    try:
        member = router.members.get(candidate.provider)
        provider = member.get()
    except ClaifError:  # whoever cannot be asked says so when it is
        return None
    endpoint = accounts.endpoint(candidate.provider, member.settings, provider.capabilities)
    price = await accounts.price(endpoint, candidate.model or member.settings.model or provider.default_model)
    return None if price is None else price.mixed
