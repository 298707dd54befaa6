"""What observers learn when a query has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from ..models import Query, Reply


@frozen
class QueryRecord:
    """How a query ended.

    Args:
        query: what was asked, as the user gave it.
        reply: the whole answer; `None` if there is none.
        error: what the query failed with; `None` if it was answered.
        seconds: wall time from the call to the end.
    """

    query: Query
    reply: Reply | None = None
    error: BaseException | None = None
    seconds: float = 0.0
