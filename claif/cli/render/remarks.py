"""What is said beside the answer, on standard error: notices, tools at work, thinking, and the footer."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from ...config.redact import redact
from ...models import Event, Notice, Reply, ToolResult, ToolUse
from ..sanitize import Sanitizer, one_line
from ..style import err_style, is_terminal


class Remarks:
    """Writes remarks, dim on a terminal.

    Args:
        quiet: say nothing.
        verbose: also show tools and, in a pipe, the footer.
        thinking: also show what the model thinks.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False, thinking: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.thinking = thinking
        self._sanitizer = Sanitizer()
        self._mid_line = False

    def line(self, text: str) -> None:
        """A line of its own."""
        if not self.quiet:
            self.end_thinking()
            self._write(err_style(f"claif: {redact(one_line(text))}", dim=True) + "\n")

    def lines(self, texts: Iterable[str]) -> None:
        """Some lines."""
        for text in texts:
            self.line(text)

    def about(self, event: Event) -> str | None:
        """What there is to say about an event."""
        if self.quiet:
            return None
        if isinstance(event, Notice):
            return event.text
        if isinstance(event, ToolUse) and (self.verbose or is_terminal(sys.stdout)):
            return _tool(event)
        if isinstance(event, ToolResult) and self.verbose:
            return f"result: {one_line(event.block.content, 200)}"
        return None

    def think(self, text: str) -> None:
        """A piece of what the model thinks."""
        shown = self._sanitizer.feed(text)
        if self.thinking and shown:
            self._write(err_style(shown, dim=True))
            self._mid_line = not shown.endswith("\n")

    def end_thinking(self) -> None:
        """Something else follows."""
        self._sanitizer = Sanitizer()
        if self._mid_line:
            self._mid_line = False
            self._write("\n")

    def footer(self, reply: Reply) -> None:
        """Who answered, and what it took: where a person reads along, or asked for it."""
        self.end_thinking()
        if not self.quiet and (self.verbose or (is_terminal(sys.stdout) and is_terminal(sys.stderr))):
            self._write(err_style(describe(reply), dim=True) + "\n")

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def describe(reply: Reply) -> str:
    """Provider, model, tokens, cost and seconds of a reply, as far as they are known."""
    usage = reply.usage
    parts = [one_line(part, 100) for part in (reply.provider, reply.model) if part]
    counts = [
        f"{count:,} {what}"
        for count, what in ((usage.input_tokens, "in"), (usage.output_tokens, "out"))
        if count is not None
    ]
    if counts:
        parts.append(f"tokens {' + '.join(counts)}")
    if usage.cost is not None:
        parts.append(f"${usage.cost:.4f}")
    if reply.timings.total is not None:
        parts.append(f"{reply.timings.total:.1f} s")
    if reply.finish_reason not in {None, "stop"}:
        parts.append(f"ended by {one_line(reply.finish_reason or '', 40)}")
    return " · ".join(parts)


def _tool(event: ToolUse) -> str:
    from ..jsonout import to_json

    return f"tool: {event.block.tool_name} {one_line(to_json(dict(event.block.parameters)), 200)}"
