"""Compares several answers: a table of what each took, and how their texts differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..money import dollars
from ..report import describe
from ..sanitize import one_line, sanitize
from ..style import out_style
from ..table import table
from .board import heading

if TYPE_CHECKING:
    from ...client.outcome import Outcome

_HEADERS = ("provider", "model", "first", "total", "in", "out", "cost", "status")
_COLORS = {"+": "green", "-": "red", "@": "cyan"}


def comparison_table(outcomes: Sequence[Outcome]) -> str:
    """A row for each: seconds to the first content and in all, tokens, dollars, and how it ended; `-` is not known."""
    return table(_HEADERS, [_row(outcome) for outcome in outcomes], style=lambda line: out_style(line, bold=True))


def _row(outcome: Outcome) -> list[str]:
    reply, name = outcome.reply, one_line(outcome.provider or "", 40)
    if reply is None:
        return [name, "-", "-", _seconds(outcome.seconds), "-", "-", "-", type(outcome.error).__name__]
    usage = reply.usage
    return [
        name,
        one_line(reply.model or "-", 40),
        _seconds(reply.timings.first),
        _seconds(outcome.seconds),
        _count(usage.input_tokens),
        _count(usage.output_tokens),
        "-" if reply.cost is None else dollars(reply.cost),
        "answered" if reply.finish_reason in {None, "stop"} else f"ended by {one_line(reply.finish_reason or '', 20)}",
    ]


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.2f} s"


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def differences(outcomes: Sequence[Outcome]) -> str:
    """The first answer that there is, and for each other how it differs from it; for people."""
    first = _first(outcomes)
    parts = []
    for outcome in outcomes:
        name = one_line(outcome.provider or "", 100)
        if outcome.reply is None:
            parts.append(f"{out_style(f'== {name} ==', bold=True)}\nfailed: {_message(outcome)}\n")
        elif outcome is first:
            parts.append(f"{heading(outcome)}\n{sanitize(outcome.reply.text).strip()}\n")
        else:
            lines = [_colored(line) for line in _diff(first, outcome)]
            parts.append("\n".join([heading(outcome), *(lines or ["the same answer"])]) + "\n")
    return "\n".join([*parts, ""])


def to_data(outcomes: Sequence[Outcome], *, diff: bool) -> dict[str, Any]:
    """All outcomes as JSON data.

    Args:
        outcomes: what became of each.
        diff: also how each differs from the first.
    """
    from ...codec import dump

    first = _first(outcomes)
    answers = []
    for outcome in outcomes:
        data: dict[str, Any] = {"provider": outcome.provider, "seconds": outcome.seconds}
        if outcome.reply is not None:
            data["reply"] = {"type": "reply", "text": outcome.reply.text, **dump(outcome.reply)}
            if diff and outcome is not first:
                data["diff"] = "".join([f"{line}\n" for line in _diff(first, outcome)])
        elif outcome.error is not None:
            data["error"] = describe(outcome.error)
        answers.append(data)
    return {"type": "replies", "answers": answers}


def _first(outcomes: Sequence[Outcome]) -> Outcome | None:
    return next((outcome for outcome in outcomes if outcome.reply is not None), None)


def _message(outcome: Outcome) -> str:
    return "" if outcome.error is None else one_line(describe(outcome.error)["message"])


def _diff(first: Outcome | None, other: Outcome) -> Iterator[str]:
    """The lines of a unified diff."""
    from difflib import unified_diff

    if first is None or first.reply is None or other.reply is None:
        return iter(())
    names = (one_line(first.provider or "", 100), one_line(other.provider or "", 100))
    texts = [sanitize(one.reply.text).splitlines() for one in (first, other) if one.reply is not None]
    return unified_diff(texts[0], texts[1], *names, lineterm="")


def _colored(line: str) -> str:
    return out_style(line, fg=_COLORS[line[0]]) if line[:1] in _COLORS else line
