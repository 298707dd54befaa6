"""Why who answered answered: what `--explain` tells after a query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models import Attempt
    from ..routing.plan import Plan


def explanation(plan: Plan, attempts: Sequence[Attempt]) -> Iterable[str]:
    """Who was meant, who was asked, and what became of each.

    Args:
        plan: whom the query could be asked of.
        attempts: each time that somebody was asked, in order.
    """
    who = ", ".join(map(str, plan.candidates))
    yield f"Asked of {plan.route or who}, because {plan.reason}."
    if len(plan.candidates) > 1:
        yield f"Members: {who}; strategy: {plan.strategy}."
    for number, attempt in enumerate(attempts, 1):
        name = f"{attempt.provider}/{attempt.model}" if attempt.model else str(attempt.provider)
        ended = "answered" if attempt.error is None else attempt.error
        message = f": {attempt.message}" if attempt.message else ""
        yield f"{number}. {name}: {ended} after {attempt.seconds:.2f} s{message}"
    if not attempts:
        yield "No attempt came to an end."
