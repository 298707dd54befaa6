"""Options of one query that only Codex has, and the ids of its conversations."""

from __future__ import annotations

from uuid import UUID

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


def thread_id(text: str) -> str:
    """The id of a conversation.

    Raises:
        InvalidQueryError: it cannot be one.
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise InvalidQueryError(
            f"{text[:80]!r} is no conversation of Codex.",
            hint="Its ids look like 01a2047f-072c-7f53-9fef-2a78c8086877.",
        ) from None
