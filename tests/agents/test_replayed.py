"""Transcripts of the real agents, played to the providers by programs: the same processes, pipes and ends as then."""

from __future__ import annotations

from pathlib import Path

import pytest
from trio import fail_after

from agents.transcripts import EXIT_CODES, TRANSCRIPTS, player
from claif import Client
from claif.config import ConfigLoader
from claif.errors import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    InvalidQueryError,
    ProviderRuntimeError,
    RateLimitError,
    TransportError,
)
from claif.models import ToolUse
from claif.testing.fake_cli import FakeProgram

ANSWERS = {
    "acp-copilot-ok.duplex": "Hello from the scripted server.",
    "acp-copilot-tool.duplex": "<shellId: 0 completed with exit code 0>",
    "acp-gemini-ok.duplex": "ECHO[5]: first",
    "acp-gemini-permission.duplex": '/untrusted_context>"}]',
    "acp-opencode-ok.duplex": "Hello from the scripted server.",
    "acp-opencode-tool.duplex": "(no output)",
    "acp-qwen-ok.duplex": "Hello from the scripted server.",
    "acp-qwen-tool.duplex": "Process Group PGID: 17150",
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
    "gemini-cut-once.jsonl": "ECHO[6]: sayECHO[6]: say hi",
    "gemini-ok.jsonl": "ECHO[6]: say hi",
    "gemini-tool.jsonl": '/untrusted_context>"}]',
}
ERRORS: dict[str, type[ClaifError]] = {
    "acp-copilot-429.duplex": RateLimitError,
    "acp-gemini-429.duplex": RateLimitError,
    "acp-gemini-cut.duplex": ConnectionError,
    "acp-opencode-401.duplex": ProviderRuntimeError,
    "acp-qwen-cut.duplex": ConnectionError,
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
    "gemini-401.jsonl": AuthenticationError,
    "gemini-429.jsonl": RateLimitError,
    "gemini-cut.jsonl": ConnectionError,
    "gemini-loop-detected.jsonl": ProviderRuntimeError,
    "gemini-max-turns.jsonl": ProviderRuntimeError,
    "gemini-sigterm.jsonl": TransportError,
}
PATIENCE = 25.0


def client_of(name: str, program: FakeProgram, directory: Path) -> Client:
    """A client that may do everything, since the transcripts say what was allowed; `acp-X-…` is one of the agent X."""
    words = name.split("-")
    provider = words[1] if words[0] == "acp" else words[0]
    table = {"path": str(program.program), "directory": str(directory), "permission": "full", "api_key": "dummy"}
    if words[0] == "gemini":
        table["protocol"] = "stream-json"
    (directory / "home").mkdir(mode=0o700)
    config = {
        "general": {"default_provider": provider},
        "providers": {provider: table},
        "sandbox": {"level": "off"},
    }
    return Client(ConfigLoader.from_mapping(config, home=directory / "home"))


async def ask(name: str, directory: Path) -> str:
    program = player(name, directory / "bin")
    try:
        with fail_after(PATIENCE):
            async with client_of(name, program, directory) as client:
                return (await client.query("hi")).text
    finally:
        assert not program.processes()


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_is_the_recorded_one(name: str, tmp_path: Path) -> None:
    assert (await ask(name, tmp_path)).strip().endswith(ANSWERS[name])


@pytest.mark.parametrize("name", ERRORS)
async def test_an_error_is_typed(name: str, tmp_path: Path) -> None:
    with pytest.raises(ERRORS[name]):
        await ask(name, tmp_path)


async def test_a_replayed_tool_that_is_cancelled_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    program = player("acp-gemini-cancel.duplex", tmp_path / "bin")
    with fail_after(PATIENCE):
        async with client_of("acp-gemini-cancel.duplex", program, tmp_path) as client:
            async with client.stream("hi") as stream:
                async for event in stream:
                    if isinstance(event, ToolUse):
                        break
            assert client.provider("gemini").context.processes.pool.stats("gemini").idle == 0
    assert not program.processes()


def test_every_exit_code_is_that_of_a_transcript() -> None:
    assert set(EXIT_CODES) | set(ANSWERS) | set(ERRORS) <= {path.name for path in TRANSCRIPTS.iterdir()}
