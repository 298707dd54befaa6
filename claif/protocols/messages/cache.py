"""Prompt caching: up to where a request is to be remembered."""

from __future__ import annotations

from typing import Any

from ...errors import InvalidQueryError

TIMES = ("5m", "1h")
"""How long the API remembers a prompt; the first is what it does unless told."""

_UNMARKED = frozenset(("thinking", "redacted_thinking"))
"""Blocks that take no mark."""


def mark_cache(body: dict[str, Any], wish: Any) -> None:
    """Mark the end of what is the same in each query, and the end of the conversation.

    1. The end of the system text, or else of the tools, which come before it: other conversations share them.
    2. The last block of the conversation: its next query shares all of it.

    Args:
        body: a request whose content is in lists of blocks; it is changed.
        wish: the option `cache`: true, false, or for how long, `5m` or `1h`.

    Raises:
        InvalidQueryError: the wish is none of these.
    """
    if wish is None or wish is False:
        return
    if wish is not True and wish not in TIMES:
        raise InvalidQueryError(
            "The option cache is none of: true, false, 5m, 1h.", hint="Leave it out to have nothing cached."
        )
    control = {"type": "ephemeral"} if wish in (True, TIMES[0]) else {"type": "ephemeral", "ttl": wish}
    if text := body.get("system"):
        body["system"] = [{"type": "text", "text": text, "cache_control": control}]
    elif tools := body.get("tools"):
        tools[-1]["cache_control"] = control
    blocks = body["messages"][-1]["content"] if body["messages"] else []
    if blocks and blocks[-1].get("type") not in _UNMARKED:
        blocks[-1]["cache_control"] = control
