"""The real Codex takes the scripted server for OpenAI's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from agents.clis import KEY, Run, codex_arguments, codex_environment, run

from claif.testing import ServerProcess
from claif.testing.answer import numbered_text

EXEC = ["exec", "--json", "--skip-git-repo-check"]
CALCULATOR = Path(__file__).parents[1] / "agents" / "mcp_calculator.py"


@pytest.fixture
def ask(codex_program: Path, server: ServerProcess, tmp_path: Path):
    """Asks Codex once; the keywords are those of `Behaviour`."""

    def ask(prompt: str, *options: str, **behaviour: object) -> Run:
        # A slow machine is no silent server.
        patience = 1.0 if "stall" in behaviour else 60.0
        arguments = [*EXEC, *options, *codex_arguments(server.url(**behaviour), stall=patience), "-"]
        return run(codex_program, arguments, codex_environment(tmp_path / "home"), prompt)

    return ask


def items(found: Run, kind: str) -> list[dict]:
    return [event["item"] for event in found.events if event.get("item", {}).get("type") == kind]


def text(found: Run) -> str:
    return items(found, "agent_message")[-1]["text"]


def test_it_is_answered_with_thoughts_and_counted(ask, server: ServerProcess) -> None:
    found = ask("Grüezi 東京 \u202e", echo=True, reasoning="reasoning")
    assert found.code == 0
    assert text(found) == "Grüezi 東京 \u202e"
    assert items(found, "reasoning")[0]["text"] == "Let me think."
    usage = found.last("turn.completed")["usage"]
    assert (usage["cached_input_tokens"], usage["output_tokens"], usage["reasoning_output_tokens"]) == (1, 3, 2)
    assert [request["headers"]["authorization"] for request in server.stats()["requests"]] == [f"Bearer {KEY}"]


def test_it_runs_a_command_and_tells_the_result(ask) -> None:
    found = ask("go", "-s", "danger-full-access", shell="echo it is $((40+2))")
    assert items(found, "command_execution")[-1]["aggregated_output"] == "it is 42\n"
    assert text(found).endswith("it is 42\n")


def test_it_calls_a_tool_of_an_mcp_server(ask) -> None:
    server = f"mcp_servers.calc={{command={json.dumps(sys.executable)},args=[{json.dumps(str(CALCULATOR))}]}}"
    options = ["--dangerously-bypass-approvals-and-sandbox", "-c", server]
    found = ask("go", *options, call="mcp__calc/add", arguments='{"a": 40, "b": 2}')
    assert items(found, "mcp_tool_call")[-1]["status"] == "completed"
    assert text(found).endswith("The sum is 42.")


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"error": 401}, "status 401"),
        ({"error": 404}, "answers 404"),
        ({"error": 429, "retry_after": "1"}, "429"),
        ({"error": 500}, "high demand"),
        ({"cut": 2}, "stream disconnected before completion"),
        ({"short": 2}, "stream closed before response.completed"),
        ({"stall": "stream", "after": 2}, "idle timeout"),
    ],
)
def test_errors_arrive_as_what_they_are(ask, behaviour, words: str) -> None:
    found = ask("hi", text="one two three four", **behaviour)
    assert found.code == 1
    assert words in found.last("turn.failed")["error"]["message"]


def test_an_error_inside_the_stream_fails_the_turn(ask) -> None:
    found = ask("hi", fail="server_error")
    assert found.code == 1
    assert "fails in the stream" in found.last("turn.failed")["error"]["message"]


def test_a_prompt_of_a_million_characters_arrives(ask) -> None:
    assert text(ask("x" * 1_000_000 + " the end", tail=9)) == "1000008: x the end"


def test_an_answer_of_15_million_characters_arrives(ask) -> None:
    assert text(ask("go", size=15_000_000)) == numbered_text(15_000_000)


def test_what_two_runs_said_stays_apart(ask, server: ServerProcess) -> None:
    for canary in ("first-canary", "second-canary"):
        ask(canary, echo=True)
    bodies = [request["body"] for request in server.stats()["requests"]]
    assert ["first-canary" in body for body in bodies] == [True, False]
