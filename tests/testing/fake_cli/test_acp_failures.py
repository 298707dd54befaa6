"""The fake agents that speak the Agent Client Protocol fail, wait, stop and end as the real ones do."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from testing.fake_cli.acp import reason, speaking
from testing.fake_cli.client import PATIENCE, Record, gone

from claif.testing import FakeCLI
from claif.testing.fake_cli import Die, Fail, Flood, Hang, Raw, Report, Retry, RpcError, Shell, Stop

KNOWN = "0b5f7c1e-1111-4222-8333-123456789abc"
NEW = {"cwd": "/", "mcpServers": []}


@pytest.mark.parametrize(
    ("agent", "status", "error"),
    [
        ("", 401, {"code": -32000, "message": "Authentication required", "data": {"details": "No."}}),
        ("", 500, {"code": -32603, "message": "Internal error", "data": {"status": 500, "details": "No."}}),
        ("gemini", 429, {"code": 429, "message": "No."}),
        ("gemini", 404, {"code": 500, "message": "No."}),
        ("qwen", 401, {"code": -32603, "message": "Internal error", "data": {"details": "401 No."}}),
        (
            "qwen",
            0,
            {
                "code": -32603,
                "message": "Internal error",
                "data": {"details": "Model stream ended without a finish reason."},
            },
        ),
        (
            "opencode",
            401,
            {
                "code": -32603,
                "message": "Internal error: No.",
                "data": {"service": "session", "errorName": "APIError"},
            },
        ),
    ],
)
def test_a_failed_turn_is_an_error_and_the_process_goes_on(
    tmp_path: Path, agent: Any, status: int, error: Record
) -> None:
    with speaking(FakeCLI.acp(tmp_path, ["Hel", Fail(status, "No.")], "fine", agent=agent)) as acp:
        session = acp.begin(tmp_path)
        assert acp.prompt(session, "go")["error"] == error
        assert reason(acp.prompt(session, "again")) == "end_turn"
        assert acp.text() == "Helfine"


def test_gemini_hides_a_cut_and_copilot_every_error(tmp_path: Path) -> None:
    none = {"token_count": {"input_tokens": 0, "output_tokens": 0}, "model_usage": []}
    with speaking(FakeCLI.gemini(tmp_path / "a", Fail(0)), "--acp") as acp:
        found = acp.prompt(acp.begin(tmp_path), "go")
        assert found["result"] == {"stopReason": "end_turn", "_meta": {"quota": none}}
    with speaking(FakeCLI.acp(tmp_path / "b", Fail(429, "Slow down."), agent="copilot")) as acp:
        assert acp.prompt(acp.begin(tmp_path), "go")["result"] == {"stopReason": "end_turn"}
        assert acp.text() == "Error: Slow down."


def test_opencode_asks_a_silent_server_for_ever_until_it_is_cancelled(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, ["Hel", Fail(0)], agent="opencode")) as acp:
        number = acp.start(session := acp.begin(tmp_path), "go")
        assert acp.wait_for("agent_message_chunk")["messageId"].startswith("msg_")
        acp.notify("session/cancel", sessionId=session)
        assert reason(acp.result(number)) == "cancelled"


@pytest.mark.parametrize(("agent", "messages", "text"), [("gemini", {None}, "HelHello"), ("opencode", 2, "HelHello")])
def test_asking_again_voids_nothing_that_was_said(tmp_path: Path, agent: Any, messages: Any, text: str) -> None:
    with speaking(FakeCLI.acp(tmp_path, ["Hel", Retry(500), "Hello"], agent=agent)) as acp:
        acp.prompt(acp.begin(tmp_path), "go")
        assert acp.text() == text
        found = {update.get("messageId") for update in acp.updates("agent_message_chunk")}
    assert found == messages or len(found) == messages


def test_copilot_says_that_it_asks_again(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, [Retry(500), "Hello"], agent="copilot")) as acp:
        acp.prompt(acp.begin(tmp_path), "go")
        assert acp.text().startswith("Info: ")


def test_each_agent_tells_tokens_in_its_own_place(tmp_path: Path) -> None:
    found = {}
    for agent in ("", "gemini", "qwen", "opencode", "copilot"):
        with speaking(FakeCLI.acp(tmp_path / agent, "x", agent=agent), "--model=m") as acp:
            session = acp.begin(tmp_path)
            acp.prompt(session, "a")
            result = acp.prompt(session, "b")["result"]
            beside = [each["_meta"]["usage"] for each in acp.updates("agent_message_chunk") if "_meta" in each]
            found[agent] = (result, beside, [each["used"] for each in acp.updates("usage_update")])
    assert found[""] == ({"stopReason": "end_turn"}, [], [16, 32])
    count = {"input_tokens": 10, "output_tokens": 6}
    quota = {"token_count": count, "model_usage": [{"model": "m", "token_count": count}]}
    assert found["gemini"] == ({"stopReason": "end_turn", "_meta": {"quota": quota}}, [], [])
    assert [each["inputTokens"] for each in found["qwen"][1]] == [10, 10]
    assert found["qwen"][0] == {"stopReason": "end_turn"}
    assert found["opencode"][0]["usage"]["inputTokens"] == 10
    assert (found["copilot"][0]["usage"]["inputTokens"], found["copilot"][2]) == (20, [16, 32])


def test_a_turn_ends_for_any_reason_and_with_any_error(tmp_path: Path) -> None:
    turns = [["Hel", Stop("max_tokens"), "lo"], RpcError(-32001, "Odd.", {"a": 1}), RpcError(7, "Bare.")]
    with speaking(FakeCLI.acp(tmp_path, *turns)) as acp:
        session = acp.begin(tmp_path)
        assert reason(acp.prompt(session, "a")) == "max_tokens"
        assert acp.text() == "Hel"
        assert acp.prompt(session, "b")["error"] == {"code": -32001, "message": "Odd.", "data": {"a": 1}}
        assert acp.prompt(session, "c")["error"] == {"code": 7, "message": "Bare."}


@pytest.mark.parametrize(("agent", "status"), [("", "failed"), ("gemini", "completed")])
def test_a_cancelled_turn_takes_its_tools_along(tmp_path: Path, agent: Any, status: str) -> None:
    fake = FakeCLI.acp(tmp_path, Shell("sleep 300 & echo $! > pid; wait"), "fine", agent=agent)
    with speaking(fake, cwd=tmp_path) as acp:
        session = acp.begin(tmp_path)
        number = acp.start(session, "go")
        pid = acp.client.pid_in(tmp_path / "pid")
        acp.notify("session/cancel", sessionId=session)
        assert reason(acp.result(number)) == "cancelled"
        assert [update["status"] for update in acp.updates("tool_call_update")] == [status]
        assert gone(pid)
        acp.prompt(session, "again")
        assert acp.text() == "fine"


def test_a_cancelled_turn_waits_for_no_permission(tmp_path: Path) -> None:
    fake = FakeCLI.acp(tmp_path, Shell("touch made", ask=True))
    with speaking(fake, cwd=tmp_path) as acp:
        number = acp.start(session := acp.begin(tmp_path), "go")
        for record in acp.client.records():
            if record.get("method") == "session/request_permission":
                acp.notify("session/cancel", sessionId=session)
                result = {"outcome": {"outcome": "cancelled"}}
                acp.client.send({"jsonrpc": "2.0", "id": record["id"], "result": result})
                break
        assert reason(acp.result(number)) == "cancelled"
    assert not (tmp_path / "made").exists()


def test_prompts_wait_for_each_other_and_one_that_waits_can_be_cancelled(tmp_path: Path) -> None:
    wait = Shell("until [ -e go ]; do sleep 0.01; done")
    with speaking(FakeCLI.acp(tmp_path, [wait, "one"], "two"), cwd=tmp_path) as acp:
        first = acp.begin(tmp_path)
        second, third = (acp.call("session/new", **NEW)["result"]["sessionId"] for _ in range(2))
        numbers = [acp.start(session, "go") for session in (first, second, third)]
        acp.notify("session/cancel", sessionId=second)
        (tmp_path / "go").touch()
        reasons = {}
        for record in acp.listen():
            if record.get("id") in numbers:
                reasons[numbers.index(record["id"])] = reason(record)
            if len(reasons) == len(numbers):
                break
    assert (reasons, acp.text(first), acp.text(second), acp.text(third)) == (
        {0: "end_turn", 1: "cancelled", 2: "end_turn"},
        "one",
        "",
        "two",
    )


def test_a_cancel_of_nothing_is_nothing(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, "fine")) as acp:
        session = acp.begin(tmp_path)
        acp.notify("session/cancel", sessionId=session)
        acp.notify("$/unknown")
        assert reason(acp.prompt(session, "go")) == "end_turn"


def test_a_session_is_loaded_with_all_that_was_said_or_resumed_without(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, ["Hel", "lo"], Report(), conversations=[KNOWN])) as acp:
        acp.begin(tmp_path)
        acp.prompt(KNOWN, "canary")
        acp.heard.clear()
        assert "modes" in acp.call("session/load", sessionId=KNOWN, **NEW)["result"]
        assert (acp.text(kind="user_message_chunk"), acp.text()) == ("canary", "Hello")
        acp.heard.clear()
        assert "modes" in acp.call("session/resume", sessionId=KNOWN, **NEW)["result"]
        assert not acp.text()
        acp.prompt(KNOWN, "more")
        assert json.loads(acp.text())["prompts"] == ["canary", "more"]
        assert acp.call("session/list")["result"]["sessions"][0]["sessionId"] == KNOWN
        assert acp.call("session/close", sessionId=KNOWN)["result"] == {}
        for number in (KNOWN, "unknown"):
            assert acp.call("session/load", sessionId=number, **NEW)["error"]["code"] == -32002


def test_gemini_loads_no_session_and_lists_none(tmp_path: Path) -> None:
    with speaking(FakeCLI.gemini(tmp_path), "--acp", "-m", "m-1") as acp:
        session = acp.begin(tmp_path)
        assert acp.call("session/load", sessionId=session, **NEW)["error"]["code"] == -32603
        for method in ("session/list", "session/set_config_option"):
            assert acp.call(method, sessionId=session)["error"]["code"] == -32601
        assert acp.call("session/set_model", sessionId=session, modelId="m-2")["result"] == {}
        result = acp.prompt(session, "go")["result"]
    assert result["_meta"]["quota"]["model_usage"][0]["model"] == "m-2"


def test_without_a_login_there_is_no_session(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, logged_in=False)) as acp:
        methods = acp.call("initialize", protocolVersion=1)["result"]["authMethods"]
        assert acp.call("session/new", **NEW)["error"] == {"code": -32000, "message": "Authentication required"}
        assert acp.call("authenticate", methodId="unknown")["error"]["code"] == -32602
        assert acp.call("authenticate", methodId=methods[0]["id"])["result"] == {}
        assert acp.call("session/new", **NEW)["result"]["sessionId"]


def test_any_request_can_fail_and_an_unknown_one_does(tmp_path: Path) -> None:
    error = RpcError(-32603, "Internal error", {"details": "No."})
    with speaking(FakeCLI.acp(tmp_path, errors={"session/new": error})) as acp:
        assert acp.call("initialize", protocolVersion=1)["result"]["agentInfo"]["version"] == "1.0.0"
        assert acp.call("session/new", **NEW)["error"]["data"] == {"details": "No."}
        assert acp.call("no/such")["error"]["code"] == -32601


def test_a_line_that_is_no_json_ends_it(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path)) as acp:
        acp.client.write(b"no json\n")
        assert acp.client.child.wait(PATIENCE) == 1


def test_it_dies_in_the_middle_and_floods_in_one_endless_line(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, ["Hel", Raw(b'{"jsonrpc":'), Flood(b"x", 100_000), Die(0)])) as acp:
        acp.start(acp.begin(tmp_path), "go")
        acp.wait_for("agent_message_chunk")
        data = acp.client._buffer + acp.client.child.stdout.read()
        assert (data.endswith(b"x" * 100_000), b"\n" in data) == (True, False)
        assert acp.client.child.wait(PATIENCE) == 0


def test_one_that_hangs_hears_no_cancel(tmp_path: Path) -> None:
    fake = FakeCLI.acp(tmp_path, ["Hel", Hang()])
    with speaking(fake) as acp:
        acp.start(session := acp.begin(tmp_path), "go")
        acp.wait_for("agent_message_chunk")
        until_it_sleeps(acp.client.child.pid)
        acp.notify("session/cancel", sessionId=session)
        time.sleep(0.3)
        assert fake.runs[0].records[-1]["method"] == "session/prompt"


def until_it_sleeps(pid: int) -> None:
    """Wait until a process that has just said something waits for something."""
    until = time.monotonic() + PATIENCE
    while Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "S":
        assert time.monotonic() < until, "it never hangs"
        time.sleep(0.01)


def test_a_hang_ends_after_its_time(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, ["Hel", Hang(0.3), "lo"])) as acp:
        session = acp.begin(tmp_path)
        began = time.monotonic()
        assert reason(acp.prompt(session, "go")) == "end_turn"
        assert time.monotonic() - began >= 0.3
        assert acp.text() == "Hello"


def test_a_stubborn_one_ends_neither_with_its_input_nor_by_a_polite_signal(tmp_path: Path) -> None:
    with speaking(FakeCLI.acp(tmp_path, "x", stubborn=True)) as acp:
        acp.prompt(acp.begin(tmp_path), "go")
        acp.client.child.stdin.close()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            acp.client.child.send_signal(number)
        time.sleep(0.3)
        assert acp.client.child.poll() is None


@pytest.mark.parametrize(
    ("agent", "code"), [("", -15), ("qwen", -15), ("opencode", -15), ("copilot", 0), ("gemini", 0)]
)
def test_a_signal_ends_each_in_its_own_way(tmp_path: Path, agent: Any, code: int) -> None:
    fake = FakeCLI.acp(tmp_path, agent=agent)
    with speaking(fake) as acp:
        acp.begin(tmp_path)
        acp.client.child.terminate()
        assert acp.client.child.wait(PATIENCE) == code
    assert fake.runs[0].end == "SIGTERM"


def test_gemini_ends_well_by_a_signal_and_leaves_its_tools(tmp_path: Path) -> None:
    fake = FakeCLI.gemini(tmp_path, Shell("sleep 300 & echo $! > pid; wait"))
    with speaking(fake, "--acp", cwd=tmp_path) as acp:
        acp.start(acp.begin(tmp_path), "go")
        pid = acp.client.pid_in(tmp_path / "pid")
        acp.client.child.terminate()
        assert acp.client.child.wait(PATIENCE) == 0
        assert Path(f"/proc/{pid}").exists()
        assert pid in fake.processes()
    assert gone(pid)
