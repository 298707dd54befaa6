"""The fake Codex speaks as the real one does: its app server, and `codex exec`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from testing.fake_cli.client import PATIENCE, Client, Record, gone, running

from claif.testing import FakeCLI, Pause
from claif.testing.fake_cli import Change, Fail, Plan, Report, Retry, Shell, Think, Tool

SERVER = ["app-server"]
KNOWN = "01a2047f-072c-7f53-9fef-2a78c8086877"


def begin(client: Client, **params: object) -> str:
    client.call("initialize", clientInfo={"name": "test", "version": "1"})
    client.send({"method": "initialized"})
    return client.call("thread/start", **params)["thread"]["id"]


def told(records: list[Record], method: str) -> list[Record]:
    return [record["params"] for record in records if record.get("method") == method]


def completed(records: list[Record], kind: str) -> list[Record]:
    return [params["item"] for params in told(records, "item/completed") if params["item"]["type"] == kind]


def text(records: list[Record]) -> str:
    return completed(records, "agentMessage")[-1]["text"]


def test_without_a_script_it_repeats_the_prompt(tmp_path: Path) -> None:
    fake = FakeCLI.codex(tmp_path)
    with running(fake, SERVER) as client:
        found = client.ask(begin(client), "Grüezi 東京 \u2028")
        assert text(found) == "Grüezi 東京 \u2028"
        assert client.close() == 0
    assert fake.runs[0].end == "end of input"


def test_settings_may_stand_before_the_command(tmp_path: Path) -> None:
    settings = ["-c", 'model_provider="x"', "-c", "model_providers.x={}"]
    with running(FakeCLI.codex(tmp_path), [*settings, *SERVER]) as client:
        assert text(client.ask(begin(client), "hi")) == "hi"


def test_it_thinks_and_streams_and_tells_each_item_whole(tmp_path: Path) -> None:
    with running(FakeCLI.codex(tmp_path, [Think("H"), Think("m"), "Hel", "lo"]), SERVER) as client:
        found = client.ask(begin(client, model="m"), "hi")
    assert [params["delta"] for params in told(found, "item/reasoning/summaryTextDelta")] == ["H", "m"]
    assert [params["delta"] for params in told(found, "item/agentMessage/delta")] == ["Hel", "lo"]
    assert (completed(found, "reasoning")[0]["summary"], text(found)) == (["Hm"], "Hello")
    items = [params["item"]["id"] for params in told(found, "item/completed")]
    assert len(items) == len(set(items)) == 3


def test_conversations_are_apart_and_usage_adds_up(tmp_path: Path) -> None:
    with running(FakeCLI.codex(tmp_path, Report()), SERVER) as client:
        first, second = begin(client), begin(client)
        client.ask(first, "canary")
        found = client.ask(first, "more")
        usage = told(found, "thread/tokenUsage/updated")[0]["tokenUsage"]
        assert (usage["total"]["inputTokens"], usage["last"]["inputTokens"]) == (20, 10)
        assert json.loads(text(found))["prompts"] == ["canary", "more"]
        assert json.loads(text(client.ask(second, "other")))["prompts"] == ["other"]


@pytest.mark.parametrize("allow", [True, False])
def test_it_asks_for_permission_and_does_what_it_may(tmp_path: Path, allow: bool) -> None:
    turn = [Shell("touch made", ask=True), Change("a.txt", "x", ask=True), "Done."]
    with running(FakeCLI.codex(tmp_path, turn), SERVER, cwd=tmp_path) as client:
        thread = begin(client)
        client.send({"id": 99, "method": "turn/start", "params": {"threadId": thread, "input": [{"text": "go"}]}})
        methods = []
        for record in client.records():
            if "id" in record and "method" in record:
                methods.append(record["method"])
                client.send({"id": record["id"], "result": {"decision": "accept" if allow else "decline"}})
            elif record.get("method") == "item/completed" and "status" in record["params"]["item"]:
                assert record["params"]["item"]["status"] == ("completed" if allow else "declined")
            elif record.get("method") == "turn/completed":
                break
    assert methods == ["item/commandExecution/requestApproval", "item/fileChange/requestApproval"]
    assert ((tmp_path / "made").exists(), (tmp_path / "a.txt").exists()) == (allow, allow)


@pytest.mark.parametrize(
    ("before", "after", "kind", "diff"),
    [
        (None, "one\n", "add", "one\n"),
        ("one\n", "two\n", "update", "@@ -1,1 +1,1 @@\n-one\n+two\n"),
        ("one\n", None, "delete", "one\n"),
    ],
)
def test_files_are_really_changed(tmp_path: Path, before: str | None, after: str | None, kind: str, diff: str) -> None:
    path = tmp_path / "a.txt"
    if before is not None:
        path.write_text(before)
    with running(FakeCLI.codex(tmp_path, Change("a.txt", after)), SERVER, cwd=tmp_path) as client:
        (item,) = completed(client.ask(begin(client), "go"), "fileChange")
    assert (path.read_text() if path.exists() else None) == after
    (change,) = item["changes"]
    assert (change["path"], change["kind"]["type"], change["diff"]) == (str(path), kind, diff)


def test_commands_tools_of_others_and_plans_are_told(tmp_path: Path) -> None:
    turn = [Shell("echo out; exit 3"), Tool("mcp__calc__add", {"a": 1}, "2"), Plan([("Do", "in_progress")])]
    with running(FakeCLI.codex(tmp_path, turn), SERVER) as client:
        found = client.ask(begin(client), "go")
    (command,) = completed(found, "commandExecution")
    assert (command["status"], command["aggregatedOutput"], command["exitCode"]) == ("failed", "out\n", 1)
    (call,) = completed(found, "mcpToolCall")
    assert (call["server"], call["tool"], call["result"]["content"][0]["text"]) == ("calc", "add", "2")
    assert told(found, "turn/plan/updated")[0]["plan"] == [{"step": "Do", "status": "inProgress"}]


@pytest.mark.parametrize(
    ("status", "info"),
    [
        (401, {"httpConnectionFailed": {"httpStatusCode": 401}}),
        (429, {"responseTooManyFailedAttempts": {"httpStatusCode": 429}}),
        (500, "internalServerError"),
        (0, "other"),
    ],
)
def test_a_failed_turn_is_typed_and_the_process_goes_on(tmp_path: Path, status: int, info: object) -> None:
    with running(FakeCLI.codex(tmp_path, ["Hel", Fail(status, "No.")], "fine"), SERVER) as client:
        thread = begin(client)
        found = client.ask(thread, "go")
        turn = told(found, "turn/completed")[0]["turn"]
        assert (turn["status"], turn["error"]["message"], turn["error"]["codexErrorInfo"]) == ("failed", "No.", info)
        assert [params["willRetry"] for params in told(found, "error")] == [False]
        assert text(client.ask(thread, "again")) == "fine"


def test_asking_again_voids_what_was_said(tmp_path: Path) -> None:
    with running(FakeCLI.codex(tmp_path, ["Hel", Retry(500), "Hello"]), SERVER) as client:
        found = client.ask(begin(client), "go")
    assert [params["willRetry"] for params in told(found, "error")] == [True]
    assert [item["text"] for item in completed(found, "agentMessage")] == ["Hello"]


def test_the_tools_of_an_interrupted_turn_end_with_the_app_server(tmp_path: Path) -> None:
    fake = FakeCLI.codex(tmp_path, Shell("sleep 300 & echo $! > pid; wait"), "fine")
    with running(fake, SERVER, cwd=tmp_path) as client:
        thread = begin(client)
        client.call("turn/start", threadId=thread, input=[{"text": "go"}])
        pid = client.pid_in(tmp_path / "pid")
        assert client.call("turn/interrupt", threadId=thread, turnId="x") == {}
        assert client.until(method="turn/completed")[-1]["params"]["turn"]["status"] == "interrupted"
        assert Path(f"/proc/{pid}").exists()
        assert text(client.ask(thread, "again")) == "fine"
        client.close()
        assert gone(pid)


def test_a_conversation_goes_on_if_it_is_known(tmp_path: Path) -> None:
    with running(FakeCLI.codex(tmp_path, Report(), conversations=[KNOWN]), SERVER) as client:
        begin(client)
        assert client.call("thread/resume", threadId=KNOWN)["thread"]["id"] == KNOWN
        client.ask(KNOWN, "one")
        copy = client.call("thread/fork", threadId=KNOWN)["thread"]["id"]
        assert copy != KNOWN
        assert json.loads(text(client.ask(copy, "two")))["prompts"] == ["one", "two"]
        assert json.loads(text(client.ask(KNOWN, "three")))["prompts"] == ["one", "three"]
        assert "no rollout found" in client.call("thread/resume", threadId="unknown")["message"]


def test_unknown_requests_and_turns_of_nobody_are_refused(tmp_path: Path) -> None:
    with running(FakeCLI.codex(tmp_path, "x"), SERVER) as client:
        assert client.call("bogus")["code"] == -32600
        assert client.call("turn/start", threadId="unknown", input=[])["code"] == -32600


def test_a_turn_that_is_asked_for_during_another_waits(tmp_path: Path) -> None:
    with running(FakeCLI.codex(tmp_path, [Pause(0.1), "one"], "two"), SERVER) as client:
        thread = begin(client)
        for number in (7, 8):
            params = {"threadId": thread, "input": [{"text": "go"}]}
            client.send({"id": number, "method": "turn/start", "params": params})
        assert [text(client.until(method="turn/completed")) for _ in range(2)] == ["one", "two"]


def run(fake: FakeCLI, *arguments: str, prompt: str = "", **options: object) -> tuple[list[Record], int, str]:
    done = subprocess.run(
        [fake.program, *arguments],
        input=prompt.encode(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        **options,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(b"{")]
    return [json.loads(line) for line in lines], done.returncode, done.stderr.decode()


def items(records: list[Record], kind: str) -> list[Record]:
    return [record["item"] for record in records if record.get("item", {}).get("type") == kind]


@pytest.mark.parametrize(
    ("argument", "stdin", "prompt"), [("-", "hi", "hi"), ("hi", "", "hi"), ("hi", "more", "hi\n<stdin>more</stdin>")]
)
def test_exec_takes_its_prompt_from_the_arguments_and_standard_input(
    tmp_path: Path, argument: str, stdin: str, prompt: str
) -> None:
    found, code, _ = run(FakeCLI.codex(tmp_path), "exec", "--json", argument, prompt=stdin)
    assert (items(found, "agent_message")[0]["text"], code) == (prompt, 0)


def test_exec_tells_what_is_complete_and_asks_nobody(tmp_path: Path) -> None:
    turn = [
        *(Think("Hm"), "Hel", "lo", Shell("echo out"), Tool("mcp__calc__add", {}, "2"), Change("a.txt", "x")),
        *(Shell("touch made", ask=True), Plan([("Do", "pending")])),
    ]
    found, code, _ = run(FakeCLI.codex(tmp_path, turn), "exec", "--json", "-", cwd=tmp_path)
    assert [record["type"] for record in found][:2] == ["thread.started", "turn.started"]
    assert [items(found, kind)[0]["text"] for kind in ("reasoning", "agent_message")] == ["Hm", "Hello"]
    assert [item["status"] for item in items(found, "command_execution")] == [
        *("in_progress", "completed"),
        *("in_progress", "declined"),
    ]
    assert items(found, "mcp_tool_call")[-1]["status"] == "completed"
    assert items(found, "file_change")[-1]["changes"] == [{"path": str(tmp_path / "a.txt"), "kind": "add"}]
    assert not (tmp_path / "made").exists()
    assert items(found, "todo_list")[0]["items"] == [{"text": "Do", "completed": False}]
    assert (found[-1]["usage"]["input_tokens"], code) == (10, 0)


def test_exec_fails_with_the_turn(tmp_path: Path) -> None:
    found, code, _ = run(FakeCLI.codex(tmp_path, ["Hel", Retry(500), Fail(401, "No.")]), "exec", "--json", "-")
    assert (found[-1], code) == ({"type": "turn.failed", "error": {"message": "No."}}, 1)


def test_exec_goes_on_with_a_conversation_that_is_known(tmp_path: Path) -> None:
    fake = FakeCLI.codex(tmp_path, "x", conversations=[KNOWN])
    found, code, _ = run(fake, "exec", "resume", KNOWN, "hi")
    assert (found[0]["thread_id"], code) == (KNOWN, 0)
    found, code, errors = run(fake, "exec", "resume", "unknown", "hi")
    assert (found, code) == ([], 1)
    assert "no rollout found" in errors


def test_it_tells_its_version_and_its_login(tmp_path: Path) -> None:
    fake = FakeCLI.codex(tmp_path, logged_in=False)
    assert subprocess.run([fake.program, "--version"], capture_output=True).stdout == b"codex-cli 0.169.0\n"
    done = subprocess.run([fake.program, "login", "status"], capture_output=True)
    assert (done.stdout, done.returncode) == (b"Not logged in\n", 1)
