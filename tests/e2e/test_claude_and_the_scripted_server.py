"""The real Claude Code takes the scripted server for Anthropic's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from agents.clis import KEY, PATIENCE, Run, claude_environment, run

from claif.testing import ServerProcess
from claif.testing.answer import numbered_text

STREAM = ["-p", "--output-format", "stream-json", "--verbose"]
DUPLEX = [*STREAM, "--input-format", "stream-json"]
SLIM = ["--tools", "", "--system-prompt", "Be brief.", "--no-session-persistence", "--setting-sources", ""]
CALCULATOR = Path(__file__).parents[1] / "agents" / "mcp_calculator.py"


@pytest.fixture
def ask(claude_program: Path, server: ServerProcess, tmp_path: Path):
    """Asks Claude Code once; the keywords are those of `Behaviour`."""

    def ask(prompt: str, *options: str, variables: dict[str, str] | None = None, **behaviour: object) -> Run:
        environment = claude_environment(tmp_path / "home", server.root_url(**behaviour), **(variables or {}))
        return run(claude_program, [*STREAM, *options], environment, prompt)

    return ask


def deltas(found: Run, kind: str) -> str:
    inner = [event["event"].get("delta", {}) for event in found.events if event["type"] == "stream_event"]
    return "".join([delta.get(kind, "") for delta in inner])


def test_it_is_answered_with_thoughts_and_counted(ask, server: ServerProcess) -> None:
    found = ask("Grüezi 東京 \u202e", "--include-partial-messages", *SLIM, echo=True, reasoning="yes")
    result = found.last("result")
    assert (found.code, result["is_error"], result["result"]) == (0, False, "Grüezi 東京 \u202e")
    assert deltas(found, "text") == "Grüezi 東京 \u202e"
    assert deltas(found, "thinking") == "Let me think."
    (usage,) = result["modelUsage"].values()
    assert (usage["outputTokens"], usage["cacheReadInputTokens"], usage["cacheCreationInputTokens"]) == (3, 1, 3)
    asked = [request for request in server.stats()["requests"] if request["method"] == "POST"]
    assert [request["headers"]["x-api-key"] for request in asked] == [KEY]


def test_it_runs_a_command_and_tells_the_result(ask) -> None:
    found = ask("go", "--allowedTools=Bash", shell="echo it is $((40+2))")
    assert found.last("result")["result"] == "it is 42"
    assert found.last("user")["message"]["content"][0]["content"] == "it is 42"


def test_it_calls_a_tool_of_an_mcp_server(ask) -> None:
    servers = {"mcpServers": {"calc": {"command": sys.executable, "args": [str(CALCULATOR)]}}}
    options = ["--strict-mcp-config", f"--mcp-config={json.dumps(servers)}", "--allowedTools=mcp__calc__add"]
    found = ask("go", *options, call="mcp__calc__add", arguments='{"a": 40, "b": 2}')
    assert found.last("result")["result"] == "The sum is 42."


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "unknown"),
        (401, "authentication_failed"),
        (404, "model_not_found"),
        (429, "rate_limit"),
        (500, "server_error"),
        (529, "server_error"),
    ],
)
def test_errors_arrive_as_what_they_are(ask, status: int, kind: str) -> None:
    found = ask("hi", *SLIM, error=status, retry_after="1" if status == 429 else "")
    assert found.code == 1
    assert found.last("result")["api_error_status"] == status
    assert found.last("assistant")["error"] == kind
    waits = [event["retry_delay_ms"] for event in found.events if event.get("subtype") == "api_retry"]
    assert bool(waits) == (status in (401, 429, 500, 529))
    assert status != 429 or waits == [1000]


@pytest.mark.parametrize("behaviour", [{"cut": 2}, {"short": 2}, {"fail": "overloaded_error"}])
def test_a_stream_that_breaks_is_asked_for_again_in_one_piece(ask, server: ServerProcess, behaviour) -> None:
    found = ask("hi", *SLIM, text="one two three four", **behaviour)
    assert found.last("result")["result"] == "one two three four"
    bodies = [json.loads(request["body"]) for request in server.stats()["requests"] if request["method"] == "POST"]
    assert bodies[0]["stream"]
    assert not bodies[-1].get("stream")


def test_it_waits_for_a_server_that_stalls(claude_program: Path, server: ServerProcess, tmp_path: Path) -> None:
    environment = claude_environment(tmp_path / "home", server.root_url(stall="stream", after=2))
    command = [claude_program, *STREAM, *SLIM, "--include-partial-messages", "--", "hi"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment) as child:
        try:
            seen = b""
            while b"text_delta" not in seen:
                line = child.stdout.readline()
                assert line, seen
                seen += line
        finally:
            child.kill()
    assert b'"result"' not in seen


def test_a_prompt_of_a_million_characters_arrives(ask) -> None:
    found = ask("x" * 1_000_000 + " the end", *SLIM, tail=9)
    assert found.last("result")["result"] == "1000008: x the end"


def test_an_answer_of_15_million_characters_arrives(
    claude_program: Path, server: ServerProcess, tmp_path: Path
) -> None:
    environment = claude_environment(tmp_path / "home", server.root_url(size=15_000_000))
    line = {"type": "user", "message": {"role": "user", "content": "go"}, "parent_tool_use_id": None}
    command = [claude_program, *DUPLEX, *SLIM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as child:
        child.stdin.write(json.dumps(line).encode() + b"\n")
        child.stdin.flush()
        for answer in child.stdout:
            if answer.startswith(b'{"type":"result"'):
                break
        child.stdin.close()
        assert child.wait(PATIENCE) == 0
    assert json.loads(answer)["result"] == numbered_text(15_000_000).strip()


def test_what_two_runs_said_stays_apart(ask, server: ServerProcess) -> None:
    for canary in ("first-canary", "second-canary"):
        ask(canary, *SLIM, echo=True)
    bodies = [request["body"] for request in server.stats()["requests"] if request["method"] == "POST"]
    assert "first-canary" in bodies[0]
    assert [body for body in bodies if "second-canary" in body and "first-canary" not in body]
