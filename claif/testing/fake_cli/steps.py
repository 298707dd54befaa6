"""What a fake CLI does in a turn, one class a step; a plain string is a piece of the answer's text."""

from __future__ import annotations

import signal as signals
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from attrs import asdict, field, frozen

Child = Literal["plain", "session", "daemon"]


@frozen
class Step:
    """One thing that the program does."""

    def to_json(self) -> dict[str, Any]:
        """The step as the program's JSON file has it."""
        return {"do": type(self).__name__.lower(), **asdict(self)}


@frozen
class Say(Step):
    """Say a piece of the answer."""

    text: str


@frozen
class Echo(Step):
    """Say what the prompt was."""


@frozen
class Report(Step):
    """Say as JSON what the program was given: `arguments`, `environment`, `directory`, `descriptors`, `pid`, `user`.

    `prompts` are those of the conversation, so that a leak between two conversations shows.
    """


@frozen
class Think(Step):
    """Think aloud."""

    text: str


@frozen
class Tool(Step):
    """Use a tool, and pretend that it did something.

    Args:
        name: of the tool; `mcp__SERVER__NAME` is one of an MCP server.
        parameters: what it is given.
        result: what it says.
        ask: ask the client for permission first.
        failed: whether it fails.
        seconds: how long it takes.
    """

    name: str
    parameters: Mapping[str, Any] = field(factory=dict, converter=dict)
    result: str = ""
    ask: bool = field(default=False, kw_only=True)
    failed: bool = field(default=False, kw_only=True)
    seconds: float = field(default=0.0, kw_only=True)


@frozen
class Shell(Step):
    """Really run a command with the tool for commands, in a session of its own as real agents do.

    Args:
        command: for `/bin/sh`.
        ask: ask the client for permission first.
    """

    command: str
    ask: bool = field(default=False, kw_only=True)


@frozen
class Change(Step):
    """Really write a file with the tool for files.

    Args:
        path: relative to the working directory, or absolute.
        content: what is then in it; `None` deletes it.
        ask: ask the client for permission first.
    """

    path: str = field(converter=str)
    content: str | None
    ask: bool = field(default=False, kw_only=True)


def _pairs(steps: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[text, status] for text, status in steps]


@frozen
class Plan(Step):
    """Tell the plan: texts, each with `pending`, `in_progress` or `completed`."""

    steps: Iterable[tuple[str, str]] = field(converter=_pairs)


@frozen
class Retry(Step):
    """Say that the model is asked again after so many seconds, because of an HTTP status."""

    status: int = 500
    seconds: float = 0.0


@frozen
class Fail(Step):
    """Fail the turn as the CLI does when the model's server answers with this HTTP status; 0 is no answer."""

    status: int = 500
    message: str = "The fake CLI fails."


@frozen
class Hang(Step):
    """Neither read nor write for so many seconds; `None` is for ever."""

    seconds: float | None = None


def _latin(data: str | bytes) -> str:
    # JSON has no bytes; each becomes the character of its number.
    return (data.encode() if isinstance(data, str) else data).decode("latin-1")


@frozen
class Raw(Step):
    """Write these bytes to standard output, whatever the protocol says."""

    data: str | bytes = field(converter=_latin)


@frozen
class Stderr(Step):
    """Write this to standard error."""

    text: str


@frozen
class Flood(Step):
    """Write the same again and again; without a newline in it, it is one endless line.

    Args:
        data: what is written.
        count: how many times; `None` is for ever.
        stderr: write it to standard error.
    """

    data: str | bytes = field(default=b'{"type":"flood"}\n', converter=_latin)
    count: int | None = None
    stderr: bool = field(default=False, kw_only=True)


@frozen
class Children(Step):
    """Leave children behind that ignore signals and keep standard output open.

    Args:
        kinds: `plain` stays in the process group, `session` has a session of its own, `daemon` has lost its parent too.
    """

    kinds: Iterable[Child] = field(default=("plain", "session", "daemon"), converter=list)


@frozen
class Die(Step):
    """End at once: with this exit code, of which 0 looks like success, or by this signal."""

    code: int = 0
    signal: int = field(default=0, converter=int, kw_only=True)

    @classmethod
    def killed(cls) -> Die:
        """As if the system had killed it."""
        return cls(signal=signals.SIGKILL)
