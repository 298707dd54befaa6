"""The question itself: who wants to do what, where, and what it would change, all of it exactly as it would be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ...config.redact import redact_known
from ...permission import can_last
from .visible import framed, visible

if TYPE_CHECKING:
    from ...models import PermissionRequest

Style = Callable[..., str]
"""`click.style`, or a function that leaves the text alone."""

MOST_LINES = 40
"""Lines of a change or a remark that are shown before anybody asks for more; a command is always shown whole."""

_WANTS = {
    "command": "wants to run a command",
    "edit": "wants to change a file",
    "read": "wants to read",
    "network": "wants to reach",
    "tool": "wants to use a tool",
}
_DIFF_STYLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("+++", {"bold": True}),
    ("---", {"bold": True}),
    ("@@", {"fg": "cyan"}),
    ("+", {"fg": "green"}),
    ("-", {"fg": "red"}),
)


class Question:
    """What is shown for a request.

    Args:
        request: what an agent wants to do; known secrets in it are masked.
        columns: the width of the screen.
        style: styles a text as `click.style` does.
        bar: stands before each line that is not Claif's own.
    """

    def __init__(self, request: PermissionRequest, columns: int, style: Style, bar: str) -> None:
        self._request = redact_known(request)
        self._columns = columns
        self._style = style
        self._bar = bar
        self._rest: list[str] = []

    def lines(self) -> Iterator[str]:
        """The question, without the prompt."""
        request = self._request
        tool = f" ({self._visible(request.tool_name)})" if request.tool_name else ""
        wants = _WANTS.get(request.kind, "wants to use a tool")
        yield self._style(f"{self._visible(request.provider) or 'An agent'} {wants}", bold=True) + tool
        if request.subject:
            yield from self._framed(request.subject, tabs=False)
        if request.directory:
            yield f"in {self._visible(request.directory)}"
        yield from self._cut([*self._diff(), *self._detail()])

    def more(self) -> list[str]:
        """What was left out until now."""
        rest, self._rest = self._rest, []
        return rest

    def prompt(self) -> str:
        """What can be answered."""
        keys = ["[y]es", "[n]o"]
        if can_last(self._request):
            keys.append("[a]lways in this conversation")
        if self._rest:
            keys.append("[m]ore")
        return f"Allow it? {' / '.join(keys)} (Enter: no) "

    @property
    def can_last(self) -> bool:
        """Whether `always` is an answer."""
        return can_last(self._request)

    @property
    def has_more(self) -> bool:
        """Whether something was left out."""
        return bool(self._rest)

    def _cut(self, lines: list[str]) -> Iterator[str]:
        self._rest = lines[MOST_LINES:]
        yield from lines[:MOST_LINES]
        if self._rest:
            yield self._style(f"… {len(self._rest):,} more lines; press m to see them", bold=True)

    def _detail(self) -> Iterator[str]:
        if self._request.detail:
            yield from self._framed(self._request.detail, dim=True)

    def _diff(self) -> Iterator[str]:
        for line in self._request.diff.rstrip("\n").split("\n") if self._request.diff else ():
            looks = next((looks for start, looks in _DIFF_STYLES if line.startswith(start)), {})
            yield from self._framed(line, **looks)

    def _framed(self, text: str, *, tabs: bool = True, **looks: Any) -> Iterator[str]:
        return framed(
            text,
            self._columns,
            bar=self._bar,
            tabs=tabs,
            mark=self._mark,
            style=lambda piece: self._style(piece, **looks) if looks else piece,
        )

    def _visible(self, text: str) -> str:
        return visible(text, self._mark)

    def _mark(self, text: str) -> str:
        return self._style(text, reverse=True)
