"""The layer around each attempt that knows its cost: it keeps to budgets, and says what the answer cost."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import trio
from attrs import evolve

from ..costs.budget import QUERY, day_of, to_claim
from ..costs.price import worst_cost
from ..costs.worst import input_at_most, output_at_most
from ..errors import BudgetExceededError, ClaifError, TimeoutError
from ..ledger.call import Hold
from ..models import Event, Finished, Notice, Query, Started, UsageReport
from ..pipeline.run import current_run
from ..pipeline.types import Emit, Handler, Layer, Slot
from ..routing.shared_state import SharedHold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..costs.budget import Limit
    from ..costs.names import Endpoint
    from ..costs.price import Price
    from ..ledger.call import Call
    from ..ledger.work import Begun
    from ..pipeline.run import Run
    from .accounts import Accounts

COST_LIMIT = "max_budget"
"""The option by which an agent with the capability `cost_limit` is told how many US dollars it may spend."""
END_TIMEOUT = 5.0
"""Seconds in which the end of an attempt is written down that went on after its query."""
_SILENT = frozenset({Started, Notice, Finished})
"""Events that are no answer yet."""


class _Attempt:
    """One attempt: what is emitted of it, and what it costs."""

    __slots__ = ("_accounts", "_emit", "_endpoint", "_models", "began", "cost", "named")

    def __init__(self, accounts: Accounts, endpoint: Endpoint, models: tuple[str | None, ...], emit: Emit) -> None:
        self._accounts, self._endpoint, self._models, self._emit = accounts, endpoint, models, emit
        self.named: str | None = None
        self.began = False
        self.cost: float | None = None

    async def take(self, event: Event) -> None:
        """Hand an event on; a report of usage gets its cost, unless the provider has said it."""
        if event.__class__ is UsageReport:
            if event.usage.cost is None:
                event = await self._accounts.priced(event, self._endpoint, self.named, *self._models)
            self.cost = event.usage.cost
        elif event.__class__ is Started:
            self.named = event.model
        if not self.began and event.__class__ not in _SILENT:
            self.began = True
        await self._emit(event)

    def cost_of_failure(self, error: BaseException) -> float | None:
        """What it costs that it failed: nothing if it was refused, nobody knows if it was broken off."""
        refused = isinstance(error, ClaifError) and not isinstance(error, TimeoutError)
        return 0.0 if refused and not self.began else None


def spending_layer(accounts: Accounts) -> Layer:
    """Keep each attempt within the budgets that hold for it, and tell what it cost."""

    def wrap(handler: Handler) -> Handler:
        async def spending(query: Query, emit: Emit) -> None:
            run = current_run.get()
            endpoint, models = accounts.asked(run), accounts.models(run)
            accounts.prepare(endpoint, *models)
            attempt = _Attempt(accounts, endpoint, models, emit)
            if accounts.ledger is None or run.call is None:
                return await handler(query, attempt.take)
            hold, query, price = await _begin(accounts, run, run.call, query)
            if price is None and (soft := accounts.soft(run, query.tag)) is not None:
                await emit(Notice("budget", soft, {"provider": run.provider}))
            # It is held together with what the limits take, in one round trip.
            run.hold = shared = shared_hold(accounts, run, hold, query.tag)
            try:
                await handler(query, attempt.take)
            except BaseException as error:
                hold.cost = attempt.cost_of_failure(error)
                raise
            else:
                hold.cost = attempt.cost
            finally:
                if price is not None and price.free:
                    hold.cost = 0.0
                hold.ended = True
                if shared is not None and shared.settle is not None:
                    shared.settle(hold.cost)
                if run.call.ended:  # it went on for others, who wait for the same answer
                    with trio.move_on_after(END_TIMEOUT, shield=True):
                        await accounts.ledger.end(run.call, accounts.limits(run, query.tag))

        return spending

    return Layer(slot=Slot.BUDGET, wrap=wrap, name="spending", distribution="claif")


async def _begin(accounts: Accounts, run: Run, call: Call, query: Query) -> tuple[Hold, Query, Price | None]:
    """Hold what an attempt may cost; returns that, the query within its limits, and the price if it is known.

    Raises:
        BudgetExceededError: it could go beyond a budget.
    """
    ledger = accounts.ledger
    assert ledger is not None  # noqa: S101 - the caller looked
    limits = accounts.limits(run, query.tag)
    cost: float | None = None
    endpoint, models = accounts.asked(run), accounts.models(run)
    price = await accounts.price(endpoint, *models) if limits else accounts.prices.find(endpoint, *models)
    metered = run.member is not None and "cost_limit" in run.member.capabilities
    if limits and price is not None:
        query = _limited(query, price)
        cost = worst_cost(price, input_at_most(query), output_at_most(query, price.max_output))
    elif limits and metered:
        cost = _allowed(query, limits)
    elif limits:
        check_unknown(accounts, run, limits)
    call.provider, call.model, call.route = run.provider, run.model, run.route
    call.attempts = len(run.attempts)
    call.tried += 1
    hold = Hold(call.tried, run.provider or "", day_of(ledger.clock()))
    try:
        begun = await ledger.begin(call, hold, limits, cost)
    except BaseException:
        hold.cost, hold.ended = 0.0, True  # it was not made
        raise
    if begun.refused is not None:
        raise exceeded(run, begun, cost)
    if metered and begun.left < inf:
        query = _with_cost_limit(query, begun.left)
    return hold, query, price


def shared_hold(accounts: Accounts, run: Run, hold: Hold, tag: str | None) -> SharedHold | None:
    """What an attempt may cost of the budgets that are shared with other clients; `None` if there is nothing to hold.

    Args:
        accounts: the client's.
        run: the query.
        hold: the attempt, as the client's own ledger holds it.
        tag: what the query is marked with.
    """
    ledger = accounts.ledger
    if accounts.sharing is None or ledger is None or not hold.reserved:
        return None
    limits, now = accounts.limits(run, tag), ledger.clock()
    budgets = to_claim(limits, hold.reserved, now)
    if not budgets:
        return None

    def refusal(key: str) -> BudgetExceededError:
        limit = next((one for one in limits if one.key(now) == key), limits[0])
        return BudgetExceededError(
            f"It could go beyond {limit}, ${limit.dollars:.2f}, which is shared with others.",
            hint=f"Raise it for all: claif config set {limit.setting} DOLLARS, or ask somebody who costs less.",
            provider=run.provider,
            limit=limit.dollars,
        )

    return SharedHold(budgets, refusal)


def _limited(query: Query, price: Price) -> Query:
    """The query with a limit for its answer, if the user has said what the model's is and the query has none."""
    if query.options.max_tokens is not None or price.max_output is None or price.free:
        return query
    return evolve(query, options=evolve(query.options, max_tokens=price.max_output))


