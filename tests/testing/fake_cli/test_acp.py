"""The fake agents that speak the Agent Client Protocol do so as it says, and as the real ones do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from agents.acp import choose
from testing.fake_cli.acp import reason, speaking

from claif.testing import FakeCLI
from claif.testing.fake_cli import (
    Ask,
    Change,
    Plan,
    Report,
    Shell,
    Terminal,
    Think,
    Tool,
    Update,
)


def test_without_a_script_it_repeats_the_prompt(tmp_path: Path) -> None:
    fake = FakeCLI.acp(tmp_path)
    with speaking(fake) as acp:
        session = acp.begin(tmp_path)
        assert reason(acp.prompt(session, "Grüezi 東京 \u2028")) == "end_turn"
        assert acp.text(session) == "Grüezi 東京 \u2028"
        assert acp.client.close() == 0
    assert fake.runs[0].end == "end of input"
    assert [record["method"] for record in fake.runs[0].records] == ["initialize", "session/new", "session/prompt"]


def test_a_prompt_shows_all_its_blocks(tmp_path: Path) -> None:
    blocks = [
        {"type": "text", "text": "Look: "},
        {"type": "image", "mimeType": "image/png", "data": "AAAA"},
        {"type": "resource", "resource": {"uri": "file:///a", "text": "embedded"}},
        {"type": "resource_link", "name": "b", "uri": "file:///b"},
    ]
    with speaking(FakeCLI.acp(tmp_path)) as acp:
        acp.call("session/prompt", sessionId=acp.begin(tmp_path), prompt=blocks)
        assert acp.text() == "Look: [image]embedded[file:///b]"


def test_it_tells_thoughts_pieces_plans_commands_tokens_and_whatever_else(tmp_path: Path) -> None:
    unknown = Update("brand_new_update", {"anything": 1})
    fake = FakeCLI.acp(tmp_path, [Think("H"), Think("m"), "Hel", "lo", Plan([("Do", "in_progress")]), unknown])
    with speaking(fake) as acp:
        session = acp.begin(tmp_path)
        acp.prompt(session, "hi")
    assert (acp.text(kind="agent_thought_chunk"), acp.text()) == ("Hm", "Hello")
    assert acp.updates("plan")[0]["entries"] == [{"content": "Do", "priority": "medium", "status": "in_progress"}]
    assert acp.updates("available_commands_update")[0]["availableCommands"][0]["name"] == "init"
    assert acp.updates("usage_update")[0]["used"] == 16
    assert acp.updates("brand_new_update") == [{"sessionUpdate": "brand_new_update", "anything": 1}]


def test_turns_follow_the_script_and_the_last_one_is_repeated(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, "one", "two")) as acp:
        session = acp.begin(tmp_path)
        for _ in range(3):
            acp.prompt(session, "hi")
        assert [update["content"]["text"] for update in acp.updates("agent_message_chunk")] == ["one", "two", "two"]


def test_sessions_are_apart(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, Report())) as acp:
        first = acp.begin(tmp_path)
        second = acp.call("session/new", cwd=str(tmp_path), mcpServers=[])["result"]["sessionId"]
        acp.prompt(first, "canary")
        acp.prompt(second, "other")
        acp.prompt(first, "more")
        prompts = [json.loads(update["content"]["text"])["prompts"] for update in acp.updates("agent_message_chunk")]
    assert prompts == [["canary"], ["other"], ["canary", "more"]]


@pytest.mark.parametrize("agent", ["", "gemini", "qwen", "copilot"])
@pytest.mark.parametrize("kind", ["allow_once", "reject_once", "nothing"])
def test_it_asks_for_permission_and_does_what_it_may(tmp_path: Path, agent: Any, kind: str) -> None:
    turn = [Shell("touch made", ask=True), Change("a.txt", "x", ask=True), "Done."]
    allow = kind == "allow_once"
    with speaking(FakeCLI.acp(tmp_path, turn, agent=agent), cwd=tmp_path) as acp:
        acp.answers["session/request_permission"] = choose(kind)
        assert reason(acp.prompt(acp.begin(tmp_path), "go")) == "end_turn"
    assert [request["params"]["toolCall"]["kind"] for request in acp.asked("session/request_permission")] == [
        "execute",
        "edit",
    ]
    assert ((tmp_path / "made").exists(), (tmp_path / "a.txt").exists()) == (allow, allow)
    status = "completed" if allow else "failed"
    ended = [update["status"] for update in acp.updates("tool_call_update") if update["status"] != "in_progress"]
    assert ended == [status, status]
    assert acp.text() == "Done."


def test_what_is_always_allowed_or_never_is_asked_for_once_in_a_session(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, Shell("echo x >> made", ask=True)), cwd=tmp_path) as acp:
        session = acp.begin(tmp_path)
        for kind in ("allow_always", "nothing"):
            acp.answers["session/request_permission"] = choose(kind)
            acp.prompt(session, "go")
        assert (tmp_path / "made").read_text() == "x\nx\n"
        other = acp.call("session/new", cwd=str(tmp_path), mcpServers=[])["result"]["sessionId"]
        for kind in ("reject_always", "allow_once"):
            acp.answers["session/request_permission"] = choose(kind)
            acp.prompt(other, "go")
    assert (tmp_path / "made").read_text() == "x\nx\n"
    assert len(acp.asked("session/request_permission")) == 2


@pytest.mark.parametrize(
    ("agent", "mode", "asked"),
    [("", "code", []), ("gemini", "yolo", []), ("gemini", "autoEdit", ["execute"]), ("qwen", "auto-edit", ["execute"])],
)
def test_a_mode_says_what_it_asks_for(tmp_path: Path, agent: Any, mode: str, asked: list[str]) -> None:
    turn = [Shell("true", ask=True), Change("a.txt", "x", ask=True)]
    with speaking(FakeCLI.acp(tmp_path, turn, agent=agent), cwd=tmp_path) as acp:
        acp.answers["session/request_permission"] = choose("allow_once")
        session = acp.begin(tmp_path)
        assert acp.call("session/set_mode", sessionId=session, modeId=mode)["result"] == {}
        assert acp.updates("current_mode_update")[0]["currentModeId"] == mode
        acp.prompt(session, "go")
        assert acp.call("session/set_mode", sessionId=session, modeId="no-such")["error"]["code"] == -32602
    assert [each["params"]["toolCall"]["kind"] for each in acp.asked("session/request_permission")] == asked


def test_options_of_a_session_are_its_mode_and_its_model(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path), "--model=m-1") as acp:
        session = acp.begin(tmp_path)
        first = acp.call("session/set_config_option", sessionId=session, configId="mode", value="code")
        second = acp.call("session/set_config_option", sessionId=session, configId="model", value="m-2")
    found = [[option["currentValue"] for option in each["result"]["configOptions"]] for each in (first, second)]
    assert found == [["code", "m-1"], ["code", "m-2"]]


@pytest.mark.parametrize(
    ("before", "after", "kind"), [(None, "one\n", "edit"), ("one\n", "two\n", "edit"), ("one\n", None, "delete")]
)
def test_files_are_really_changed_and_shown(tmp_path: Path, before: Any, after: Any, kind: str) -> None:
    path = tmp_path / "a.txt"
    if before is not None:
        path.write_text(before)
    with speaking(FakeCLI.acp(tmp_path, Change("a.txt", after)), cwd=tmp_path) as acp:
        acp.prompt(acp.begin(tmp_path), "go")
    (call,) = acp.updates("tool_call")
    assert (call["kind"], call["locations"]) == (kind, [{"path": str(path)}])
    assert call["content"] == [{"type": "diff", "path": str(path), "oldText": before, "newText": after or ""}]
    assert (path.read_text() if path.exists() else None) == after


def test_a_change_that_fails_says_why(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, Change("/proc/nowhere/x", "x"))) as acp:
        acp.prompt(acp.begin(tmp_path), "go")
    (ended,) = acp.updates("tool_call_update")
    assert (ended["status"], "/proc/nowhere/x" in ended["content"][0]["content"]["text"]) == ("failed", True)


def test_commands_and_tools_of_others_are_told(tmp_path: Path) -> None:
    turn = [Shell("echo out; exit 3"), Tool("mcp__calc__add", {"a": 1}, "2")]
    with speaking(FakeCLI.acp(tmp_path, turn)) as acp:
        acp.prompt(acp.begin(tmp_path), "go")
    assert [(call["title"], call["kind"]) for call in acp.updates("tool_call")] == [
        ("echo out; exit 3", "execute"),
        ("mcp__calc__add", "other"),
    ]
    assert [(each["status"], each["content"][0]["content"]["text"]) for each in acp.updates("tool_call_update")] == [
        ("failed", "out\n"),
        ("completed", "2"),
    ]


def test_it_asks_the_client_for_files(tmp_path: Path) -> None:
    turn = [Ask("fs/read_text_file", {"path": "/a"}), Ask("fs/write_text_file", {"path": "/b", "content": "x"})]
    with speaking(FakeCLI.acp(tmp_path, turn)) as acp:
        acp.answers["fs/read_text_file"] = lambda _: {"content": "canary"}
        session = acp.begin(tmp_path)
        acp.prompt(session, "go")
    assert acp.asked("fs/read_text_file")[0]["params"] == {"sessionId": session, "path": "/a"}
    said = [json.loads(update["content"]["text"]) for update in acp.updates("agent_message_chunk")]
    assert said == [
        {"result": {"content": "canary"}},
        {"error": {"code": -32601, "message": "no fs/write_text_file here"}},
    ]


def test_it_runs_a_command_in_a_terminal_of_the_client(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, Terminal("echo", ["a b"]))) as acp:
        acp.answers |= {
            "terminal/create": lambda _: {"terminalId": "t-1"},
            "terminal/wait_for_exit": lambda _: {"exitCode": 0, "signal": None},
            "terminal/output": lambda _: {"output": "a b\n", "truncated": False},
            "terminal/release": lambda _: {},
        }
        acp.prompt(acp.begin(tmp_path), "go")
    assert acp.text() == "a b\n"
    assert acp.updates("tool_call")[0]["content"] == [{"type": "terminal", "terminalId": "t-1"}]
    assert [record["method"] for record in acp.heard if "id" in record and "method" in record] == [
        "terminal/create",
        "terminal/wait_for_exit",
        "terminal/output",
        "terminal/release",
    ]
    (command,) = acp.asked("terminal/create")
    assert (command["params"]["command"], command["params"]["args"]) == ("echo", ["a b"])


def test_a_terminal_that_takes_too_long_is_killed_and_one_that_is_refused_is_told(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, Terminal("sleep", ["9"], seconds=0.05), Terminal("x"))) as acp:
        number = acp.start(session := acp.begin(tmp_path), "go")
        methods = []
        for record in acp.client.records():
            if record.get("id") == number and "method" not in record:
                break
            if "id" in record and "method" in record:
                methods.append(record["method"])
                if record["method"] != "terminal/wait_for_exit":
                    result = {"terminalId": "t-1", "output": "", "truncated": False}
                    acp.client.send({"jsonrpc": "2.0", "id": record["id"], "result": result})
        assert methods == [
            *("terminal/create", "terminal/wait_for_exit", "terminal/kill"),
            *("terminal/output", "terminal/release"),
        ]
        acp.prompt(session, "again")
        assert json.loads(acp.text())["error"]["code"] == -32601
