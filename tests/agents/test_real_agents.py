"""The real Claude Code and the real Codex against the scripted server: what they answer, ask, refuse and leave."""

from __future__ import annotations

import json
import uuid

import pytest
import trio
from worktree.repo import Repo, leftovers

from agents.real import Agent, approve, broker_of, events_of, survivors, text_of
from claif.errors import (
    InvalidQueryError,
)
from claif.models import ImageBlock, Message, PermissionDecided, Started, TextBlock, ToolResult, ToolUse
from claif.testing import ScriptedServer
from claif.transport.broker.client import Broker
from claif.worktree.apply import apply_diff
from claif.worktree.diff import file_changes

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)

pytestmark = pytest.mark.patience(100)


async def test_it_answers_streams_and_says_who_and_where_it_was(agent: Agent) -> None:
    async with ScriptedServer() as server, agent.client(server, text="Red, green and blue.") as client:
        events = await events_of(client, "Name three colors.")
        reply = await client.query("Name three colors.")
    assert text_of(events) == reply.text == "Red, green and blue."
    (started,) = [event for event in events if isinstance(event, Started)]
    assert started.conversation
    assert started.sandbox
    assert started.model
    assert reply.conversation != started.conversation
    assert reply.usage.input_tokens
    assert reply.usage.output_tokens


async def test_a_tool_that_nobody_allows_is_not_run(agent: Agent) -> None:
    async with ScriptedServer() as server, agent.client(server, shell="touch made.txt") as client:
        events = await events_of(client, "go")
    decided = [event for event in events if isinstance(event, PermissionDecided)]
    assert [event.decision.allowed for event in decided] == [False]
    assert "touch made.txt" in decided[0].request.subject
    assert decided[0].request.kind == "command"
    assert not (agent.directory / "made.txt").exists()
    assert [event.block.is_error for event in events if isinstance(event, ToolResult)] == [True]


async def test_a_tool_that_the_user_allows_is_run_in_its_directory(agent: Agent) -> None:
    approver, asked = approve(allowed=True)
    async with ScriptedServer() as server, agent.client(server, approver=approver, shell="touch made.txt") as client:
        events = await events_of(client, "go")
    assert len(asked) == 1
    assert (asked[0].directory, asked[0].provider) == (str(agent.directory), agent.name)
    assert (agent.directory / "made.txt").exists()
    assert [event for event in events if isinstance(event, ToolUse)]


async def test_full_permission_asks_nobody_and_plan_changes_nothing(agent: Agent) -> None:
    async with ScriptedServer() as server, agent.client(server, shell="touch made.txt") as client:
        await client.query("go", permission="plan")
        assert not (agent.directory / "made.txt").exists()
        await client.query("go", permission="full")
    assert (agent.directory / "made.txt").exists()


async def test_what_it_must_not_write_it_cannot_although_it_may_do_all(agent: Agent, tmp_path) -> None:
    outside = tmp_path / "outside.txt"
    async with ScriptedServer() as server, agent.client(server, shell=f"echo x > {outside}") as client:
        reply = await client.query("go", permission="full", sandbox="require")
    assert reply.sandbox in {"bubblewrap", "landlock"}
    assert not outside.exists()


async def test_a_conversation_is_gone_on_with(agent: Agent) -> None:
    async with ScriptedServer() as server:
        async with agent.client(server, text="Noted.") as client:
            first = await client.query("My number is 4711.")
        async with agent.client(server, text="You said it.") as client:
            second = await client.query("What is my number?", conversation=first.conversation)
        assert second.conversation == first.conversation
        assert b"4711" in server.requests[-1].body
        async with agent.client(server) as client:
            with pytest.raises(InvalidQueryError):
                await client.query("hi", conversation=str(uuid.uuid4()))


async def test_a_conversation_can_be_forked(agent: Agent) -> None:
    async with ScriptedServer() as server, agent.client(server) as client:
        first = await client.query("My number is 4711.")
        fork = await client.query("And?", conversation=first.conversation, extra={"fork": True})
        assert fork.conversation != first.conversation
        assert b"4711" in server.requests[-1].body


async def test_two_queries_share_a_warm_process_and_nothing_else(agent: Agent) -> None:
    canary = f"CANARY-{uuid.uuid4().hex}"
    async with ScriptedServer() as server, agent.client(server) as client:
        await client.query(f"Remember {canary}.")
        seen = len(server.requests)
        await client.query("Something else.")
        assert not [request for request in server.requests[seen:] if canary.encode() in request.body]
        stats = agent.pool(client).stats(agent.name)
    assert (stats.started, stats.reused) == (1, 1)


