"""A transcript of a real CLI is played as it was recorded."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from testing.fake_cli.client import CLAUDE, PATIENCE, Client, Record, running

from claif.testing import replay
from claif.testing.fake_cli.program.replay import answer_id, ordered, request_id

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts"
ONE_WAY = sorted(path.name for path in TRANSCRIPTS.glob("*.jsonl"))
DUPLEX = sorted(path.name for path in TRANSCRIPTS.glob("*.duplex"))


def recorded(name: str) -> list[tuple[bool, Record]]:
    lines = (TRANSCRIPTS / name).read_bytes().split(b"\n")
    return [(line.startswith(b">> "), json.loads(line.removeprefix(b">> "))) for line in lines if line]


@pytest.mark.parametrize("name", ONE_WAY)
def test_what_was_written_is_written_byte_by_byte(name: str, tmp_path: Path) -> None:
    program = replay(TRANSCRIPTS / name, tmp_path, code=3, stderr="warning\n")
    arguments = ["exec", "-"] if name.startswith("codex") else []
    done = subprocess.run([program.program, *arguments], input=b"hi", capture_output=True, timeout=PATIENCE)
    assert done.stdout == (TRANSCRIPTS / name).read_bytes()
    assert (done.stderr, done.returncode) == (b"warning\n", 3)
    assert program.program.name == name.partition("-")[0]


def test_it_ends_by_the_signal_by_which_the_recorded_one_ended(tmp_path: Path) -> None:
    program = replay(TRANSCRIPTS / "codex-exec-sigterm-during-tool.jsonl", tmp_path, code=-15)
    done = subprocess.run([program.program, "exec"], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
    assert done.returncode == -15


def test_a_client_that_greets_and_asks_in_json_gets_its_greeting_answered(tmp_path: Path) -> None:
    with running(replay(TRANSCRIPTS / "claude-ok.jsonl", tmp_path)) as client:
        assert client.control("initialize")["subtype"] == "success"
        client.user("hi")
        assert client.until(type="result")[-1]["result"] == "ECHO[6]: say hi"
        assert client.child.wait(PATIENCE) == 0


def play(client: Client, lines: list[tuple[bool, Record]], shift: int) -> None:
    """Play the recorded client with other ids, and compare what it is told."""
    ids: dict[object, object] = {}
    for mine, record in lines:
        if not mine:
            assert restored(json.loads(client.line()), ids) == record
            continue
        number = request_id(record)
        if number is None:
            client.send(record)
            continue
        own = number + shift if isinstance(number, int) else f"{number}-{shift}"
        ids[own] = number
        client.send({**record, "request_id" if "type" in record else "id": own})


def restored(record: Record, ids: dict[object, object]) -> Record:
    own = answer_id(record)
    if own not in ids:
        return record
    if "response" in record:
        return {**record, "response": {**record["response"], "request_id": ids[own]}}
    return {**record, "id": ids[own]}


@pytest.mark.parametrize("shift", [0, 70])
@pytest.mark.parametrize("name", DUPLEX)
def test_both_directions_are_played_whatever_ids_the_client_has(name: str, shift: int, tmp_path: Path) -> None:
    lines = recorded(name)
    with running(replay(TRANSCRIPTS / name, tmp_path)) as client:
        played = ordered([(mine, b"", record) for mine, record in lines])
        play(client, [(mine, record) for mine, _, record in played], shift)
        assert client.close() == 0


def test_a_client_that_waits_for_each_answer_gets_it(tmp_path: Path) -> None:
    with running(replay(TRANSCRIPTS / "claude-permission.duplex", tmp_path)) as client:
        assert client.control("initialize")["subtype"] == "success"
        assert client.control("mcp_set_servers", servers={})["subtype"] == "success"
        client.user("anything")
        assert client.until(type="control_request")[-1]["request"]["subtype"] == "can_use_tool"


def test_codex_is_answered_what_was_not_recorded(tmp_path: Path) -> None:
    with running(replay(TRANSCRIPTS / "codex-app-ok.duplex", tmp_path), ["app-server"]) as client:
        assert client.call("model/list") == {}
        assert client.call("initialize")["platformFamily"] == "unix"


def test_a_client_that_leaves_too_early_is_told_what_was_expected(tmp_path: Path) -> None:
    program = replay(TRANSCRIPTS / "codex-app-ok.duplex", tmp_path)
    done = subprocess.run([program.program, "app-server"], stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 1
    assert b"ended before rpc initialize" in done.stderr


def test_programs_lie_beside_a_copy_of_the_transcript(tmp_path: Path) -> None:
    program = replay(TRANSCRIPTS / "claude-ok.jsonl", tmp_path / "deep", name="other")
    assert sorted(path.name for path in program.program.parent.iterdir()) == [
        "other",
        "other.json",
        "other.runs",
        "other.transcript",
    ]


LINES = st.lists(
    st.tuples(st.booleans(), st.integers(0, 3)).map(
        lambda made: (
            made[0],
            b"",
            {"id": made[1], "method": "m"} if made[0] else {"id": made[1], "result": {}},
        )
    ),
    max_size=12,
)


@given(LINES)
def test_putting_answers_before_the_next_line_of_the_client_loses_and_doubles_nothing(lines) -> None:
    found = ordered(lines)
    assert sorted(map(repr, found)) == sorted(map(repr, lines))
    assert [each for each in found if each[0]] == [each for each in lines if each[0]]


def test_arguments_with_the_format_apart_are_understood(tmp_path: Path) -> None:
    arguments = [*CLAUDE[:2], "--input-format", "stream-json"]
    with running(replay(TRANSCRIPTS / "claude-ok.jsonl", tmp_path), arguments) as client:
        assert client.control("initialize")["subtype"] == "success"
