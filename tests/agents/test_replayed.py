"""Transcripts of the real agents, played to the providers by programs: the same processes, pipes and ends as then."""

from __future__ import annotations

from pathlib import Path

import pytest
from trio import fail_after

from agents.transcripts import EXIT_CODES, TRANSCRIPTS, player
from claif import Client
from claif.errors import (
    AuthenticationError,
    ClaifError,
    InvalidQueryError,
    ProviderRuntimeError,
    RateLimitError,
    TransportError,
)
from claif.testing.fake_cli import FakeProgram

ANSWERS = {
    "claude-cut.jsonl": "ECHO[6]: say hi",
    "claude-mcp.jsonl": "ECHO[23]: [tool_result:sum is 42]",
    "claude-ok.jsonl": "ECHO[6]: say hi",
    "claude-permission.duplex": "ECHO[45]: [tool_result:(Bash completed with no output)]",
    "claude-reuse-clear.duplex": "ECHO[5]: first",
    "claude-sigterm-during-tool.jsonl": "ECHO[27]: [tool_result:Exit code 137]",
    "claude-tool.jsonl": "ECHO[25]: [tool_result:tool-ran-42]",
    "claude-unicode.jsonl": 'ECHO[36]: héllo 漢字 😀 \u202e \u2018q\u2019 "d" $HOME `x`\nline2',
    "codex-app-approval.duplex": "ECHO[116]: ime: 0.0000 seconds\nProcess exited with code 0\nOriginal token count: 0\n"
    "Output:\n]",
    "codex-app-ok.duplex": "ECHO[5]: first",
}
ERRORS: dict[str, type[ClaifError]] = {
    "claude-401.jsonl": AuthenticationError,
    "claude-429.jsonl": RateLimitError,
    "claude-error-then-ok.duplex": AuthenticationError,
    "claude-max-budget.jsonl": ProviderRuntimeError,
    "claude-max-turns.jsonl": ProviderRuntimeError,
    "claude-resume-unknown-id.jsonl": InvalidQueryError,
    "claude-sigint.jsonl": ProviderRuntimeError,
    "claude-sigterm.jsonl": TransportError,
    "claude-stdout-truncated.jsonl": TransportError,
    "codex-app-errors.duplex": AuthenticationError,
}
PATIENCE = 25.0


def client_of(program: FakeProgram, directory: Path) -> Client:
    """A client that may do everything, since the transcripts say what was allowed."""
    table = {"path": str(program.program), "directory": str(directory), "permission": "full"}
    return Client({"providers": {program.program.name: table}, "sandbox": {"level": "off"}})


async def ask(name: str, directory: Path) -> str:
    program = player(name, directory / "bin")
    try:
        with fail_after(PATIENCE):
            async with client_of(program, directory) as client:
                return (await client.query("hi", provider=program.program.name)).text
    finally:
        assert not program.processes()


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_is_the_recorded_one(name: str, tmp_path: Path) -> None:
    assert (await ask(name, tmp_path)).strip().endswith(ANSWERS[name])


@pytest.mark.parametrize("name", ERRORS)
async def test_an_error_is_typed(name: str, tmp_path: Path) -> None:
    with pytest.raises(ERRORS[name]):
        await ask(name, tmp_path)


def test_every_exit_code_is_that_of_a_transcript() -> None:
    assert set(EXIT_CODES) | set(ANSWERS) | set(ERRORS) <= {path.name for path in TRANSCRIPTS.iterdir()}
