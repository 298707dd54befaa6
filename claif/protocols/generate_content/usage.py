"""What the Gemini API says about tokens."""

from __future__ import annotations

from typing import Any

from ...models import Usage


def read_usage(counted: dict[str, Any]) -> Usage:
    """The `usageMetadata` of an answer.

    1. The prompt's tokens include those from the cache; what a tool at the server read counts as prompt too.
    2. The answer's tokens are without the thoughts, which we count among the output. Some servers include them; then
       prompt and answer together are the total.
    3. A count of zero is left out by the server, so one that is missing beside a known one is none.
    """
    prompt, total = _count(counted.get("promptTokenCount")), _count(counted.get("totalTokenCount"))
    read = _sum(prompt, _count(counted.get("toolUsePromptTokenCount")))
    answer, thoughts = _count(counted.get("candidatesTokenCount")), _count(counted.get("thoughtsTokenCount"))
    included = None not in (answer, thoughts, total) and _sum(read, answer) == total
    written = answer if included else _sum(answer, thoughts)
    if written is None and read is not None and total is not None:
        written = max(total - read, 0)
    return Usage(
        input_tokens=read,
        output_tokens=written,
        cached_tokens=_count(counted.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
    )


def _sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _count(value: Any) -> int | None:
    return value if value.__class__ is int and value >= 0 else None
