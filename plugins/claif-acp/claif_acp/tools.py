"""Calls of tools: what an agent tells of one, piece by piece, and the events that it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from claif.api import Event, FileChange, Message, Role, ToolResult, ToolResultBlock, ToolUse, ToolUseBlock, json_dumps
from claif_acp.parts import table, tables, text

ENDS = frozenset({"completed", "failed"})
MOST_DIFFED = 200_000
"""Characters of the old and the new text of a file together; of more, comparing the lines would take too long."""


class Call:
    """A call of a tool, as far as it is known; each update replaces what it has.

    https://agentclientprotocol.com/protocol/tool-calls

    Args:
        number: its id.
    """

    def __init__(self, number: str) -> None:
        self.id = number
        self.done = False
        self._use: ToolUseBlock | None = None
        self._known: dict[str, Any] = {}

    def take(self, update: Mapping[str, Any]) -> None:
        """Take what is told of it now."""
        self._known |= {name: value for name, value in update.items() if value not in (None, [], {}, "")}

    @property
    def kind(self) -> str:
        """The kind of tool: read, edit, delete, move, search, execute, think, fetch, switch_mode or other."""
        return text(self._known.get("kind")) or "other"

    @property
    def title(self) -> str:
        """What it does, for people."""
        return text(self._known.get("title"))

    @property
    def tool_name(self) -> str:
        """The tool: as the agent names it beside the protocol, or else its kind."""
        meta = table(self._known.get("_meta"))
        names = (meta.get("toolName"), table(meta.get("claudeCode")).get("toolName"))
        return next(filter(None, map(text, names)), self.kind)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the tool is given: as it is, or at least what is said about it."""
        given = table(self._known.get("rawInput"))
        return dict(given) if given else {"title": self.title} | ({"paths": self.paths} if self.paths else {})

    @property
    def raw(self) -> Mapping[str, Any]:
        """What the tool is given, if the agent tells that."""
        return table(self._known.get("rawInput"))

    @property
    def paths(self) -> list[str]:
        """The files that it is about."""
        places = [text(place.get("path")) for place in tables(self._known.get("locations"))]
        return list(dict.fromkeys(filter(None, [*[path for path, _, _ in self.diffs()], *places])))

    def texts(self) -> list[str]:
        """What is shown of it."""
        found = []
        for piece in tables(self._known.get("content")):
            if piece.get("type") == "content":
                found.append(block_text(piece.get("content")))
            elif piece.get("type") == "terminal":
                found.append(f"[terminal {text(piece.get('terminalId'))}]")
        return [piece for piece in found if piece]

    def diffs(self) -> list[tuple[str, str | None, str]]:
        """The changes of files in it: path, the text before or `None` for a new file, the text after."""
        found = []
        for piece in tables(self._known.get("content")):
            if piece.get("type") == "diff" and isinstance(piece.get("path"), str):
                old = piece.get("oldText")
                found.append((piece["path"], old if isinstance(old, str) else None, text(piece.get("newText"))))
        return found

    def begin(self, *, now: bool = False) -> Iterator[Event]:
        """The event of its beginning, once it is known what the tool is given, or that nothing more will be told.

        Args:
            now: nothing more will be told.
        """
        waits = (text(self._known.get("status")) or "pending") == "pending"
        if self._use is None and (now or not waits):
            self._use = ToolUseBlock(self.id, self.tool_name, self.parameters)
            yield ToolUse(self._use)

    def end(self) -> Iterator[Event]:
        """The events of its end, if it has ended."""
        status = text(self._known.get("status"))
        if self.done or status not in ENDS:
            return
        yield from self._finish(self._output(), failed=status == "failed")
        if status == "completed":
            yield from self._changes()

    def deny(self, why: str) -> Iterator[Event]:
        """The events of its end if it was not allowed, which not every agent tells."""
        if not self.done:
            yield from self._finish(why or "This was not allowed.", failed=True)

    def _finish(self, output: str, *, failed: bool) -> Iterator[Event]:
        self.done = True
        yield from self.begin(now=True)
        assert self._use is not None  # noqa: S101 - it has begun
        result = ToolResultBlock(self.id, output, failed)
        yield ToolResult(result)
        yield Message(Role.ASSISTANT, [self._use])
        yield Message(Role.TOOL, [result])

    def _output(self) -> str:
        if shown := self.texts():
            return "\n".join(shown)
        raw = self._known.get("rawOutput")
        if raw is None:
            return ""
        return raw if isinstance(raw, str) else json_dumps(raw).decode()

    def _changes(self) -> Iterator[Event]:
        for path, old, new in self.diffs():
            # Some tell an empty text of a file that was not there (Qwen Code 0.15.10).
            yield FileChange(path, "update" if old else "add", diff_of(old or "", new))
        kind = {"edit": "update", "delete": "delete", "move": "move"}.get(self.kind)
        if kind is not None and not self.diffs():
            for path in self.paths:
                yield FileChange(path, kind, text(self.raw.get("diff")))


def diff_of(old: str, new: str) -> str:
    """The change of a text as a unified diff; the new text if both are long."""
    if len(old) + len(new) > MOST_DIFFED:
        return new
    lines = list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3))[2:]
    return "".join([f"{line}\n" for line in lines])


def block_text(block: object) -> str:
    """The text of a block of content; a mark for what is none."""
    found = table(block)
    match found.get("type"):
        case "text":
            return text(found.get("text"))
        case "resource":
            resource = table(found.get("resource"))
            return text(resource.get("text")) or f"[{text(resource.get('uri')) or 'resource'}]"
        case "resource_link":
            return f"[{text(found.get('uri'))}]"
        case "image" | "audio":
            return f"[{found['type']}]"
    return ""
