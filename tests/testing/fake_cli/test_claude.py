"""The fake Claude Code speaks as the real one does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from testing.fake_cli.client import CLAUDE, PATIENCE, Record, gone, running, texts

from claif.testing import FakeCLI, Pause
from claif.testing.fake_cli import Change, Fail, Plan, Report, Retry, Shell, Think, Tool

KNOWN = "0b5f7c1e-1111-4222-8333-123456789abc"


def only(records: list[Record], kind: str) -> list[Record]:
    return [record for record in records if record["type"] == kind]


def deltas(records: list[Record], name: str) -> list[str]:
    inner = [record["event"].get("delta", {}) for record in only(records, "stream_event")]
    return [delta[name] for delta in inner if name in delta]


def test_without_a_script_it_repeats_the_prompt(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path)
    with running(fake) as client:
        found = client.turn("Grüezi 東京 \u2028")
        assert texts(found) == [found[-1]["result"]] == ["Grüezi 東京 \u2028"]
        assert client.close() == 0
    assert fake.runs[0].records[0]["message"]["content"] == "Grüezi 東京 \u2028"


def test_it_thinks_and_streams_and_tells_each_block_whole(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, [Think("H"), Think("m"), "Hel", "lo"])
    with running(fake, [*CLAUDE, "--include-partial-messages"]) as client:
        found = client.turn("hi")
    assert deltas(found, "thinking") == ["H", "m"]
    assert deltas(found, "text") == ["Hel", "lo"]
    blocks = [record["message"]["content"][0] for record in only(found, "assistant")]
    assert [(block["type"], block.get("thinking", block.get("text"))) for block in blocks] == [
        ("thinking", "Hm"),
        ("text", "Hello"),
    ]
    assert len({record["message"]["id"] for record in only(found, "assistant")}) == 1


def test_without_being_asked_for_pieces_it_tells_none(tmp_path: Path) -> None:
    with running(FakeCLI.claude(tmp_path, ["Hel", "lo"])) as client:
        assert not only(client.turn("hi"), "stream_event")


def test_turns_follow_the_script_and_the_last_one_is_repeated(tmp_path: Path) -> None:
    with running(FakeCLI.claude(tmp_path, "one", "two")) as client:
        assert [client.turn("hi")[-1]["result"] for _ in range(3)] == ["one", "two", "two"]


def test_usage_is_of_the_turn_and_cost_of_the_process(tmp_path: Path) -> None:
    with running(FakeCLI.claude(tmp_path, "one")) as client:
        first, second = client.turn("a")[-1], client.turn("b")[-1]
    assert first["usage"] == second["usage"]
    assert (first["total_cost_usd"], second["total_cost_usd"]) == (0.001, 0.002)
    assert second["modelUsage"]["fake-1"]["inputTokens"] == 20


def test_clearing_begins_a_conversation_that_knows_nothing_of_the_last(tmp_path: Path) -> None:
    with running(FakeCLI.claude(tmp_path, "one", Report())) as client:
        before = client.turn("canary")[-1]["session_id"]
        after = client.turn("/clear")[-1]
        assert (after["is_error"], after["session_id"] != before) == (False, True)
        assert json.loads(client.turn("second")[-1]["result"])["prompts"] == ["second"]
        assert json.loads(client.turn("third")[-1]["result"])["prompts"] == ["second", "third"]


@pytest.mark.parametrize("allow", [True, False])
def test_it_asks_for_permission_and_does_what_it_may(tmp_path: Path, allow: bool) -> None:
    fake = FakeCLI.claude(tmp_path, [Shell("touch made", ask=True), "Done."])
    with running(fake, cwd=tmp_path) as client:
        client.user("go")
        request = client.until(type="control_request")[-1]
        assert request["request"]["input"] == {"command": "touch made"}
        verdict = {"behavior": "allow", "updatedInput": {}} if allow else {"behavior": "deny", "message": "No."}
        response = {"subtype": "success", "request_id": request["request_id"], "response": verdict}
        client.send({"type": "control_response", "response": response})
        found = client.until(type="result")
    assert (tmp_path / "made").exists() is allow
    (outcome,) = only(found, "user")
    assert outcome["message"]["content"][0]["is_error"] is not allow
    assert bool(found[-1]["permission_denials"]) is not allow
    assert found[-1]["result"] == "Done."


def test_without_anybody_to_ask_it_may_not(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, Shell("touch made", ask=True))
    with running(fake, CLAUDE[:3], cwd=tmp_path) as client:
        assert client.turn("go")[-1]["permission_denials"]
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("before", "after", "tool"), [(None, "one\n", "Write"), ("one\n", "two\n", "Edit"), ("one\n", None, "Bash")]
)
def test_files_are_really_changed(tmp_path: Path, before: str | None, after: str | None, tool: str) -> None:
    path = tmp_path / "a.txt"
    if before is not None:
        path.write_text(before)
    with running(FakeCLI.claude(tmp_path, Change("a.txt", after)), cwd=tmp_path) as client:
        found = client.turn("go")
    assert (path.read_text() if path.exists() else None) == after
    assert only(found, "assistant")[0]["message"]["content"][0]["name"] == tool
    told = only(found, "user")[0]["tool_use_result"]
    assert told["filePath"] == str(path)
    lines = [line for hunk in told["structuredPatch"] for line in hunk["lines"]]
    assert lines == ([] if before is None else ["-one", *(["+two"] if after else [])])


def test_a_file_that_cannot_be_written_is_a_failed_tool(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with running(FakeCLI.claude(tmp_path, Change("a.txt", "x")), cwd=tmp_path) as client:
        assert only(client.turn("go"), "user")[0]["message"]["content"][0]["is_error"]


def test_tools_of_others_and_plans_are_told(tmp_path: Path) -> None:
    turn = [Tool("mcp__calc__add", {"a": 1}, "2"), Plan([("Look", "completed"), ("Do", "pending")])]
    with running(FakeCLI.claude(tmp_path, turn)) as client:
        found = client.turn("go")
    uses = [record["message"]["content"][0] for record in only(found, "assistant")]
    assert next((use["name"], use["input"]) for use in uses) == ("mcp__calc__add", {"a": 1})
    assert [todo["status"] for todo in uses[1]["input"]["todos"]] == ["completed", "pending"]


@pytest.mark.parametrize(
    ("status", "kind"), [(401, "authentication_failed"), (429, "rate_limit"), (500, "server_error"), (0, "unknown")]
)
def test_a_failed_turn_is_a_success_with_an_error_and_the_process_goes_on(
    tmp_path: Path, status: int, kind: str
) -> None:
    with running(FakeCLI.claude(tmp_path, ["Hel", Fail(status, "No.")], "fine")) as client:
        found = client.turn("go")
        assert (found[-1]["subtype"], found[-1]["is_error"], found[-1]["result"]) == ("success", True, "No.")
        assert found[-1]["api_error_status"] == (status or None)
        assert only(found, "assistant")[-1]["error"] == kind
        assert client.turn("again")[-1]["result"] == "fine"
        assert client.close() == 0


def test_the_exit_code_tells_of_the_last_turn(tmp_path: Path) -> None:
    with running(FakeCLI.claude(tmp_path, Fail())) as client:
        client.turn("go")
        assert client.close() == 1


def test_asking_again_voids_what_was_said(tmp_path: Path) -> None:
    with running(FakeCLI.claude(tmp_path, ["Hel", Retry(529), "Hello"])) as client:
        found = client.turn("go")
    assert [record["error_status"] for record in found if record.get("subtype") == "api_retry"] == [529]
    assert texts(found) == ["Hello"]


def test_an_interrupted_turn_ends_its_tools_and_the_next_one_works(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, ["Hel", Shell("sleep 300 & echo $! > pid; wait")], "fine")
    with running(fake, cwd=tmp_path) as client:
        client.user("go")
        client.until(type="assistant")
        pid = client.pid_in(tmp_path / "pid")
        assert client.control("interrupt")["subtype"] == "success"
        end = client.until(type="result")[-1]
        assert (end["subtype"], end["terminal_reason"]) == ("error_during_execution", "aborted_streaming")
        assert gone(pid)
        assert client.turn("again")[-1]["result"] == "fine"


def test_control_requests_are_answered_and_unknown_ones_refused(tmp_path: Path) -> None:
    with running(FakeCLI.claude(tmp_path, "x")) as client:
        assert client.control("initialize")["response"]["pid"]
        assert client.control("mcp_set_servers", servers={"calc": {}})["response"]["added"] == ["calc"]
        client.control("set_model", model="other")
        client.control("set_permission_mode", mode="plan")
        init = client.turn("go")[0]
        assert (init["model"], init["permissionMode"]) == ("other", "plan")
        assert client.control("bogus")["subtype"] == "error"


def ask_once(fake: FakeCLI, *arguments: str, prompt: str = "") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [fake.program, *arguments], input=prompt.encode(), capture_output=True, timeout=PATIENCE, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "prompt"), [(["--", "-x in arguments"], ""), ([], "-x in arguments")], ids=["argument", "stdin"]
)
def test_one_prompt_can_come_in_the_arguments_or_on_standard_input(
    tmp_path: Path, arguments: list[str], prompt: str
) -> None:
    done = ask_once(FakeCLI.claude(tmp_path), *CLAUDE[:2], *arguments, prompt=prompt)
    last: Any = json.loads(done.stdout.splitlines()[-1])
    assert (last["result"], done.returncode) == ("-x in arguments", 0)


def test_a_conversation_goes_on_if_it_is_known(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, "x", conversations=[KNOWN])
    with running(fake, [*CLAUDE, f"--resume={KNOWN}"]) as client:
        assert client.turn("go")[-1]["session_id"] == KNOWN
    with running(fake, [*CLAUDE, f"--resume={KNOWN}", "--fork-session"]) as client:
        assert client.turn("go")[-1]["session_id"] != KNOWN
    done = ask_once(fake, *CLAUDE, "--resume=unknown", prompt='{"type":"user","message":{"content":"x"}}\n')
    (only_record,) = map(json.loads, done.stdout.splitlines())
    assert (only_record["errors"], done.returncode) == (["No conversation found with session ID: unknown"], 1)


def test_a_line_that_is_no_json_ends_it(tmp_path: Path) -> None:
    done = ask_once(FakeCLI.claude(tmp_path), *CLAUDE, prompt="hello\n")
    assert done.returncode == 1
    assert b"Error parsing streaming input line" in done.stderr


def test_it_tells_its_version_and_its_login(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, version="9.8.7", logged_in=False)
    assert ask_once(fake, "--version").stdout == b"9.8.7 (Claude Code)\n"
    status = ask_once(fake, "auth", "status")
    assert (json.loads(status.stdout)["loggedIn"], status.returncode) == (False, 1)
    assert ask_once(FakeCLI.claude(tmp_path), "auth", "status").returncode == 0
    assert not fake.runs


def test_what_is_asked_during_a_turn_waits(tmp_path: Path) -> None:
    with running(FakeCLI.claude(tmp_path, [Pause(0.1), "one"], "two")) as client:
        client.user("a")
        client.user("b")
        results = [client.until(type="result")[-1]["result"] for _ in range(2)]
    assert results == ["one", "two"]
