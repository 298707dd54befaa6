"""The real agents and the fake ones keep to the schema that the Agent Client Protocol publishes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from agents.acp import Acp, choose
from agents.acp_schema import AcpSchema, Said, transcript
from testing.fake_cli.client import running

from claif.testing import FakeCLI
from claif.testing.fake_cli import Ask, Change, Fail, Plan, Retry, Shell, Stop, Terminal, Think, Tool

TRANSCRIPTS = sorted((Path(__file__).parents[1] / "transcripts").glob("acp-*.duplex"))
TERMINAL = {
    "terminal/create": {"terminalId": "t-1"},
    "terminal/wait_for_exit": {"exitCode": 0},
    "terminal/output": {"output": "x", "truncated": False},
    "terminal/release": {},
    "fs/read_text_file": {"content": "x"},
    "fs/write_text_file": {},
}


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_what_was_recorded_is_valid(acp_schema: AcpSchema, path: Path) -> None:
    said = transcript(path)
    assert {side for side, _ in said} == {"client", "agent"}
    assert acp_schema.problems(said) == []


@pytest.mark.parametrize("agent", ["", "gemini", "qwen", "opencode", "copilot"])
def test_what_the_fakes_say_is_valid(acp_schema: AcpSchema, tmp_path: Path, agent: Any) -> None:
    (tmp_path / "old").write_text("one\n")
    turn = [
        *(Think("Hm"), "Hel", "lo", Shell("echo x", ask=True), Tool("mcp__calc__add", {"a": 1}, "2", ask=True)),
        *(Change("new", "x", ask=True), Change("old", "two\n"), Change("old", None), Retry(429)),
        *(Plan([("Look", "completed"), ("Do", "in_progress"), ("Tell", "pending")]), Terminal("echo", ["x"])),
        *(Ask("fs/read_text_file", {"path": "/a"}), Ask("fs/write_text_file", {"path": "/b", "content": "x"})),
    ]
    fake = FakeCLI.acp(tmp_path / "bin", turn, Fail(401), Stop("refusal"), agent=agent)
    said: list[Said] = []
    with running(fake, [], cwd=tmp_path) as client:
        acp = listened(Acp(client), said)
        session = acp.begin(tmp_path)
        acp.call("authenticate", methodId="login")
        for _ in range(3):
            acp.prompt(session, "hi")
        for method in ("session/load", "session/resume"):
            acp.call(method, sessionId=session, cwd=str(tmp_path), mcpServers=[])
        mode = "plan" if agent else "code"
        acp.call("session/set_mode", sessionId=session, modeId=mode)
        acp.call("session/set_config_option", sessionId=session, configId="mode", value=mode)
        acp.call("session/list")
        acp.call("session/close", sessionId=session)
    methods = {record["method"] for side, record in said if side == "agent" and "method" in record}
    assert {"session/update", "terminal/create", "fs/read_text_file"} <= methods
    assert ("session/request_permission" in methods) is (agent != "opencode")
    assert acp_schema.problems(said) == []


def listened(acp: Acp, said: list[Said]) -> Acp:
    """Note what both sides say."""
    acp.answers |= {method: lambda _, result=result: result for method, result in TERMINAL.items()}
    acp.answers["session/request_permission"] = choose("allow_once")
    send, line = acp.client.send, acp.client.line

    def noted_send(record: dict[str, Any]) -> None:
        said.append(("client", record))
        send(record)

    def noted_line() -> bytes:
        data = line()
        if data:
            said.append(("agent", json.loads(data)))
        return data

    acp.client.send, acp.client.line = noted_send, noted_line
    return acp


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ([("agent", {"jsonrpc": "2.0", "method": "session/no-such", "params": {}})], "no such notification"),
        ([("agent", {"jsonrpc": "2.0", "method": "session/update", "params": {"update": {}}})], "sessionId"),
        ([("agent", {"method": "session/cancel", "params": {"sessionId": "x"}})], "JSON-RPC 2.0"),
        ([("agent", {"jsonrpc": "2.0", "id": 7, "result": {}})], "nobody has asked"),
        (
            [
                ("client", {"jsonrpc": "2.0", "id": 1, "method": "session/list", "params": {}}),
                ("agent", {"jsonrpc": "2.0", "id": 1, "result": {"sessions": [{"cwd": "/"}]}}),
            ],
            "session/list sessions/0: 'sessionId' is a required property",
        ),
        (
            [
                ("agent", {"jsonrpc": "2.0", "id": 0, "method": "fs/read_text_file", "params": {"sessionId": "x"}}),
                ("client", {"jsonrpc": "2.0", "id": 0, "error": {"code": "x", "message": "y"}}),
            ],
            "fs/read_text_file code",
        ),
    ],
)
def test_what_is_not_valid_is_found(acp_schema: AcpSchema, said: list[Said], problem: str) -> None:
    assert [found for found in acp_schema.problems(said) if problem in found]
