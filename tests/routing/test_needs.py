"""What a query needs and a provider lacks is refused before anybody is asked."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from attrs import evolve

from claif import Client
from claif.agents.settings import AgentSettings
from claif.api import Emit, InvalidQueryError, Message, PermissionMode, Provider, Query
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider


class Agent(Provider):
    """Takes what agents take."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"text", "agent", "conversations", "worktrees"})
    Settings = AgentSettings
    asked: ClassVar[list[Query]] = []

    async def query(self, query: Query, emit: Emit) -> None:
        self.asked.append(query)
        await emit(Message.assistant("done"))


class Forgetful(Agent):
    """An agent that keeps no conversation."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"text", "agent"})


def client() -> Client:
    providers: dict[str, Any] = {"agent": Agent, "forgetful": Forgetful, "plain": FakeProvider.scripted("hi")}
    return Client({}, plugins=PluginManager(), providers=providers)


WISHES: list[dict[str, Any]] = [
    {"permission": "plan"},
    {"directory": "/work"},
    {"sandbox": "off"},
    {"conversation": "c1"},
    {"add_dirs": ("/more",)},
    {"worktree": True},
]


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: next(iter(wish)))
async def test_what_only_agents_heed_is_refused_by_others_and_reaches_them(wish: dict[str, Any]) -> None:
    Agent.asked.clear()
    async with client() as c:
        with pytest.raises(InvalidQueryError, match=r"The provider plain does not take .*\.") as caught:
            await c.query("hi", provider="plain", **wish)
        assert "claude" in (caught.value.hint or "")
        await c.query("hi", provider="agent", **wish)
    [query] = Agent.asked
    assert evolve(query, provider=None) == Query("hi", stream=False, **wish)


async def test_an_agent_that_keeps_no_conversations_says_so() -> None:
    async with client() as c:
        await c.query("hi", provider="forgetful", permission=PermissionMode.FULL)
        with pytest.raises(InvalidQueryError, match="forgetful does not take conversations"):
            await c.query("hi", provider="forgetful", conversation="c1")


HOSTILE = ["../../x", "a/b", "..", "", "/etc/passwd", "--yolo", "-c", "a\0b", "CON ", "x" * 5000, "\u202egnp", "a\nb"]


@pytest.mark.parametrize("conversation", HOSTILE, ids=lambda text: ascii(text[:12]))
async def test_attack_10_the_id_of_a_conversation_is_never_an_option_or_a_path(conversation: str) -> None:
    Agent.asked.clear()
    async with client() as c:
        with pytest.raises(InvalidQueryError, match="cannot be the id of a conversation"):
            await c.query("hi", provider="agent", conversation=conversation)
    assert not Agent.asked


async def test_an_agent_that_does_not_heed_a_worktree_is_not_let_loose_on_the_files() -> None:
    Agent.asked.clear()
    async with client() as c:
        with pytest.raises(InvalidQueryError, match="forgetful does not take a worktree"):
            await c.query("hi", provider="forgetful", worktree=True)
        with pytest.raises(InvalidQueryError, match="cannot be gone on with in a worktree"):
            await c.query("hi", provider="agent", worktree=True, conversation="c1")
    assert Agent.asked == []
