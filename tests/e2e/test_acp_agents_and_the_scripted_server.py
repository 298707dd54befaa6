"""The real agents that speak ACP take the scripted server for that of their models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from agents.acp import Acp, choose, speaking
from agents.acp_clis import ACP, AcpCli

from claif.testing import ServerProcess

Speak = Callable[..., AbstractContextManager[tuple[Acp, str]]]


@pytest.fixture(params=["gemini", "qwen", "opencode", "copilot"])
def agent(request: pytest.FixtureRequest) -> AcpCli:
    return request.getfixturevalue(f"{request.param}_cli")


@pytest.fixture
def speak(agent: AcpCli, server: ServerProcess, tmp_path: Path) -> Speak:
    """Begins a session with the agent; the keywords are those of `Behaviour`."""

    @contextmanager
    def speak(**behaviour: object) -> Iterator[tuple[Acp, str]]:
        environment = agent.environment(tmp_path / "home", server.root_url(**behaviour))
        directory = tmp_path / "work"
        directory.mkdir()
        with speaking([*agent.command, *ACP[agent.name]], environment, directory) as acp:
            acp.answers["session/request_permission"] = choose("allow_once")
            yield acp, acp.begin(directory)

    return speak


def bodies(server: ServerProcess, word: str) -> list[str]:
    found = [request["body"] for request in server.stats()["requests"] if request["method"] == "POST"]
    return [body for body in found if word in body]


def test_it_answers_in_pieces_with_any_text(speak: Speak) -> None:
    with speak(echo=True) as (acp, session):
        response = acp.prompt(session, "Grüezi 東京 \u202e \U0001f389")
        assert response["result"]["stopReason"] == "end_turn"
        # Copilot tells its model the time before each prompt.
        assert acp.text(session).rpartition("</current_datetime>\n\n")[2] == "Grüezi 東京 \u202e \U0001f389"
        assert len(acp.updates("agent_message_chunk")) > 1


def test_two_sessions_know_nothing_of_each_other(speak: Speak, server: ServerProcess, tmp_path: Path) -> None:
    with speak(text="Noted.") as (acp, first):
        acp.prompt(first, "first-canary")
        second = acp.call("session/new", cwd=str(tmp_path / "work"), mcpServers=[])["result"]["sessionId"]
        acp.prompt(second, "second-canary")
        acp.prompt(first, "third-canary")
    assert not [body for body in bodies(server, "second-canary") if "first-canary" in body]
    assert [body for body in bodies(server, "third-canary") if "first-canary" in body]


def test_it_runs_a_command_when_it_may_and_tells_the_result(agent: AcpCli, speak: Speak, tmp_path: Path) -> None:
    with speak(shell="touch made.txt; echo it is forty-two") as (acp, session):
        response = acp.prompt(session, "go")
        assert response["result"]["stopReason"] == "end_turn"
        assert "it is forty-two" in acp.text(session)
        assert bool(acp.asked("session/request_permission")) == (agent.name != "opencode")
        assert acp.updates("tool_call_update")
    assert (tmp_path / "work" / "made.txt").exists()


def test_copilot_counts_the_tokens_of_a_session_since_its_process_began(
    copilot_cli: AcpCli, server: ServerProcess, tmp_path: Path
) -> None:
    environment = copilot_cli.environment(tmp_path / "home", server.root_url(text="Noted."))
    directory = tmp_path / "work"
    directory.mkdir()
    found = []
    session = ""
    for prompts in (("one", "two"), ("three",)):
        with speaking([*copilot_cli.command, *ACP["copilot"]], environment, directory) as acp:
            begun = acp.begin(directory)
            if session:
                acp.call("session/load", sessionId=session, cwd=str(directory), mcpServers=[])
            session = session or begun
            found += [acp.prompt(session, prompt)["result"]["usage"]["outputTokens"] for prompt in prompts]
    assert found[0] > 0
    assert found == [found[0], 2 * found[0], found[0]]


def test_an_answer_of_a_megabyte_arrives_whole(speak: Speak) -> None:
    with speak(size=1_000_000) as (acp, session):
        acp.prompt(session, "go")
        assert len(acp.text(session)) == 1_000_000


def test_it_stops_when_it_is_told_to(speak: Speak) -> None:
    with speak(tokens=5000, delay=0.02) as (acp, session):
        number = acp.start(session, "go")
        for record in acp.listen():
            if acp.updates("agent_message_chunk", session):
                acp.notify("session/cancel", sessionId=session)
                break
            assert record.get("id") != number
        assert acp.result(number)["result"]["stopReason"] == "cancelled"
        assert "tok4999" not in acp.text(session)


def test_an_error_of_its_server_arrives_in_some_way(agent: AcpCli, speak: Speak) -> None:
    with speak(error=401, message="The canary is refused.") as (acp, session):
        response = acp.prompt(session, "hi")
    if agent.name == "copilot":
        # It says so as an answer that is no failure, and tells no usage.
        assert response["result"] == {"stopReason": "end_turn"}
        assert "Error" in acp.text(session)
    else:
        assert "refused" in json.dumps(response["error"])
