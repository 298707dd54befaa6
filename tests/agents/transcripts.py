"""Transcripts of real agents, and programs that play them to their end, with the exit codes that were seen."""

from __future__ import annotations

from pathlib import Path

from claif.testing import replay
from claif.testing.fake_cli import FakeProgram

TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"
EXIT_CODES = {
    "claude-401.jsonl": 1,
    "claude-429.jsonl": 1,
    "claude-max-budget.jsonl": 1,
    "claude-max-turns.jsonl": 1,
    "claude-resume-unknown-id.jsonl": 1,
    "claude-sigterm.jsonl": 143,
    "codex-exec-401.jsonl": 1,
    "codex-exec-429.jsonl": 1,
    "codex-exec-500.jsonl": 1,
    "codex-exec-stall.jsonl": 1,
    "codex-exec-sigterm-during-tool.jsonl": -15,
    "gemini-401.jsonl": 145,
    "gemini-429.jsonl": 173,
    "gemini-max-turns.jsonl": 53,
}
"""All others ended with 0, those included that were cut off: `claude-sigint`, `claude-stdout-truncated`."""


def player(name: str, directory: Path) -> FakeProgram:
    """A program in a folder that plays a transcript."""
    return replay(TRANSCRIPTS / name, directory, code=EXIT_CODES.get(name, 0))
