"""The fake Codex keeps to the schema that the real one generates of its protocol."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from agents.clis import PATIENCE, codex_environment
from testing.fake_cli.client import Client, Record, running

from claif.testing import FakeCLI
from claif.testing.fake_cli import Change, Fail, Plan, Retry, Shell, Think, Tool

RESPONSES = {"thread/start": "ThreadStartResponse", "thread/fork": "ThreadForkResponse", "turn/start": None}


@pytest.fixture(scope="module")
def schema(codex_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("schema")
    subprocess.run(
        [codex_program, "app-server", "generate-json-schema", "--out", folder / "out"],
        env=codex_environment(folder / "home"),
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    return folder / "out"


def validator(path: Path) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(path.read_text()))


def conversation(client: Client) -> Iterator[Record]:
    """All that the fake says in three turns of a client that allows everything."""
    client.call("initialize", clientInfo={"name": "test", "version": "1"})
    yield {"answers": "thread/start", "result": client.call("thread/start")}
    thread = client.call("thread/start")["thread"]["id"]
    yield {"answers": "thread/fork", "result": client.call("thread/fork", threadId=thread)}
    for number in range(100, 103):
        yield from client.allowed_turn(number, thread)


def problems(schema: Path, record: dict[str, Any]) -> list[str]:
    """What the schema finds wrong with something that the fake said."""
    if "answers" in record:
        found = validator(schema / "v2" / f"{RESPONSES[record['answers']]}.json").iter_errors(record["result"])
    elif "method" in record:
        name = "ServerRequest.json" if "id" in record else "ServerNotification.json"
        own = {name: value for name, value in record.items() if name != "emittedAtMs"}
        found = validator(schema / name).iter_errors(own)
    else:
        found = validator(schema / "JSONRPCResponse.json").iter_errors(record)
    return [f"{record.get('method')}: {_reason(error)}" for error in found]


def _reason(error: jsonschema.ValidationError) -> str:
    """The reason that is about this record, and not about all the others that it could have been."""
    deepest = max([error, *_below(error)], key=lambda each: len(each.absolute_path))
    return f"{'/'.join(map(str, deepest.absolute_path))}: {deepest.message[:300]}"


def _below(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    for each in error.context or ():
        yield each
        yield from _below(each)


def test_all_that_the_fake_says_is_valid(schema: Path, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("one\n")
    turn = [
        *(Think("Hm"), "Hel", "lo", Shell("echo x", ask=True), Tool("mcp__calc__add", {"a": 1}, "2")),
        *(Change("new", "x", ask=True), Change("old", "two\n"), Change("old", None)),
        *(Plan([("Look", "completed"), ("Do", "in_progress"), ("Tell", "pending")]), Retry(429)),
    ]
    fake = FakeCLI.codex(tmp_path, turn, Fail(401), Fail(0))
    with running(fake, ["app-server"], cwd=tmp_path) as client:
        said = list(conversation(client))
    assert len({record.get("method") for record in said}) > 10
    assert not [problem for record in said for problem in problems(schema, record)]


def test_what_is_not_valid_is_found(schema: Path) -> None:
    record = {"method": "turn/plan/updated", "params": {"threadId": "a", "turnId": "b", "plan": [{"step": 1}]}}
    assert problems(schema, record)
