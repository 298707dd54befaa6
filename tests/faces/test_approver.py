"""What decides for an agent is called where its code can wait: in a thread, or in the caller's event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from faces.loops import Loop
from faces.support import GUARD, Probe, given

import claif
from claif import Decision, PermissionRequest
from claif.api import Emit, Message, PermissionMode, Query
from claif.permission import DENIED, NOBODY

REQUEST = PermissionRequest("1", "Bash", kind="command", subject="make", conversation="c1")


async def ask(query: Query, emit: Emit, probe: Probe) -> None:
    """Ask once, and answer what was decided."""
    decision = await probe.context.approve(REQUEST, query, PermissionMode.ASK)
    await emit(Message.assistant(f"{decision.allowed} {decision.by} {decision.reason}"))


def test_a_plain_function_decides_in_a_thread_of_its_own_and_may_block() -> None:
    seen: list[tuple[PermissionRequest, int]] = []

    def approver(request: PermissionRequest) -> Decision:
        seen.append((request, threading.get_ident()))
        time.sleep(0.01)
        return Decision(allowed=True)

    probe = Probe(ask)
    with claif.blocking.Client(**given(probe), approver=approver) as client:
        assert client.query("hi").text == "True user "
        with client.stream("hi") as stream:
            assert [event.text for event in stream if isinstance(event, Message)] == ["True user "]
    assert [request for request, _ in seen] == [REQUEST, REQUEST]
    assert {thread for _, thread in seen}.isdisjoint({probe.thread, threading.get_ident()})


def test_it_may_ask_claif_itself() -> None:
    def approver(request: PermissionRequest) -> Decision:
        advice = client.query("Should I?", provider="adviser").text
        return Decision(allowed=False, by="adviser", reason=advice)

    async def advise(query: Query, emit: Emit, probe: Probe) -> None:
        await emit(Message.assistant("Better not."))

    arguments = given(Probe(ask))
    arguments["providers"]["adviser"] = Probe(advise)
    with claif.blocking.Client(**arguments, approver=approver) as client:
        assert client.query("hi").text == "False adviser Better not."


def test_an_error_in_it_is_raised_to_the_caller() -> None:
    def approver(request: PermissionRequest) -> Decision:
        raise LookupError(request.subject)

    with claif.blocking.Client(**given(Probe(ask)), approver=approver) as client, pytest.raises(LookupError):
        client.query("hi")


def test_a_query_that_is_cancelled_does_not_wait_for_it() -> None:
    asked, leave = threading.Event(), threading.Event()

    def approver(request: PermissionRequest) -> Decision:
        asked.set()
        leave.wait(GUARD)
        return Decision(allowed=True)

    probe = Probe(ask)
    with claif.blocking.Client(**given(probe), approver=approver) as client:
        with client.stream("hi"):
            assert asked.wait(GUARD)
        assert probe.over.wait(GUARD)
        assert not leave.is_set()
    leave.set()


@pytest.mark.parametrize("face", [claif.blocking.Client])
def test_without_one_nothing_is_allowed(face: Any) -> None:
    with face(**given(Probe(ask))) as client:
        assert client.query("hi").text == f"False nobody {NOBODY}"


def test_an_asyncio_function_decides_in_the_loop_of_whoever_asks(loop: Loop) -> None:
    seen: list[object] = []

    async def approver(request: PermissionRequest) -> Decision:
        await asyncio.sleep(0.01)
        seen.append((request, asyncio.get_running_loop(), threading.get_ident()))
        return Decision(allowed=False)

    async def main() -> None:
        here = (REQUEST, asyncio.get_running_loop(), threading.get_ident())
        async with claif.aio.Client(**given(Probe(ask)), approver=approver) as client:
            assert (await client.query("hi")).text == f"False user {DENIED}"
            async with client.stream("hi") as stream:
                async for _ in stream:
                    pass
                assert stream.reply is not None
        assert seen == [here, here]

    loop.run(main)


def test_one_client_asks_each_loop_about_its_own_queries(loop: Loop) -> None:
    """Loops in several threads, one client."""
    seen: list[tuple[str, int]] = []

    async def name(query: Query, emit: Emit, probe: Probe) -> None:
        request = PermissionRequest("1", "Bash", subject=query.prompt)
        decision = await probe.context.approve(request, query, PermissionMode.ASK)
        await emit(Message.assistant(str(decision.allowed)))

    async def approver(request: PermissionRequest) -> Decision:
        seen.append((request.subject, threading.get_ident()))
        return Decision(allowed=True)

    client = claif.aio.Client(**given(Probe(name)), approver=approver)

    async def one() -> None:
        await client.query(str(threading.get_ident()))

    threads = [threading.Thread(target=loop.run, args=(one,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GUARD)
    loop.run(client.aclose)
    assert len(seen) == 3
    assert all(subject == str(thread) for subject, thread in seen)


def test_cancelling_the_query_cancels_it(loop: Loop) -> None:
    async def main() -> None:
        asked, cancelled = asyncio.Event(), asyncio.Event()

        async def approver(request: PermissionRequest) -> Decision:
            asked.set()
            try:
                await asyncio.sleep(GUARD)
            except asyncio.CancelledError:
                cancelled.set()
                raise
            return Decision(allowed=True)

        async with claif.aio.Client(**given(Probe(ask)), approver=approver) as client:
            task = asyncio.ensure_future(client.query("hi"))
            await asyncio.wait_for(asked.wait(), GUARD)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(cancelled.wait(), GUARD)

    loop.run(main)


def test_what_an_asyncio_function_raises_is_raised_to_the_caller(loop: Loop) -> None:
    async def approver(request: PermissionRequest) -> Decision:
        raise LookupError(request.subject)

    async def main() -> None:
        async with claif.aio.Client(**given(Probe(ask)), approver=approver) as client:
            with pytest.raises(LookupError):
                await client.query("hi")

    loop.run(main)
