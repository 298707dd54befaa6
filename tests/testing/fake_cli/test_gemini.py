"""The fake Gemini CLI answers one prompt as the real one does."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from testing.fake_cli.client import PATIENCE, Record, running

from claif.testing import FakeCLI, Pause
from claif.testing.fake_cli import Change, Fail, Plan, Report, Retry, Shell, Stop, Think, Tool

STREAM = ["-o", "stream-json", "-m", "m-1"]
KNOWN = "0b5f7c1e-1111-4222-8333-123456789abc"


def run(fake: FakeCLI, *arguments: str, given: str = "", **options: Any) -> tuple[list[Record], int, str]:
    done = subprocess.run(
        [fake.program, *STREAM, *arguments],
        input=given.encode(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        **options,
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode, done.stderr.decode()


def only(records: list[Record], kind: str) -> list[Record]:
    return [record for record in records if record["type"] == kind]


def text(records: list[Record]) -> str:
    return "".join([record["content"] for record in only(records, "message") if record["role"] == "assistant"])


def test_without_a_script_it_repeats_standard_input_and_the_prompt(tmp_path: Path) -> None:
    found, code, _ = run(FakeCLI.gemini(tmp_path), "-p", "Grüezi 東京", given="before")
    assert (code, text(found), found[0]["model"]) == (0, "before\n\nGrüezi 東京", "m-1")
    assert [record["type"] for record in found] == ["init", "message", "message", "result"]
    assert (found[1]["role"], found[1]["content"]) == ("user", "before\n\nGrüezi 東京")


def test_it_streams_without_thoughts_and_counts(tmp_path: Path) -> None:
    found, _, _ = run(FakeCLI.gemini(tmp_path, [Think("Hm"), "Hel", "lo"]), "-p", "hi")
    assert [record["content"] for record in only(found, "message")[1:]] == ["Hel", "lo"]
    stats = found[-1]["stats"]
    assert (stats["input_tokens"], stats["output_tokens"], stats["cached"], stats["input"]) == (10, 6, 4, 6)
    assert list(stats["models"]) == ["m-1"]


@pytest.mark.parametrize("options", [["-y"], ["--approval-mode=yolo"], []])
def test_what_needs_permission_is_done_if_all_is_allowed(tmp_path: Path, options: list[str]) -> None:
    turn = [Shell("touch made", ask=True), Change("a.txt", "x", ask=True)]
    found, code, _ = run(FakeCLI.gemini(tmp_path, turn), *options, "-p", "go", cwd=tmp_path)
    allowed = bool(options)
    assert (code, (tmp_path / "made").exists(), (tmp_path / "a.txt").exists()) == (0, allowed, allowed)
    assert {record["status"] for record in only(found, "tool_result")} == {"success" if allowed else "error"}
    assert [record["tool_name"] for record in only(found, "tool_use")] == ["run_shell_command", "write_file"]


def test_commands_tools_of_others_and_plans_are_told(tmp_path: Path) -> None:
    turn = [Shell("echo out; exit 3"), Tool("mcp__calc__add", {"a": 1}, "2"), Plan([("Do", "in_progress")])]
    found, _, _ = run(FakeCLI.gemini(tmp_path, turn), "-p", "go")
    assert [record["tool_name"] for record in only(found, "tool_use")] == [
        *("run_shell_command", "mcp_calc_add", "write_todos")
    ]
    assert [(record["status"], record["output"]) for record in only(found, "tool_result")] == [
        *(("error", "out\n"), ("success", "2"), ("success", ""))
    ]
    assert found[-1]["stats"]["tool_calls"] == 3


@pytest.mark.parametrize(("status", "code"), [(400, 144), (401, 145), (404, 1), (429, 173), (500, 244)])
def test_a_failed_turn_ends_with_its_status(tmp_path: Path, status: int, code: int) -> None:
    found, ended, errors = run(FakeCLI.gemini(tmp_path, Fail(status, "No.")), "-p", "go")
    assert (ended, found[-1]["status"], str(status) in errors) == (code, "error", True)
    assert json.loads(found[-1]["error"]["message"][len("[API Error: ") : -1])["error"]["code"] == status


def test_a_cut_is_an_error_that_ends_well(tmp_path: Path) -> None:
    found, code, _ = run(FakeCLI.gemini(tmp_path, ["Hel", Fail(0)]), "-p", "go")
    assert (code, found[-2]["type"], found[-1]["status"], "error" in found[-1]) == (0, "error", "error", False)


def test_asking_again_repeats_what_was_said_and_tells_it_elsewhere(tmp_path: Path) -> None:
    found, _, errors = run(FakeCLI.gemini(tmp_path, ["Hel", Retry(500), "Hello"]), "-p", "go")
    assert (text(found), "500" in errors) == ("HelHello", True)


def test_a_limit_of_turns_and_a_loop_end_it(tmp_path: Path) -> None:
    found, code, _ = run(FakeCLI.gemini(tmp_path / "a", Stop("max_turn_requests")), "-p", "go")
    assert (code, found[-1]["error"]["type"]) == (53, "FatalTurnLimitedError")
    found, code, _ = run(FakeCLI.gemini(tmp_path / "b", Stop("loop")), "-p", "go")
    assert (code, found[-1]["status"], found[-1]["stats"]["total_tokens"]) == (0, "success", 0)
    assert (found[-2]["severity"], "Loop detected" in found[-2]["message"]) == ("warning", True)


def test_without_a_key_or_a_known_conversation_it_says_nothing(tmp_path: Path) -> None:
    assert run(FakeCLI.gemini(tmp_path / "a", logged_in=False), "-p", "go")[:2] == ([], 41)
    fake = FakeCLI.gemini(tmp_path / "b", Report(), conversations=[KNOWN])
    assert run(fake, "--resume", "unknown", "-p", "go")[:2] == ([], 42)
    found, code, _ = run(fake, "--resume", KNOWN, "-p", "go")
    assert (code, found[0]["session_id"]) == (0, KNOWN)
    assert json.loads(text(found))["prompts"] == ["go"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well_and_without_a_result(tmp_path: Path, number: signal.Signals) -> None:
    fake = FakeCLI.gemini(tmp_path, ["Hel", Pause(30)])
    with running(fake, [*STREAM, "-p", "go"]) as client:
        client.child.stdin.close()
        assert client.until(role="assistant")
        client.child.send_signal(number)
        assert client.child.wait(PATIENCE) == 0
        assert list(client.records()) == []


def test_it_tells_its_version(tmp_path: Path) -> None:
    for agent, version in (("gemini", "0.61.0"), ("qwen", "0.15.10"), ("copilot", "1.0.102")):
        fake = FakeCLI.acp(tmp_path, agent=agent)
        done = subprocess.run([fake.program, "--version"], capture_output=True, timeout=PATIENCE, check=True)
        assert version in done.stdout.decode()
