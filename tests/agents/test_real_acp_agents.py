"""The real Gemini CLI, Qwen Code and OpenCode over the Agent Client Protocol, against the scripted server.

Each test starts an agent once, which takes seconds, and asks it as much as can be asked of one process.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from agents.acp_clis import MODELS
from agents.conftest import agent_of
from agents.real import Agent, approve, events_of, survivors, text_of
from agents.test_real_agents import PIXEL
from claif.errors import (
    InvalidQueryError,
    ProviderRuntimeError,
)
from claif.models import (
    FileChange,
    ImageBlock,
    Message,
    PermissionDecided,
    PermissionRequest,
    Started,
    TextBlock,
    ToolResult,
    ToolUse,
)
from claif.testing import ScriptedServer

PYTHON = os.path.realpath(sys.executable)
"""The real program: a virtual environment in /tmp is not seen in the sandbox."""
CALCULATOR = Path(__file__).with_name("mcp_calculator.py")
pytestmark = pytest.mark.patience(100)


async def test_it_streams_and_the_next_query_is_warm_and_knows_nothing_of_the_last(acp_agent: Agent) -> None:
    canary = f"CANARY-{uuid.uuid4().hex}"
    async with ScriptedServer() as server, acp_agent.client(server, text="Red, green and blue.") as client:
        events = await events_of(client, f"Remember {canary}.")
        seen = len(server.requests)
        reply = await client.query("Something else.")
        stats = acp_agent.pool(client).stats(acp_agent.name)
    assert text_of(events) == reply.text == "Red, green and blue."
    (started,) = [event for event in events if isinstance(event, Started)]
    assert started.model == MODELS[acp_agent.name]
    assert started.sandbox in {"bubblewrap", "landlock"}
    assert started.conversation not in (None, reply.conversation)
    assert reply.usage.input_tokens
    assert reply.usage.output_tokens
    assert (stats.started, stats.reused) == (1, 1)
    assert not [request for request in server.requests[seen:] if canary.encode() in request.body]
    assert not survivors(str(acp_agent.home))


async def test_its_commands_run_only_if_they_are_allowed_and_never_elsewhere(acp_agent: Agent) -> None:
    allowed: list[bool] = []
    asked: list[PermissionRequest] = []

    async def approver(request: PermissionRequest) -> Any:
        asked.append(request)
        answer, _ = approve(allowed=bool(allowed))
        return await answer(request)

    made, outside = acp_agent.directory / "made.txt", acp_agent.directory.parent / "outside.txt"
    script = f"echo x > {outside}; touch made.txt"
    async with ScriptedServer() as server, acp_agent.client(server, approver=approver, shell=script) as client:
        events = await events_of(client, "go")
        assert script in asked[0].subject
        assert (asked[0].kind, asked[0].directory) == ("command", str(acp_agent.directory))
        decided = [event for event in events if isinstance(event, PermissionDecided)]
        assert [event.decision.allowed for event in decided] == [False]
        assert [event.block.is_error for event in events if isinstance(event, ToolResult)] == [True]
        assert not made.exists()
        allowed.append(True)
        events = await events_of(client, "go")
        assert len([event for event in events if isinstance(event, ToolUse)]) == 1
        assert made.exists()
        made.unlink()
        number = len(asked)
        await client.query("go", permission="full")
        assert (made.exists(), len(asked)) == (True, number)
        assert acp_agent.pool(client).stats(acp_agent.name).started == 1
    assert not outside.exists()


async def test_an_agent_that_plans_asks_nobody_and_changes_nothing(acp_agent: Agent) -> None:
    approver, asked = approve(allowed=True)
    async with (
        ScriptedServer() as server,
        acp_agent.client(server, approver=approver, shell="touch made.txt") as client,
    ):
        events = await events_of(client, "go", permission="plan")
    assert [event.block.is_error for event in events if isinstance(event, ToolResult)] == [True]
    assert not asked
    assert not (acp_agent.directory / "made.txt").exists()


WRITERS = {
    "gemini": ("write_file", "file_path"),
    "qwen": ("write_file", "file_path"),
    "opencode": ("write", "filePath"),
}
"""The tool with which each writes a file, and how the tool calls the path."""


async def test_it_changes_files_where_it_works_and_says_so_and_governs_nothing(acp_agent: Agent) -> None:
    tool, name = WRITERS[acp_agent.name]
    made, governing = acp_agent.directory / "made.txt", acp_agent.directory / ".mcp.json"
    async with ScriptedServer() as server:
        arguments = json.dumps({name: str(made), "content": "made\n"})
        async with acp_agent.client(server, call=tool, arguments=arguments) as client:
            events = await events_of(client, "go", permission="edit")
        (change,) = [event for event in events if isinstance(event, FileChange)]
        assert (acp_agent.directory / change.path) == made
        assert "+made" in change.diff
        assert made.read_text() == "made\n"
        approver, asked = approve(allowed=True)
        arguments = json.dumps({name: str(governing), "content": "{}"})
        async with acp_agent.client(server, approver=approver, call=tool, arguments=arguments) as client:
            await client.query("go", permission="edit")
        if acp_agent.name != "qwen":  # which looks first whether the file is there, and may not
            assert [(each.kind, acp_agent.directory / each.subject) for each in asked] == [("edit", governing)]
        assert not governing.exists()


async def test_its_mcp_servers_are_those_of_the_settings(acp_agent: Agent) -> None:
    approver, asked = approve(allowed=True)
    calculator = shutil.copy(CALCULATOR, acp_agent.directory)  # the sandbox does not show a checkout in /tmp
    server_of_tools = {"calc": {"command": PYTHON, "args": [calculator]}}
    tool = {"gemini": "mcp_calc_add", "qwen": "mcp__calc__add", "opencode": "calc_add"}[acp_agent.name]
    settings = {"mcp_servers": server_of_tools}
    async with (
        ScriptedServer() as server,
        acp_agent.client(
            server, settings=settings, approver=approver, call=tool, arguments=json.dumps({"a": 40, "b": 2})
        ) as client,
    ):
        events = await events_of(client, "go")
        bodies = b"".join([request.body for request in server.requests])
    if acp_agent.name == "qwen":  # it has its model look for the tools of servers first, which a scripted one does not
        assert tool.encode() in bodies
        return
    results = [event.block for event in events if isinstance(event, ToolResult)]
    assert [(result.is_error, "42" in result.content) for result in results] == [(False, True)]
    if acp_agent.name != "opencode":  # which asks before commands and changes only
        assert [request.kind for request in asked] == ["other"]


async def test_instructions_images_and_any_text_arrive_and_nothing_is_a_command(acp_agent: Agent) -> None:
    text = 'Zürich 東京 🎉 "quotes" `ticks` $HOME \\n\u202e end'
    message = Message.user([ImageBlock(PIXEL, "image/png"), TextBlock(text)])
    async with ScriptedServer() as server, acp_agent.client(server, text="fine") as client:
        await client.query(message, system="SYSTEM-CANARY: be terse.")
        sent = "".join([request.body.decode() for request in server.requests if b"SYSTEM-CANARY" in request.body])
        assert json.dumps(text)[1:-1] in sent or json.dumps(text, ensure_ascii=False)[1:-1] in sent
        assert "image" in sent
        for prompt in ("--yolo", "@/etc/passwd", "/clear", " /help", "$HOME"):
            assert (await client.query(prompt)).text == "fine"
            bodies = b"".join([request.body for request in server.requests])
            assert prompt.strip().encode() in bodies
        assert b"root:x:0" not in bodies
    assert not [prompt for prompt in ("SYSTEM-CANARY", "Zürich") if survivors(prompt)]


async def test_a_conversation_is_gone_on_with(acp_agent: Agent) -> None:
    async with ScriptedServer() as server:
        async with acp_agent.client(server, text="Noted.") as client:
            first = await client.query("My number is 4711.")
        async with acp_agent.client(server, text="You said it.") as client:
            second = await client.query("What is my number?", conversation=first.conversation)
            assert second.text == "You said it."
            assert second.conversation == first.conversation
            assert b"4711" in server.requests[-1].body


async def test_a_conversation_that_it_does_not_know_is_none(acp_agent: Agent) -> None:
    unknown = "ses_unknown" if acp_agent.name == "opencode" else str(uuid.uuid4())
    async with ScriptedServer() as server, acp_agent.client(server) as client:
        with pytest.raises(InvalidQueryError):
            await client.query("hi", conversation=unknown)
        assert server.requests == []


async def test_gemini_by_its_own_stream_says_when_it_has_had_enough(tmp_path) -> None:
    agent = agent_of("gemini", tmp_path)
    settings = {"protocol": "stream-json"}
    async with ScriptedServer() as server, agent.client(server, settings=settings, shell="touch made.txt") as client:
        with pytest.raises(ProviderRuntimeError) as caught:
            await client.query("go", permission="full", extra={"max_turns": 1})
        assert caught.value.code == "max_turns"
        assert (agent.directory / "made.txt").exists()
    async with ScriptedServer() as server, agent.client(server, settings=settings, text="By its stream.") as client:
        reply = await client.query("@/etc/passwd", system="SYSTEM-CANARY: be terse.")
        assert reply.text == "By its stream."
        assert b"SYSTEM-CANARY" in server.requests[-1].body
        assert b"root:x:0" not in server.requests[-1].body


async def test_gemini_is_recycled_before_its_listeners_leak(tmp_path) -> None:
    agent = agent_of("gemini", tmp_path)
    async with ScriptedServer() as server, agent.client(server, text="fine") as client:
        for _ in range(11):
            assert (await client.query("hi")).text == "fine"
        stats = agent.pool(client).stats(agent.name)
    assert (stats.started, stats.reused) == (2, 9)