async def test_instructions_images_and_any_text_arrive(agent: Agent) -> None:
    text = 'Zürich 東京 🎉 "quotes" `ticks` $HOME \\n\u202e end'
    message = Message.user([ImageBlock(PIXEL, "image/png"), TextBlock(text)])
    async with ScriptedServer() as server, agent.client(server) as client:
        await client.query(message, system="SYSTEM-CANARY: be terse.")
        bodies = [json.loads(request.body) for request in server.requests if b"SYSTEM-CANARY" in request.body]
    sent = json.dumps(bodies[-1], ensure_ascii=False)
    assert json.dumps(text, ensure_ascii=False)[1:-1] in sent
    assert "image" in sent


async def test_a_prompt_like_an_option_or_a_command_is_a_prompt(agent: Agent) -> None:
    async with ScriptedServer() as server, agent.client(server, text="fine") as client:
        for prompt in ("--dangerously-skip-permissions", "-c x", "--", "@/etc/passwd", "/clear"):
            assert (await client.query(prompt)).text == "fine"
            assert prompt.encode() in server.requests[-1].body


async def test_a_megabyte_goes_in_and_fifteen_come_out(agent: Agent) -> None:
    prompt = "word " * 200_000
    async with ScriptedServer() as server:
        async with agent.client(server, tail=20) as client:
            assert "1,0" in f"{int((await client.query(prompt)).text.split()[0].strip('[]:')):,}"
        async with agent.client(server, size=15_000_000) as client:
            reply = await client.query("go")
    assert len(reply.text) == 15_000_000


async def test_codex_answers_without_its_app_server_too(codex_program, tmp_path) -> None:
    for name in ("home", "work"):
        (tmp_path / name).mkdir(mode=0o700)
    agent = Agent("codex", codex_program, "/v1", tmp_path / "home", tmp_path / "work")
    settings = {"protocol": "exec"}
    async with ScriptedServer() as server, agent.client(server, settings=settings, text="By exec.") as client:
        first = await client.query("-hi", system="Be terse.")
        second = await client.query("And?", conversation=first.conversation)
    assert first.text == second.text == "By exec."
    assert first.conversation == second.conversation
    assert first.usage.input_tokens
    assert second.usage.input_tokens is None


async def test_in_a_worktree_it_changes_the_checkout_and_git_knows_where_it_is(agent: Agent) -> None:
    repo = Repo.make(agent.directory, {"a.txt": "one\n"})
    before = repo.state()
    script = f"git log --format=%s > log.txt; echo two >> a.txt; echo x >> {agent.directory}/a.txt; echo ran >> log.txt"
    async with ScriptedServer() as server, agent.client(server, shell=script) as client:
        reply = await client.query("go", permission="full", worktree=True, sandbox="require")
        assert agent.pool(client).stats(agent.name).idle == 0
    assert reply.diff is not None
    assert [(change.path, change.kind) for change in file_changes(reply.diff)] == [
        ("a.txt", "update"),
        ("log.txt", "add"),
    ]
    assert "+two\n" in reply.diff
    assert "+commit\n+ran\n" in reply.diff
    assert reply.conversation is None
    assert repo.state() == before
    assert leftovers(agent.home) == []
    assert not survivors(str(agent.home))
    await apply_diff(reply.diff, agent.directory, home=agent.home)
    assert (agent.directory / "a.txt").read_text() == "one\ntwo\n"


async def test_in_a_worktree_the_broker_keeps_nothing(agent: Agent) -> None:
    Repo.make(agent.directory, {"a.txt": "one\n"})
    async with ScriptedServer() as server, broker_of(agent.home):
        async with agent.client(server, general={"keep_warm": True}, shell="echo two >> a.txt") as client:
            reply = await client.query("go", permission="full", worktree=True)
            assert "+two\n" in (reply.diff or "")
        assert (await Broker(agent.home).tell("status") or {}).get("status", []) == []
        assert leftovers(agent.home) == []


async def test_cancelled_in_a_worktree_it_leaves_nothing(agent: Agent) -> None:
    repo = Repo.make(agent.directory, {"a.txt": "one\n"})
    before = repo.state()
    async with ScriptedServer() as server, agent.client(server, shell="echo x > new.txt; sleep 300") as client:
        with trio.CancelScope() as scope:
            async with client.stream("go", permission="full", worktree=True) as stream:
                async for event in stream:
                    if isinstance(event, ToolUse):
                        scope.cancel()
        assert scope.cancelled_caught
        assert leftovers(agent.home) == []
    assert not survivors(str(agent.home))
    assert repo.state() == before


async def test_a_further_folder_is_read_and_written_where_it_may_write(agent: Agent, tmp_path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "given.txt").write_text("GIVEN")
    script = f"cat {more}/given.txt > made.txt; cp made.txt {more}/copy.txt"
    async with ScriptedServer() as server, agent.client(server, shell=script) as client:
        await client.query("go", permission="full", sandbox="require")
        assert (agent.directory / "made.txt").read_text() == ""
        await client.query("go", permission="full", sandbox="require", add_dirs=[more])
    assert (agent.directory / "made.txt").read_text() == "GIVEN"
    assert (more / "copy.txt").read_text() == "GIVEN"
