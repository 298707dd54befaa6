"""The protocol's published schema: what Claif sends is what it allows, and whatever it allows is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from agents.acp_schema import AcpSchema, acp_schema
from claif_acp.agent import Agent, agent_of
from claif_acp.failures import failure
from claif_acp.permissions import CANCELLED, outcome, permission_requests
from claif_acp.presets import PRESETS
from claif_acp.tools import Call
from claif_acp.turn import Turn
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import ClaifError, ProtocolError
from claif.models import FileBlock, Finished, ImageBlock, Message, TextBlock, UnknownEvent

__all__ = ["acp_schema"]

NAMES = st.sampled_from(sorted(PRESETS))
Opened = Callable[..., AbstractAsyncContextManager[Any]]
REQUESTS = {
    "initialize": "InitializeRequest",
    "session/new": "NewSessionRequest",
    "session/load": "LoadSessionRequest",
    "session/prompt": "PromptRequest",
    "session/cancel": "CancelNotification",
    "session/set_mode": "SetSessionModeRequest",
}
ANSWERS = {
    "fs/read_text_file": "ReadTextFileResponse",
    "fs/write_text_file": "WriteTextFileResponse",
    "session/request_permission": "RequestPermissionResponse",
}


ASKED = {
    "read": ["fs/read_text_file"],
    "write": ["fs/write_text_file"],
    "edit": ["session/request_permission", "fs/write_text_file"],
}
"""What the small agent asks, by its ids."""


@pytest.mark.parametrize(
    ("behaviour", "words", "how"),
    [
        ("rich", (), {}),
        ("load", (), {"conversation": "known"}),
        ("mode", (), {}),
        ("read", ("a.txt",), {}),
        ("write", ("a.txt",), {"permission": "full"}),
        ("edit", ("a.txt",), {"permission": "full"}),
        ("edit", ("a.txt",), {"permission": "plan"}),
        ("terminal", ("a.txt",), {}),
    ],
)
async def test_what_is_sent_is_allowed(
    acp_schema: AcpSchema, opened: Opened, place: Any, behaviour: str, words: tuple[str, ...], how: dict[str, Any]
) -> None:
    blocks = [TextBlock("hi")]
    servers: dict[str, Any] = {"calc": {"command": "python3", "args": ["calc.py"], "env": {"A": "1"}}}
    if behaviour == "rich":
        servers["web"] = {"type": "http", "url": "https://x/", "headers": {"H": "2"}}
        blocks = [ImageBlock(b"png", "image/png"), FileBlock(b"\xff", "application/pdf"), *blocks]
        blocks.insert(0, FileBlock(b"text", "text/plain", name="a b"))
    (place.work / "a.txt").write_text("old\n")
    settings = {"preset": "claude-acp"} if behaviour == "mode" else {}  # one that has a mode in which it asks
    async with opened(behaviour, *words, mcp_servers=servers, **settings) as client:
        await client.query(Message.user(blocks), **how)
    seen = set()
    for line in place.log.read_text().splitlines():
        record = json.loads(line)
        assert record["jsonrpc"] == "2.0"
        if "method" in record:
            assert acp_schema.wrong(REQUESTS[record["method"]], record["params"]) == []
            seen.add(record["method"])
        elif "result" in record:
            assert acp_schema.wrong(ANSWERS[ASKED[behaviour][record["id"]]], record["result"]) == []
        else:
            assert acp_schema.wrong("Error", record["error"]) == []
    assert {"initialize", "session/prompt"} <= seen
    assert ("session/set_mode" in seen) is (behaviour == "mode")


@given(data=st.data(), name=NAMES)
def test_every_update_that_is_allowed_is_read(acp_schema: AcpSchema, data: st.DataObject, name: str) -> None:
    notification = data.draw(acp_schema.values("SessionNotification"))
    kinds = {"plan_update", "plan_removed", "notice", "compaction_update", "compaction_summary_chunk"}
    update = notification["update"]
    for event in Turn(PRESETS[name], name, None).feed(update):
        assert not isinstance(event, UnknownEvent) or update["sessionUpdate"] in kinds


@given(data=st.data())
def test_every_request_for_permission_that_is_allowed_is_read_and_answered(
    acp_schema: AcpSchema, data: st.DataObject
) -> None:
    params = data.draw(acp_schema.values("RequestPermissionRequest"))
    call = Call("t")
    call.take(params["toolCall"])
    assert permission_requests(call, "s")
    for allowed in (True, False):
        answer = outcome(params, allowed=allowed)
        assert acp_schema.wrong("RequestPermissionResponse", answer) == []
        ids = {option["optionId"] for option in params["options"]}
        assert answer == CANCELLED or answer["outcome"]["optionId"] in ids


@given(data=st.data(), name=NAMES)
def test_every_end_that_is_allowed_is_an_answer_or_an_error(
    acp_schema: AcpSchema, data: st.DataObject, name: str
) -> None:
    result = data.draw(acp_schema.values("PromptResponse"))
    try:
        events = list(Turn(PRESETS[name], name, None).end(result))
    except ClaifError:
        return
    assert isinstance(events[-1], Finished)


@given(data=st.data())
def test_every_greeting_that_is_allowed_is_read(acp_schema: AcpSchema, data: st.DataObject) -> None:
    result = data.draw(acp_schema.values("InitializeResponse"))
    try:
        agent = agent_of(result, "it")
    except ProtocolError:
        assert result["protocolVersion"] != 1
    else:
        assert isinstance(agent, Agent)


@given(data=st.data(), name=NAMES)
def test_every_error_that_is_allowed_is_one_of_claif(acp_schema: AcpSchema, data: st.DataObject, name: str) -> None:
    error = data.draw(acp_schema.values("Error"))
    preset = PRESETS[name]
    found = failure(error, agent=Agent(), provider=name, model=None, login=preset.login, status=preset.status)
    assert isinstance(found, ClaifError)
