"""What holds for each of the real agents: shared by the broker without a leak, and gone when it is cancelled."""

from __future__ import annotations

import uuid

import pytest
import trio

from agents.real import Agent, broker_of, survivors, text_of
from claif.models import ToolUse
from claif.testing import ScriptedServer
from claif.transport.broker.client import Broker

pytestmark = pytest.mark.patience(100)


async def test_two_clients_share_a_process_that_the_broker_keeps_and_nothing_else(any_agent: Agent) -> None:
    canary = f"CANARY-{uuid.uuid4().hex}"
    pids = set()
    async with ScriptedServer() as server, broker_of(any_agent.home):
        for prompt in (f"Remember {canary}.", "Something else.", "And again."):
            seen = len(server.requests)
            async with any_agent.client(server, general={"keep_warm": True}, text="Kept.") as client:
                reply = await client.query(prompt)
                assert reply.text == "Kept."
                assert reply.usage.input_tokens
            (row,) = (await Broker(any_agent.home).tell("status") or {})["status"]
            pids.add(row["pid"])
        assert not [request for request in server.requests[seen:] if canary.encode() in request.body]
    assert len(pids) == 1
    assert not survivors(str(any_agent.home))


async def test_cancelled_while_it_streams_it_leaves_nothing(any_agent: Agent) -> None:
    async with ScriptedServer() as server, any_agent.client(server, tokens=2000, delay=0.02) as client:
        async with client.stream("hi") as stream:
            async for event in stream:
                if text_of([event]):
                    break
        await server.wait_until_open(0, 20)
        assert any_agent.pool(client).stats(any_agent.name).busy == 0
    assert not survivors(str(any_agent.home))


async def test_cancelled_while_a_tool_runs_the_tool_is_gone(any_agent: Agent) -> None:
    # Newer versions run no plain `sleep`.
    command = f"tail -s {4000 + uuid.uuid4().int % 1000} -f /dev/null"
    async with ScriptedServer() as server, any_agent.client(server, shell=command) as client:
        async with client.stream("go", permission="full") as stream:
            async for event in stream:
                if isinstance(event, ToolUse):
                    break
            with trio.fail_after(20):
                while not survivors(command):  # noqa: ASYNC110 - a test's patience
                    await trio.sleep(0.02)
        with trio.fail_after(20):
            while survivors(command):  # noqa: ASYNC110 - a test's patience
                await trio.sleep(0.01)
    assert not survivors(str(any_agent.home))
