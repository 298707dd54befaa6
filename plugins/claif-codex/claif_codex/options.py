"""Options of one query that only Codex has."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import in_

from claif.api import InvalidQueryError, Query, read_extras

EFFORTS = (None, "none", "minimal", "low", "medium", "high", "xhigh")


@frozen(kw_only=True)
class Extras:
    """What is given as `-o NAME=VALUE`.

    Args:
        effort: how much the model thinks: none, minimal, low, medium, high or xhigh.
        fork: go on with the conversation in a copy of it.
    """

    effort: str | None = field(default=None, validator=in_(EFFORTS))
    fork: bool = False


def extras_of(query: Query) -> Extras:
    """The options of a query.

    Raises:
        InvalidQueryError: Codex has no such option, or the value is not of its kind.
    """
    found = read_extras(query.options, Extras, "Codex")
    if found.fork and query.conversation is None:
        raise InvalidQueryError("There is no conversation to fork.", hint="Name it with --resume ID.")
    return found
