"""From the options of a query to fields of a Messages request; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import InvalidQueryError

if TYPE_CHECKING:
    from ...models import Options

RESERVED = frozenset(("messages", "model", "stream", "system", "tools"))
"""Fields that options must not set, because the query has its own way to say them."""

DEFAULT_MAX_TOKENS = 16_000
"""The API wants a limit for every answer; every current model allows this one, and thinking comes on top of it."""

ADAPTIVE = {"type": "adaptive", "display": "summarized"}
"""The model thinks as much as it sees fit; newer models show nothing of it unless they are asked to."""


def option_fields(options: Options) -> dict[str, Any]:
    """The fields that the options set; `cache` is left in, since it marks what they do not know.

    Raises:
        InvalidQueryError: an option belongs to the query itself, or cannot be understood.
    """
    extra = dict(options.extra)
    if taken := sorted(RESERVED & extra.keys()):
        raise InvalidQueryError(
            f"The option {taken[0]} cannot be set: it is a part of the query itself.",
            hint="Leave it out; model, tools, system text and messages have their own arguments.",
        )
    fields: dict[str, Any] = {"max_tokens": options.max_tokens}
    if options.temperature is not None:
        fields["temperature"] = options.temperature
    if options.top_p is not None:
        fields["top_p"] = options.top_p
    if options.stop:
        fields["stop_sequences"] = list(options.stop)
    thinking = _thinking(extra.pop("thinking", None))
    if thinking is not None:
        fields["thinking"] = thinking
    budget = thinking.get("budget_tokens") if thinking else None
    if fields["max_tokens"] is None:
        fields["max_tokens"] = DEFAULT_MAX_TOKENS + (budget or 0)
    elif budget is not None and budget >= fields["max_tokens"]:
        raise InvalidQueryError(
            f"The model may think for {budget} tokens, but answer with {fields['max_tokens']} only.",
            hint="Thinking counts as part of the answer: set max_tokens above the budget of thinking.",
        )
    # The other name is that of the same option in chat completions.
    efforts = [extra.pop(name, None) for name in ("effort", "reasoning_effort")]
    if (effort := next((given for given in efforts if given is not None), None)) is not None:
        given = extra.get("output_config")
        extra["output_config"] = {"effort": effort, **(given if isinstance(given, Mapping) else {})}
    return fields | extra


def _thinking(given: Any) -> Mapping[str, Any] | None:
    """Yes, or `adaptive`: as much as the model sees fit; a number: so many tokens; no; or the API's own form."""
    if given is None:
        return None
    if isinstance(given, Mapping):
        if given.get("budget_tokens", 1).__class__ is int:
            return given
    elif given is True or given == "adaptive":
        return ADAPTIVE
    elif given is False:
        return {"type": "disabled"}
    elif given.__class__ is int and given > 0:
        return {"type": "enabled", "budget_tokens": given}
    raise InvalidQueryError(
        "The option thinking is none of: true, false, `adaptive`, a number of tokens.",
        hint="Give older models a number, such as thinking=4096, and newer ones thinking=true.",
    )