def _allowed(query: Query, limits: Sequence[Limit]) -> float | None:
    """US dollars that an agent is allowed for a query; `None` if nothing says it."""
    given = query.options.extra.get(COST_LIMIT)
    amounts = [limit.dollars for limit in limits if limit.period == QUERY]
    if isinstance(given, int | float) and given > 0:
        amounts.append(float(given))
    return min(amounts, default=None)


def _with_cost_limit(query: Query, dollars: float) -> Query:
    """The query with what an agent may spend at most, if it was not told less."""
    given = query.options.extra.get(COST_LIMIT)
    if isinstance(given, int | float) and given <= dollars:
        return query
    return evolve(query, options=evolve(query.options, extra={**query.options.extra, COST_LIMIT: dollars}))


def check_unknown(accounts: Accounts, run: Run, limits: Sequence[Limit]) -> None:
    """Refuse what nobody knows the price of, if the user wants that."""
    if accounts.budget is not None and accounts.budget.unknown_cost == "refuse":
        model = run.model or "MODEL"
        raise BudgetExceededError(
            f"Nobody knows what {run.provider} costs, so that {limits[0]} could be overrun.",
            hint=f'Say what it costs in [prices."{run.provider}/{model}"], or set budget.unknown_cost = "allow".',
            provider=run.provider,
        )


def exceeded(run: Run, begun: Begun, cost: float | None) -> BudgetExceededError:
    """What to raise where the ledger has refused an attempt that costs so many US dollars at worst."""
    limit = begun.refused
    assert limit is not None  # noqa: S101 - the caller looked
    more = "" if cost is None else f", and this query could cost ${cost:.4f}"
    spent = f"${begun.spent:.4f} is spent or held for queries that run" if limit.period != QUERY or begun.spent else ""
    why = f"{spent}{more}".removeprefix(", and ")
    shorter = "" if cost is None else ", allow a shorter answer with -o max_tokens=N"
    return BudgetExceededError(
        f"It could go beyond {limit}, ${limit.dollars:.2f}: {why}.",
        hint=f"Raise it: claif config set {limit.setting} DOLLARS{shorter}, or ask somebody who costs less.",
        provider=run.provider,
        limit=limit.dollars,
        spent=begun.spent,
    )
