"""A whole agent, small enough to be told what to do: greeting, sessions, files, permission, cancellation and ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import trio
from claif_acp import driver
from claif_acp.files import WRITE
from patience import until

from claif.errors import AuthenticationError, ClaifError, InvalidQueryError, ProtocolError, TimeoutError, TransportError
from claif.models import (
    Decision,
    FileBlock,
    FileChange,
    ImageBlock,
    Message,
    PermissionDecided,
    PermissionRequest,
    TextBlock,
    ToolResult,
)
from claif.transport.process import pool

Opened = Callable[..., AbstractAsyncContextManager[Any]]
Place = Any


def approve(*, allowed: bool) -> tuple[Any, list[PermissionRequest]]:
    asked: list[PermissionRequest] = []

    async def answer(request: PermissionRequest) -> Decision:
        asked.append(request)
        return Decision(allowed=allowed, by="user")

    return answer, asked


async def test_each_query_has_a_session_of_its_own_in_a_warm_process(opened: Opened, place: Place) -> None:
    async with opened("answer") as client:
        first, second = await client.query("one"), await client.query("two", system="Be terse.")
        stats = client.provider("small").context.processes.pool.stats("small")
    assert (first.text, second.text) == ("The answer of session-1.", "The answer of session-2.")
    assert first.conversation is None
    assert (stats.started, stats.reused) == (1, 1)
    (greeting,) = place.told("initialize")
    assert greeting["protocolVersion"] == 1
    assert greeting["clientCapabilities"] == {"fs": {"readTextFile": True, "writeTextFile": True}, "terminal": False}
    assert [each["prompt"] for each in place.told("session/prompt")] == [
        [{"type": "text", "text": "one"}],
        [{"type": "text", "text": "Be terse."}, {"type": "text", "text": "two"}],
    ]
    assert place.told("session/new") == [{"cwd": str(place.work), "mcpServers": []}] * 2


@pytest.mark.parametrize(("preset", "same"), [("qwen", True), (None, False)])
async def test_commands_that_are_told_after_the_answer_leave_an_agent_warm_that_tells_them(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, preset: str | None, same: bool
) -> None:
    """They are taken while it begins the next session; of an agent that does not, nobody knows what it will say."""
    monkeypatch.setattr(driver, "COMMANDS_TIMEOUT", 20.0)
    monkeypatch.setattr(pool, "HEALTH_TIMEOUT", 20.0)
    async with opened("tardy", **({"preset": preset} if preset else {})) as client:
        assert (await client.query("one")).text == "The answer of session-1."
        second = (await client.query("two")).text
        stats = client.provider("small").context.processes.pool.stats("small")
    assert second == ("The answer of session-2." if same else "The answer of session-1.")
    assert (stats.started, stats.reused) == ((1, 1) if same else (2, 0))


@pytest.mark.parametrize(("behaviour", "told"), [("rich", True), ("answer", False)])
async def test_further_folders_are_told_to_agents_that_know_of_them(
    opened: Opened, place: Place, behaviour: str, told: bool
) -> None:
    async with opened(behaviour) as client:
        await client.query("one", add_dirs=[place.home])
    (sent,) = place.told("session/new")
    assert sent.get("additionalDirectories") == ([str(place.home)] if told else None)


async def test_what_may_only_be_read_is_offered_for_reading_only(opened: Opened, place: Place) -> None:
    async with opened("answer") as client:
        await client.query("hi", permission="plan")
    async with opened("answer", serve_files=False) as client:
        await client.query("hi")
    offers = [greeting["clientCapabilities"]["fs"] for greeting in place.told("initialize")]
    assert [(offer["readTextFile"], offer["writeTextFile"]) for offer in offers] == [(True, False), (False, False)]


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        ("version", ProtocolError, "version 2"),
        ("login", AuthenticationError, "not logged in"),
        ("exit", TransportError, "exit code 0"),
    ],
)
async def test_a_failure_is_typed(opened: Opened, behaviour: str, kind: type[ClaifError], words: str) -> None:
    async with opened(behaviour) as client:
        with pytest.raises(kind, match=words) as caught:
            await client.query("hi")
    assert behaviour != "login" or "Key (Set KEY); Web" in (caught.value.hint or "")


async def test_a_conversation_is_gone_on_with_and_what_was_said_is_not_said_again(opened: Opened) -> None:
    async with opened("load") as client:
        reply = await client.query("hi", conversation="known")
        assert (reply.text, reply.conversation) == ("The answer of known.", "known")
        with pytest.raises(InvalidQueryError, match="Resource not found"):
            await client.query("hi", conversation="unknown")
    async with opened("answer") as client:
        with pytest.raises(InvalidQueryError, match="go on"):
            await client.query("hi", conversation="known")


@pytest.mark.parametrize(
    ("words", "conversation", "cost"), [((), None, 0.75), (("0.5",), "known", 0.25), ((), "known", None)]
)
async def test_the_cost_is_that_of_the_query_or_is_not_told(
    opened: Opened, words: tuple[str, ...], conversation: str | None, cost: float | None
) -> None:
    async with opened("load", *words) as client:
        assert (await client.query("hi", conversation=conversation)).usage.cost == cost


async def test_attachments_and_servers_go_to_an_agent_that_takes_them(opened: Opened, place: Place) -> None:
    blocks = [ImageBlock(b"png", "image/png"), FileBlock(b"text", "text/plain", name="a b"), TextBlock("/clear")]
    servers = {
        "calc": {"command": "python3", "args": ["calc.py"], "env": {"A": "1"}},
        "web": {"type": "http", "url": "https://x/", "headers": {"H": "2"}},
    }
    async with opened("rich", mcp_servers=servers) as client:
        await client.query(Message.user(blocks))
    (sent,) = place.told("session/prompt")
    assert sent["prompt"] == [
        {"type": "image", "mimeType": "image/png", "data": "cG5n"},
        {"type": "resource", "resource": {"uri": "attachment:///a%20b", "mimeType": "text/plain", "text": "text"}},
        {"type": "text", "text": "\u2060/clear"},
    ]
    assert place.told("session/new")[0]["mcpServers"] == [
        {"name": "calc", "command": "python3", "args": ["calc.py"], "env": [{"name": "A", "value": "1"}]},
        {"type": "http", "name": "web", "url": "https://x/", "headers": [{"name": "H", "value": "2"}]},
    ]


async def test_what_an_agent_does_not_take_is_refused_before_it_is_asked(opened: Opened, place: Place) -> None:
    async with opened("answer") as client:
        with pytest.raises(InvalidQueryError, match="ImageBlock"):
            await client.query(Message.user([ImageBlock(b"png", "image/png"), TextBlock("?")]))
        with pytest.raises(InvalidQueryError, match="no text"):
            await client.query(Message.user([FileBlock(b"\xff", "application/pdf"), TextBlock("?")]))
    async with opened("answer", mcp_servers={"web": {"type": "http", "url": "https://x/"}}) as client:
        with pytest.raises(InvalidQueryError, match="by http"):
            await client.query("hi")
    async with opened("answer", model="m") as client:
        with pytest.raises(InvalidQueryError, match="model be chosen"):
            await client.query("hi")
    async with opened("answer", api_key="k") as client:
        with pytest.raises(InvalidQueryError, match="a key or an endpoint"):
            await client.query("hi")
    assert place.told("session/prompt") == []


async def test_a_file_is_read_as_far_as_it_is_asked_for(opened: Opened, place: Place) -> None:
    path = place.work / "a.txt"
    path.write_text("one\ntwo\nthree\n")
    async with opened("read", str(path)) as client:
        answer = json.loads((await client.query("hi", permission="plan")).text)
    assert answer["result"] == {"content": "two\n"}


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_file_is_written_if_the_user_allows_it(opened: Opened, place: Place, allowed: bool) -> None:
    path = place.work / "a.txt"
    path.write_text("old\n")
    approver, asked = approve(allowed=allowed)
    async with opened("write", str(path), approver=approver) as client:
        answer = json.loads((await client.query("hi")).text)
    assert ("result" in answer) is allowed
    assert path.read_text() == ("new\n" if allowed else "old\n")
    assert [(each.kind, each.subject, each.diff) for each in asked] == [
        ("edit", str(path), "@@ -1 +1 @@\n-old\n+new\n")
    ]


@pytest.mark.parametrize("target", ["../outside.txt", ".git/config", "link/x.txt", ".env"])
async def test_a_file_elsewhere_is_not_written_whatever_is_allowed(opened: Opened, place: Place, target: str) -> None:
    (place.work.parent / "elsewhere").mkdir()
    (place.work / "link").symlink_to(place.work.parent / "elsewhere")
    async with opened("write", str(place.work / target)) as client:
        answer = json.loads((await client.query("hi", permission="full")).text)
    assert "error" in answer
    assert not (place.work / target).exists()


async def test_an_edit_that_was_allowed_is_not_asked_for_again_when_it_is_written(opened: Opened, place: Place) -> None:
    path = place.work / "a.txt"
    path.write_text("old\n")
    approver, asked = approve(allowed=True)
    async with opened("edit", str(path), approver=approver) as client, client.stream("hi") as stream:
        events = [event async for event in stream]
    assert len(asked) == 1
    assert path.read_text() == "new\n"
    assert [event.path for event in events if isinstance(event, FileChange)] == [str(path)]


@pytest.mark.parametrize(
    ("kind", "option", "changed"),
    [
        ("execute", "allow_once", "a.txt"),
        ("read", "allow_once", "a.txt"),
        ("delete", "allow_once", "a.txt"),
        ("edit", "allow_once", "another.txt"),
        ("edit", "allow_always", "a.txt"),  # which is never answered, so that the edit is not allowed
    ],
)
async def test_a_file_that_a_tool_only_names_is_not_written_because_the_tool_was_allowed(
    opened: Opened, place: Place, kind: str, option: str, changed: str
) -> None:
    path = place.work / "a.txt"
    path.write_text("old\n")
    written: list[PermissionRequest] = []

    async def tools_only(request: PermissionRequest) -> Decision:
        written.extend([request] if request.tool_name == WRITE else [])
        return Decision(allowed=request.tool_name != WRITE, by="user")

    words = (str(path), kind, option, str(place.work / changed))
    async with opened("sly", *words, approver=tools_only) as client:
        answer = json.loads((await client.query("hi")).text)
    assert "error" in answer
    assert path.read_text() == "old\n"
    assert [each.subject for each in written] == [str(path)]


async def test_an_edit_that_nobody_allows_is_a_failed_tool(opened: Opened, place: Place) -> None:
    async with opened("edit", str(place.work / "a.txt")) as client, client.stream("hi") as stream:
        events = [event async for event in stream]
    assert [event.decision.allowed for event in events if isinstance(event, PermissionDecided)] == [False]
    assert [event.block.is_error for event in events if isinstance(event, ToolResult)] == [True]
    assert '"optionId": "reject_once"' in next(
        event.text for event in events if isinstance(event, Message) and event.text
    )


async def test_terminals_are_not_offered(opened: Opened, place: Place) -> None:
    async with opened("terminal", "x") as client:
        answer = json.loads((await client.query("hi", permission="full")).text)
    assert answer["error"]["code"] == -32601
    assert not (place.work / "made.txt").exists()


async def test_what_belongs_to_another_session_does_not_get_into_this_one(opened: Opened, place: Place) -> None:
    (place.work / "notes.txt").write_text("secret")
    async with opened("stray") as client:
        assert (await client.query("hi")).text == "refused -32602"


@pytest.mark.parametrize("behaviour", ["hang", "deaf"])
async def test_a_query_that_is_cancelled_leaves_nothing(
    opened: Opened, place: Place, behaviour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if behaviour == "hang":  # it does answer, however slowly
        monkeypatch.setattr("claif.transport.process.pool.INTERRUPT_TIMEOUT", 20.0)
    async with opened(behaviour) as client:
        async with client.stream("hi") as stream:
            async for _ in stream:
                if place.told("session/prompt"):
                    break
        pool = client.provider("small").context.processes.pool
        await until(lambda: not pool.stats("small").busy, 20)
        assert pool.stats("small").idle == 0
        if behaviour == "hang":
            assert place.told("session/cancel") == [{"sessionId": "session-1"}]


async def test_the_deadline_is_ours(opened: Opened) -> None:
    async with opened("deaf") as client:
        began = trio.current_time()
        with pytest.raises(TimeoutError):
            await client.query("hi", timeout=1.5)
        assert trio.current_time() - began < 20
