"""A fake of an agent's command line: it answers from a script, as the real one would."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..fake import Pause
from .program_file import FakeProgram
from .steps import Echo, Say, Step

if TYPE_CHECKING:
    from .acp_steps import RpcError

Protocol = Literal["claude", "codex", "gemini", "acp"]
Agent = Literal["", "gemini", "qwen", "opencode", "copilot"]
AnyStep = str | Step | Pause
Turn = AnyStep | Iterable[AnyStep]
VERSIONS = {
    "claude": "2.1.197",
    "codex": "0.169.0",
    "gemini": "0.61.0",
    "qwen": "0.15.10",
    "opencode": "1.18.33",
    "copilot": "1.0.102",
    "acp": "1.0.0",
}
"""The versions whose records the fakes write."""


class FakeCLI(FakeProgram):
    """An executable that speaks an agent's protocol, on POSIX systems.

    `claude` speaks `-p --output-format stream-json`, with the prompt after `--`, on standard input, or in lines of
    JSON (`--input-format stream-json`). `codex` speaks `app-server` and `exec --json`. `gemini` speaks `--acp` and
    `-p … -o stream-json`. `acp` speaks the Agent Client Protocol whatever its arguments are, as the specification has
    it or as one of the real agents does. All tell their version, and the first two whether they are logged in.

    Each turn consumes 10 tokens of input and 6 of output; 4 are from the cache, which Codex and Gemini CLI count among
    the 10 and Claude Code beside them, as it does 2 that go into it. It costs 0.001 US dollars where the CLI tells
    costs. Whatever a test forgets of it ends after ten minutes.

    Example:
        fake = FakeCLI.claude(tmp_path, ["Hel", Pause(1), "lo"], [Shell("touch x", ask=True), "Done."], Fail(429))
        table = {"providers": {"claude": {"path": str(fake.program)}}}
        ...
        assert fake.runs[0].directory == tmp_path
        assert not fake.processes()

    Args:
        directory: where the executable is written, with its script `NAME.json` and the records of its runs. It is named
            after the agent, or after the protocol.
        protocol: `claude`, `codex`, `gemini` or `acp`.
        turns: each a text, a step, a `Pause`, or several of them in order; the last one is repeated. Without any it
            repeats the prompt.
        at_start: steps before it reads anything, of those that belong to no protocol: `Raw`, `Stderr`, `Flood`,
            `Children`, `Die` and `Pause`.
        stubborn: ignore the end of standard input and the signals that ask a program to end.
        linger: seconds between the end of standard input and its own.
        conversations: ids that it knows, beside those that it begins.
        logged_in: what it says of its login.
        version: what it says of its version.
        agent: which agent the protocol `acp` is spoken like: what it asks, how it fails, where it tells tokens.
        errors: method of ACP -> the error with which its requests are answered.
        interpreter: a Python for users who may not run this one.
    """

    def __init__(
        self,
        directory: Path,
        protocol: Protocol,
        *turns: Turn,
        at_start: Iterable[AnyStep] = (),
        stubborn: bool = False,
        linger: float = 0.0,
        conversations: Iterable[str] = (),
        logged_in: bool = True,
        version: str = "",
        agent: Agent = "",
        errors: Mapping[str, RpcError] | None = None,
        interpreter: str | os.PathLike[str] | None = None,
    ) -> None:
        script = {
            "protocol": protocol,
            "turns": [_steps(turn) for turn in turns] or [[Echo().to_json()]],
            "at_start": _steps(at_start),
            "stubborn": stubborn,
            "linger": linger,
            "conversations": list(conversations),
            "logged_in": logged_in,
            "agent": "gemini" if protocol == "gemini" else agent,
            "errors": {method: error.to_json() for method, error in (errors or {}).items()},
            "version": version or VERSIONS[agent or protocol],
        }
        super().__init__(directory / (agent or protocol), script, interpreter)

    @classmethod
    def claude(cls, directory: Path, *turns: Turn, **options: Any) -> FakeCLI:
        """A fake of Claude Code."""
        return cls(directory, "claude", *turns, **options)

    @classmethod
    def codex(cls, directory: Path, *turns: Turn, **options: Any) -> FakeCLI:
        """A fake of Codex."""
        return cls(directory, "codex", *turns, **options)

    @classmethod
    def gemini(cls, directory: Path, *turns: Turn, **options: Any) -> FakeCLI:
        """A fake of Gemini CLI."""
        return cls(directory, "gemini", *turns, **options)

    @classmethod
    def acp(cls, directory: Path, *turns: Turn, **options: Any) -> FakeCLI:
        """A fake of an agent that speaks the Agent Client Protocol."""
        return cls(directory, "acp", *turns, **options)


def _steps(turn: Turn) -> list[dict[str, Any]]:
    steps = [turn] if isinstance(turn, str | Step | Pause) else turn
    return [_step(step) for step in steps]


def _step(step: AnyStep) -> dict[str, Any]:
    match step:
        case str():
            return Say(step).to_json()
        case Pause(seconds):
            return {"do": "pause", "seconds": None if seconds == float("inf") else seconds}
        case _:
            return step.to_json()
