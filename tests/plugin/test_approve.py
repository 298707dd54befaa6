"""`claif_approve`: plugins allow and deny what agents ask; one that fails is passed over, or denies if critical."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from claif import Client
from claif.api import Context, Decision, Emit, Message, PermissionDecided, PermissionMode, Provider
from claif.config import Processors
from claif.models import PermissionRequest, Query
from claif.permission import Approvals
from claif.plugin.manager import PluginManager

from .sites import Site

QUERY = Query("hello", provider="agent")
CONFIG: Any = SimpleNamespace(processors=Processors())
REQUEST = PermissionRequest("1", "Bash", kind="command", subject="make", provider="agent", conversation="c1")


def verdicts(manager: PluginManager, request: PermissionRequest = REQUEST) -> list[tuple[str, bool | None]]:
    """What each plugin says, in order."""
    return list(manager.verdicts(request, QUERY, CONFIG))


async def decide(manager: PluginManager) -> Decision:
    return await Approvals().decide(
        REQUEST, QUERY, PermissionMode.ASK, lambda: manager.verdicts(REQUEST, QUERY, CONFIG)
    )


def test_each_plugin_says_its_opinion_in_the_order_of_distributions(site: Site) -> None:
    site.hooks("claif-b", "@hookimpl\ndef claif_approve(): return None")
    site.hooks("claif-a", "@hookimpl\ndef claif_approve(request): return request.subject == 'make'")
    site.hooks("claif-c", "@hookimpl\ndef claif_approve(query, config): return query.provider != 'agent'")
    assert verdicts(site.manager()) == [("claif-a", True), ("claif-b", None), ("claif-c", False)]


async def test_the_first_that_denies_decides_and_the_others_are_not_asked(site: Site) -> None:
    site.hooks("claif-a", "@hookimpl\ndef claif_approve(): return True")
    site.hooks("claif-b", "@hookimpl\ndef claif_approve(): return False")
    site.hooks("claif-c", "@hookimpl\ndef claif_approve(): raise AssertionError('asked')")
    manager = site.manager()
    assert (await decide(manager)) == Decision(
        allowed=False, by="claif-b", reason="The plugin claif-b does not allow it."
    )
    assert not manager.warnings


@pytest.mark.parametrize("body", ["raise ValueError('lost')", "return 'yes'", "return 1", "return [True]", "exit()"])
async def test_one_that_fails_or_says_neither_yes_nor_no_is_passed_over_and_named(site: Site, body: str) -> None:
    """Whatever it meant: what is no `True` allows nothing."""
    site.hooks("claif-a", f"@hookimpl\ndef claif_approve(): {body}")
    manager = site.manager()
    assert verdicts(manager) == [("claif-a", None)]
    assert [name for name, message in manager.warnings if "claif_approve() was skipped" in message] == ["claif-a"]
    assert not (await decide(manager)).allowed


@pytest.mark.parametrize("body", ["raise ValueError('lost')", "return 'yes'", "raise SystemExit"])
async def test_a_critical_one_that_fails_denies(site: Site, body: str) -> None:
    """Also what another plugin allows."""
    site.hooks("claif-guard", f"@hookimpl\ndef claif_approve(): {body}")
    site.hooks("claif-yes", "@hookimpl\ndef claif_approve(): return True")
    manager = site.manager(critical=["claif-guard"])
    decision = await decide(manager)
    assert (decision.allowed, decision.by) == (False, "claif-guard")
    assert any("critical plugin claif-guard" in message for _, message in manager.warnings)


def test_ctrl_c_within_a_plugin_is_the_users(site: Site) -> None:
    site.hooks("claif-a", "@hookimpl\ndef claif_approve(): raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        verdicts(site.manager())


class Agent(Provider):
    """Asks once, and tells what was decided."""

    capabilities = frozenset({"text", "agent"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)

    async def query(self, query: Query, emit: Emit) -> None:
        decision = await self.context.approve(REQUEST, query, query.permission or PermissionMode.ASK)
        await emit(PermissionDecided(REQUEST, decision))
        await emit(Message.assistant("done" if decision.allowed else decision.reason))


async def test_a_client_asks_its_plugins_then_its_approver(site: Site) -> None:

    asked: list[PermissionRequest] = []

    async def approver(request: PermissionRequest) -> Decision:
        asked.append(request)
        return Decision(allowed=True, always=True)

    source = "@hookimpl\ndef claif_approve(query): return {'yes': True, 'no': False}.get(query.prompt)"
    site.hooks("claif-a", source)
    async with Client({}, plugins=site.manager(), providers={"agent": Agent}, approver=approver) as client:

        async def by(prompt: str, **how: Any) -> tuple[bool, str]:
            reply = await client.query(prompt, provider="agent", **how)
            [event] = reply.activity
            assert isinstance(event, PermissionDecided)
            return event.decision.allowed, event.decision.by

        assert await by("yes") == (True, "claif-a")
        assert await by("no") == (False, "claif-a")
        assert await by("hm", permission="plan") == (False, "mode")
        assert not asked
        assert await by("hm") == (True, "user")
        assert await by("hm") == (True, "always")
        assert await by("no") == (False, "claif-a")
        assert asked == [REQUEST]


async def test_without_an_approver_nothing_is_allowed_that_the_mode_does_not_allow(site: Site) -> None:
    async with Client({}, plugins=site.manager(), providers={"agent": Agent}) as client:
        reply = await client.query("hm", provider="agent")
        assert "Nobody is there" in reply.text
        assert (await client.query("hm", provider="agent", permission="full")).text == "done"


async def test_what_the_approver_raises_is_raised_as_it_is(site: Site) -> None:
    async def broken(request: PermissionRequest) -> Decision:
        raise LookupError(request.subject)

    async with Client({}, plugins=site.manager(), providers={"agent": Agent}, approver=broken) as client:
        with pytest.raises(LookupError, match="make"):
            await client.query("hm", provider="agent")
