"""What embeddings cost: they are no queries, so no layer is around them; the ledger and budgets hold for them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from attrs import evolve

from ..costs.budget import day_of
from ..costs.price import cost_of, worst_cost
from ..costs.worst import text_at_most
from ..ledger.call import Hold, begin_call
from ..logs import logger
from ..pipeline.failures import single
from ..routing.shared_state import Claim
from .spending import check_unknown, exceeded, shared_hold

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ..costs.price import Price
    from ..models import Usage
    from ..pipeline.run import Run
    from ..routing.shared_state import SharedHold
    from .accounts import Accounts

END_TIMEOUT = 5.0
"""Seconds in which what became of them is written down."""


async def within_budgets(
    accounts: Accounts, run: Run, texts: Sequence[str], ask: Callable[[], Awaitable[Usage]], *, cached: bool
) -> Usage:
    """Have texts embedded within the budgets that hold for that, and write it down.

    Args:
        accounts: the client's.
        run: who is asked, and for which model.
        texts: what is sent.
        ask: sends it; gives what it took.
        cached: whether some of the vectors were there already.

    Returns:
        What it took, with its cost if that is known.

    Raises:
        BudgetExceededError: it could go beyond a budget.
        ClaifError: it failed.
    """
    endpoint, models = accounts.asked(run), accounts.models(run)
    limits, ledger = accounts.limits(run, None), accounts.ledger
    if ledger is None:
        return _priced(await ask(), await accounts.price(endpoint, *models))
    call = begin_call(run.id, None, ledger.clock())
    call.provider, call.model, call.cached = run.provider, run.model, cached and not texts
    price = await accounts.price(endpoint, *models) if limits and texts else accounts.prices.find(endpoint, *models)
    cost = 0.0 if not texts else None if price is None else worst_cost(price, text_at_most(texts), 0)
    if limits and cost is None:
        check_unknown(accounts, run, limits)
    hold = Hold(1, run.provider or "", day_of(ledger.clock()))
    began = trio.current_time()
    try:
        begun = await ledger.begin(call, hold, limits, cost)
        if begun.refused is not None:
            raise exceeded(run, begun, cost)  # noqa: TRY301 - it is written down like other failures
        shared = await _taken(accounts, run, hold)
        try:
            usage = _priced(await ask(), price or await accounts.price(endpoint, *models))
            call.usage, hold.cost = usage, 0.0 if not texts else usage.cost
            return usage
        finally:
            hold.ended = True
            if shared is not None and shared.settle is not None:
                shared.settle(hold.cost)
    except BaseException as error:
        found = single(error)
        call.error = "Cancelled" if isinstance(found, trio.Cancelled) else type(found).__name__
        raise
    finally:
        call.latency, call.attempts = trio.current_time() - began, 1 if texts else 0
        with trio.move_on_after(END_TIMEOUT, shield=True):
            await ledger.end(call, limits)
            for text in ledger.complaints():
                logger.warning("{}", text)


async def _taken(accounts: Accounts, run: Run, hold: Hold) -> SharedHold | None:
    """Hold what it may cost of the budgets that are shared with other clients, if there are such."""
    shared = shared_hold(accounts, run, hold, None)
    if shared is None or accounts.sharing is None:
        return None
    endpoint = run.provider or ""
    try:
        sharing = await accounts.sharing()
        verdict = await sharing.take(Claim(endpoint, budgets=shared.budgets))
        if verdict is not None and verdict.refused is not None:
            raise shared.refusal(verdict.refused)  # noqa: TRY301 - as if it had not been held at all
    except BaseException:
        hold.cost, hold.ended = 0.0, True  # nothing was sent
        raise
    if verdict is None:
        return None
    sharing.held(endpoint, shared, verdict)
    return shared


def _priced(usage: Usage, price: Price | None) -> Usage:
    """What was used, with its cost if that is known; embeddings have no output."""
    if usage.cost is not None or price is None:
        return usage
    cost = cost_of(price, evolve(usage, output_tokens=usage.output_tokens or 0))
    return usage if cost is None else evolve(usage, cost=cost)
