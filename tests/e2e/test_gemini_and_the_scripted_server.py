"""The real Gemini CLI takes the scripted server for Google's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from agents.acp import speaking
from agents.acp_clis import ACP, MODELS, AcpCli
from agents.clis import KEY, Run

from claif.testing import ServerProcess

STREAM = ["-o", "stream-json", "-m", MODELS["gemini"]]
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="  # a PNG of 1x1
)


@pytest.fixture
def ask(gemini_cli: AcpCli, server: ServerProcess, tmp_path: Path):
    """Asks Gemini CLI once; the keywords are those of `Behaviour`."""

    def ask(prompt: str, *options: str, variables: dict[str, str] | None = None, **behaviour: object) -> Run:
        environment = gemini_cli.environment(tmp_path / "home", server.root_url(**behaviour))
        return gemini_cli.run([*STREAM, *options, "-p", prompt], environment | (variables or {}))

    return ask


def answer(found: Run) -> str:
    return "".join([event["content"] for event in found.events if event.get("role") == "assistant"])


def test_it_is_answered_and_counted(ask, server: ServerProcess) -> None:
    found = ask("Grüezi 東京 \u202e", echo=True)
    result = found.last("result")
    assert (found.code, result["status"], answer(found)) == (0, "success", "Grüezi 東京 \u202e")
    stats = result["stats"]
    assert (stats["input_tokens"], stats["output_tokens"], stats["cached"]) == (3, 3, 1)
    (asked,) = server.stats()["requests"]
    assert asked["path"].endswith("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse")
    assert asked["headers"]["x-goog-api-key"] == KEY


def test_it_runs_a_command_and_tells_the_result(ask) -> None:
    found = ask("go", "-y", shell="echo it is forty-two")
    assert (found.code, found.last("tool_use")["tool_name"]) == (0, "run_shell_command")
    assert found.last("tool_result")["output"] == "it is forty-two"
    assert "it is forty-two" in answer(found)


def test_instructions_arrive_as_the_user_wrote_them(ask, server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "system.md").write_text("SYSTEM-CANARY: be terse.")
    ask("hi", variables={"GEMINI_SYSTEM_MD": str(tmp_path / "system.md")})
    (asked,) = [json.loads(request["body"]) for request in server.stats()["requests"]]
    assert asked["systemInstruction"]["parts"][0]["text"].startswith("SYSTEM-CANARY")


@pytest.mark.parametrize(("status", "code"), [(400, 144), (401, 145), (403, 147), (404, 1), (429, 173), (500, 244)])
def test_errors_arrive_as_what_they_are(ask, status: int, code: int) -> None:
    found = ask("hi", error=status, message="The canary is refused.")
    assert (found.code, found.last("result")["status"]) == (code, "error")
    assert "canary" in found.last("result")["error"]["message"]


@pytest.mark.parametrize("behaviour", [{"cut": 2}, {"short": 2}, {"finish": "none"}, {"fail": "UNAVAILABLE"}])
def test_a_stream_that_breaks_is_an_error_that_ends_well(ask, behaviour: dict[str, object]) -> None:
    found = ask("hi", text="one two three four", **behaviour)
    assert found.last("result")["status"] == "error"


def test_thoughts_and_images_pass(gemini_cli: AcpCli, server: ServerProcess, tmp_path: Path) -> None:
    environment = gemini_cli.environment(tmp_path / "home", server.root_url(reasoning="yes", echo=True))
    image = {"type": "image", "mimeType": "image/png", "data": PIXEL}
    with speaking([*gemini_cli.command, *ACP["gemini"]], environment, tmp_path) as acp:
        session = acp.begin(tmp_path)
        parts = [image, {"type": "text", "text": "What is it?"}]
        response = acp.call("session/prompt", sessionId=session, prompt=parts)
        assert "What is it?" in acp.text(session)
        assert acp.text(session, "agent_thought_chunk")
    counted = response["result"]["_meta"]["quota"]["token_count"]
    assert counted["output_tokens"]
    assert PIXEL in server.stats()["requests"][-1]["body"]
