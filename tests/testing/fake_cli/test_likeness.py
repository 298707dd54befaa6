"""The fakes say nothing that the real ones do not: their records have no field that no transcript has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agents.acp import Acp, choose
from testing.fake_cli.client import CLAUDE, Client, Record, running

from claif.testing import FakeCLI
from claif.testing.fake_cli import Fail, Plan, Retry, Shell, Think, Tool

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts"


def recorded(pattern: str) -> Iterator[Record]:
    for path in sorted(TRANSCRIPTS.glob(pattern)):
        for line in path.read_bytes().split(b"\n"):
            if line.startswith(b"{") and line.endswith(b"}"):
                yield json.loads(line)


def shapes(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Each place of a record with the names of the fields there; lists count as their elements."""
    if isinstance(value, list):
        for each in value:
            yield from shapes(each, name)
    elif isinstance(value, dict):
        for field, inner in value.items():
            yield name, field
            yield from shapes(inner, f"{name}/{_kind(inner) or field}")


def _kind(value: Any) -> str:
    return str(value.get("type", "")) if isinstance(value, dict) else ""


def of_claude(record: Record) -> Iterator[tuple[str, str]]:
    kind = record["type"]
    more = record.get("subtype") if kind in ("system", "result") else (record.get("request") or {}).get("subtype")
    # What the model gives a tool is the tool's business, and models have names of their own.
    record = {name: value for name, value in record.items() if name not in ("modelUsage", "tool_use_result")}
    for place, field in shapes(record, f"{kind}/{more or ''}"):
        if "/input" not in place and not place.endswith(("/response", "/response/response")):
            yield place, field


def of_codex(record: Record) -> Iterator[tuple[str, str]]:
    yield from shapes(record, record.get("method", "answer"))


def test_claude_code_has_all_fields_of_the_fake(tmp_path: Path) -> None:
    turn = [Think("Hm"), "Hel", Shell("echo x", ask=True), Tool("mcp__a__b", {}, "2"), Retry(429), "lo"]
    fake = FakeCLI.claude(tmp_path, turn, Fail(401), turn)
    found: list[Record] = []
    with running(fake, [*CLAUDE, "--include-partial-messages"], cwd=tmp_path) as client:
        for prompt in ("one", "two", "/clear", "three"):
            client.user(prompt)
            for record in client.records():
                found.append(record)
                if record["type"] == "control_request":
                    verdict = {"behavior": "allow", "updatedInput": {}}
                    response = {"subtype": "success", "request_id": record["request_id"], "response": verdict}
                    client.send({"type": "control_response", "response": response})
                if record["type"] == "result":
                    break
    known = {shape for record in recorded("claude-*") for shape in of_claude(record)}
    # No transcript has thoughts; their shape is that of the API.
    invented = {shape for record in found for shape in of_claude(record) if "think" not in f"{shape}"} - known
    assert not invented - {("assistant//message/content", "signature")}


def conversation(client: Client) -> Iterator[Record]:
    for method, params in (("initialize", {}), ("thread/start", {})):
        client.send({"id": method, "method": method, "params": params})
        found = client.until(id=method)
        yield from found
    thread = found[-1]["result"]["thread"]["id"]
    for number in range(2):
        yield from client.allowed_turn(number + 100, thread)


def test_codex_has_all_fields_of_the_fake(tmp_path: Path) -> None:
    fake = FakeCLI.codex(tmp_path, ["Hel", Shell("echo x", ask=True), Retry(429), "lo"], Fail(401))
    with running(fake, ["app-server"], cwd=tmp_path) as client:
        found = list(conversation(client))
    known = {shape for record in recorded("codex-app-*") for shape in of_codex(record)}
    assert not sorted({shape for record in found for shape in of_codex(record)} - known)


def test_codex_exec_has_all_fields_of_the_fake(tmp_path: Path) -> None:
    fake = FakeCLI.codex(tmp_path, ["Hel", Shell("echo x"), Tool("mcp__a__b", {}, "2"), "lo"], Fail(401))
    found = []
    for _ in range(2):
        with running(fake, ["exec", "--json", "hi"], cwd=tmp_path) as client:
            client.child.stdin.close()
            found += list(client.records())
    known = {shape for record in recorded("codex-exec-*") for shape in shapes(record, record["type"])}
    assert not sorted({shape for record in found for shape in shapes(record, record["type"])} - known)


def of_acp(record: Record) -> Iterator[tuple[str, str]]:
    update = record.get("params", {}).get("update", {}).get("sessionUpdate", "")
    for place, field in shapes(record, f"{record.get('method', 'answer')}/{update}"):
        # What a tool is given and says is its own business.
        if "/rawInput" not in place and "/rawOutput" not in place:
            yield place, field


@pytest.mark.parametrize("agent", ["gemini", "qwen", "opencode", "copilot"])
def test_agents_that_speak_acp_have_all_fields_of_the_fake(tmp_path: Path, agent: Any) -> None:
    turn = [Think("Hm"), "Hel", Shell("echo x", ask=True), Tool("mcp__a__b", {}, "2"), Retry(429), "lo"]
    fake = FakeCLI.acp(tmp_path, turn, Fail(401), turn, agent=agent)
    with running(fake, [], cwd=tmp_path) as client:
        acp = Acp(client)
        acp.answers["session/request_permission"] = choose("allow_once")
        session = acp.begin(tmp_path)
        for _ in range(3):
            acp.prompt(session, "hi")
    known = {shape for record in recorded(f"acp-{agent}-*") for shape in of_acp(record)}
    assert not sorted({shape for record in acp.heard for shape in of_acp(record)} - known)


def test_gemini_cli_has_all_fields_of_the_fake(tmp_path: Path) -> None:
    fake = FakeCLI.gemini(tmp_path, ["Hel", Shell("echo x"), Plan([("Do", "pending")]), "lo"], Fail(401), Fail(0))
    found = []
    for _ in range(3):
        with running(fake, ["-o", "stream-json", "-p", "hi"], cwd=tmp_path) as client:
            client.child.stdin.close()
            found += list(client.records())
    models = {"models"}  # have names of their own
    known = {shape for record in recorded("gemini-*") for shape in of_gemini(record, models)}
    assert not sorted({shape for record in found for shape in of_gemini(record, models)} - known)


def of_gemini(record: Record, hidden: set[str]) -> Iterator[tuple[str, str]]:
    stats = {name: value for name, value in record.get("stats", {}).items() if name not in hidden}
    for place, field in shapes({**record, "stats": stats} if stats else record, record["type"]):
        if "/parameters" not in place:
            yield place, field


def test_a_field_that_was_invented_shows(tmp_path: Path) -> None:
    known = {shape for record in recorded("codex-app-*") for shape in of_codex(record)}
    record = {"method": "turn/started", "params": {"turn": {"invented": 1}}}
    assert set(of_codex(record)) - known == {("turn/started/params/turn", "invented")}
