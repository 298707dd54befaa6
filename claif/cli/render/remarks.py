"""What is said beside the answer, on standard error: notices, tools at work, thinking, and the footer."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from ...config.redact import redact
from ...models import Diff, Event, FileChange, Notice, PermissionDecided, Plan, Reply, ToolResult, ToolUse
from ..money import dollars
from ..sanitize import Sanitizer, one_line
from ..style import err_style, is_terminal
from .activity import Checklist, change_line, decision_line, result_line, tool_line

_SEEN = frozenset({"user", "mode"})
"""Who allows without a line about it: the user, who has just been asked, and the mode, which the user chose."""

_MOST_FILES = 40
"""Files of a diff of which each has a line."""

_LONGEST_ID = 200
"""Characters of the id of a conversation."""


class Remarks:
    """Writes remarks, dim on a terminal.

    Args:
        quiet: say nothing.
        verbose: also show what tools answer, each permission and, in a pipe, tools at work and the footer.
        thinking: also show what the model thinks.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False, thinking: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.thinking = thinking
        self._sanitizer = Sanitizer()
        self._mid_line = False
        self._checklist = Checklist()

    def line(self, text: str) -> None:
        """A line of its own."""
        if not self.quiet:
            self.end_thinking()
            self._write(err_style(f"claif: {redact(one_line(text))}", dim=True) + "\n")

    def lines(self, texts: Iterable[str]) -> None:
        """Some lines."""
        for text in texts:
            self.line(text)

    def about(self, event: Event) -> Sequence[str]:
        """The lines that there are to say about an event."""
        if self.quiet:
            return ()
        match event:
            case Notice():
                return (event.text,)
            case PermissionDecided():
                return (decision_line(event),) if self._tells(event) else ()
            case ToolResult():
                return (result_line(event),) if self.verbose else ()
            case ToolUse() | FileChange() | Diff() | Plan() if self.verbose or is_terminal(sys.stdout):
                return self._work(event)
            case _:
                return ()

    def _work(self, event: ToolUse | FileChange | Diff | Plan) -> Sequence[str]:
        match event:
            case ToolUse():
                return (tool_line(event),)
            case FileChange():
                return (change_line(event),)
            case Diff():
                return self._diff(event)
            case Plan():
                return tuple(self._checklist.lines(event))

    @staticmethod
    def _diff(event: Diff) -> Sequence[str]:
        from ...worktree.diff import file_changes

        changes = file_changes(event.text)
        lines = [f"in the worktree {change_line(change)}" for change in changes[:_MOST_FILES]]
        return lines if len(changes) <= _MOST_FILES else [*lines, f"and {len(changes) - _MOST_FILES} more files"]

    def _tells(self, event: PermissionDecided) -> bool:
        """Whether a decision is told: what was denied is, also in a pipe, for the agent goes on without it."""
        decision = event.decision
        seen = decision.by in _SEEN or not is_terminal(sys.stdout)
        return self.verbose or not (decision.allowed and seen)

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
            self._write(err_style(describe(reply, verbose=self.verbose), dim=True) + "\n")

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def age(seconds: float) -> str:
    """A time for people, in its largest unit."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    return f"{seconds / size:.0f} {unit}"


def describe(reply: Reply, *, verbose: bool = False) -> str:
    """Provider, model, tokens, cost and seconds of a reply, as far as they are known.

    Args:
        reply: the reply.
        verbose: also tell the conversation's id, which resumes it, what confined the agent, and that a cost is unknown.
    """
    usage = reply.usage
    parts = [one_line(part, 100) for part in (reply.provider, reply.model) if part]
    counts = [
        f"{count:,} {what}"
        for count, what in ((usage.input_tokens, "in"), (usage.output_tokens, "out"))
        if count is not None
    ]
    if counts:
        parts.append(f"tokens {' + '.join(counts)}")
    if reply.cached is not None:
        parts.append(f"cached, {age(reply.cached.age)} old" if reply.cached.age >= 1 else "cached")
    elif usage.cost is not None:
        parts.append(dollars(usage.cost))
    elif verbose and counts:
        parts.append("cost unknown")
    if reply.timings.total is not None:
        parts.append(f"{reply.timings.total:.1f} s")
    if reply.finish_reason not in {None, "stop"}:
        parts.append(f"ended by {one_line(reply.finish_reason or '', 40)}")
    if verbose and reply.cached is not None:
        parts.append(f"key {reply.cached.key[:12]}")
    if verbose and reply.conversation:
        parts.append(f"conversation {one_line(reply.conversation, _LONGEST_ID)}")
    if verbose and reply.sandbox:
        parts.append(f"sandbox {one_line(reply.sandbox, 40)}")
    return " · ".join(parts)
