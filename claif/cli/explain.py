"""Why who answered answered: what `--explain` tells after a query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models import Attempt, CacheHit
    from ..routing.plan import Plan


def explanation(plan: Plan, attempts: Sequence[Attempt], cached: CacheHit | None = None) -> Iterable[str]:
    """Who was meant, who was asked, and what became of each.

    Args:
        plan: whom the query could be asked of.
        attempts: each time that somebody was asked, in order.
        cached: where the answer came from if it was given before.
    """
    who = ", ".join(map(str, plan.candidates))
    yield f"Asked of {plan.route or who}, because {plan.reason}."
    if len(plan.candidates) > 1:
        yield f"Members: {who}; strategy: {plan.strategy}."
    if cached is not None:
        yield _found(cached)
    for number, attempt in enumerate(attempts, 1):
        name = f"{attempt.provider}/{attempt.model}" if attempt.model else str(attempt.provider)
        ended = "answered" if attempt.error is None else attempt.error
        message = f": {attempt.message}" if attempt.message else ""
        yield f"{number}. {name}: {ended} after {attempt.seconds:.2f} s{message}"
    if not attempts and cached is None:
        yield "No attempt came to an end."


def _found(cached: CacheHit) -> str:
    if cached.store == "single-flight":
        return "Another query of this process asked the same at this moment; its answer is this one's too."
    where = f"the cache ({cached.store}, {cached.age:.0f} s old)"
    return f"The answer was in {where}; see `claif cache show {cached.key[:12]}`."
