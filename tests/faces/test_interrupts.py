"""Ctrl-C in a call that waits: the portal's side is cancelled first, then the interrupt goes on."""

from __future__ import annotations

import _thread
import signal
import threading

import pytest
import trio
from faces.support import GUARD, Probe, given, one_then_hang

from claif.api import ClientClosedError, Emit, Query, TextDelta
from claif.blocking import Client
from claif.portal import thread_waiter


def press_ctrl_c() -> None:
    """Sent to the process, another thread could take it, and this one would go on for a while."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


async def interrupted(query: Query, emit: Emit, probe: Probe) -> None:
    await emit(TextDelta("first"))
    press_ctrl_c()
    await trio.sleep_forever()


def test_an_interrupted_query_is_cancelled_and_the_client_works_on() -> None:
    probe = Probe(interrupted)
    with Client(**given(probe)) as client:
        for number in (1, 2):
            with pytest.raises(KeyboardInterrupt):
                client.query("hi")
            assert (probe.running, probe.cancelled) == (0, number)


def test_a_ctrl_c_that_came_just_before_the_wait_is_heard_all_the_same() -> None:
    """Its handler has run by then, and nothing wakes whoever waits; so it is with `interrupt_main`."""

    async def interrupted_before(query: Query, emit: Emit, probe: Probe) -> None:
        await emit(TextDelta("first"))
        await trio.sleep(0.05)
        _thread.interrupt_main()
        await trio.sleep_forever()

    probe = Probe(interrupted_before)
    guard = threading.Timer(GUARD, press_ctrl_c)
    with Client(**given(probe)) as client:
        guard.start()
        with pytest.raises(KeyboardInterrupt):
            client.query("hi")
        assert guard.is_alive(), "only a second one was heard"
        guard.cancel()
        guard.join()
        assert (probe.running, probe.cancelled) == (0, 1)


def test_an_interrupted_stream_is_cancelled() -> None:
    probe = Probe(interrupted)
    with Client(**given(probe)) as client:
        with pytest.raises(KeyboardInterrupt), client.stream("hi") as stream:
            for _ in stream:
                pass
        assert (probe.running, probe.cancelled) == (0, 1)


def test_a_stream_that_is_interrupted_while_it_begins_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Probe(one_then_hang)
    with Client(**given(probe)) as client:
        portal = client._host.portal()
        submit = portal.submit

        def interrupted_submit(*args: object) -> None:
            submit(*args)
            press_ctrl_c()

        with monkeypatch.context() as patch:
            patch.setattr(portal, "submit", interrupted_submit)
            with pytest.raises(KeyboardInterrupt), client.stream("hi"):
                pass
        assert probe.running == 0


def test_wherever_an_interrupt_finds_the_reader_of_a_stream_the_provider_is_cancelled() -> None:
    async def burst(query: Query, emit: Emit, probe: Probe) -> None:
        for number in range(int(query.prompt)):
            await emit(TextDelta(str(number)))
        await interrupted(query, emit, probe)

    probe = Probe(burst)
    with Client(**given(probe)) as client:
        for number in range(60):
            with pytest.raises(KeyboardInterrupt) as caught, client.stream(str(number)) as stream:
                for _ in stream:
                    pass
            assert probe.running == 0, caught


def test_the_end_of_the_providers_cleanup_is_waited_for() -> None:
    cleaned = []

    async def slow_cleanup(query: Query, emit: Emit, probe: Probe) -> None:
        try:
            await interrupted(query, emit, probe)
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(0.05)
                cleaned.append(True)

    with Client(**given(Probe(slow_cleanup))) as client:
        with pytest.raises(KeyboardInterrupt):
            client.query("hi")
        assert cleaned == [True]


def test_a_second_interrupt_does_not_wait_for_the_cleanup() -> None:
    free = trio.Event()

    async def endless_cleanup(query: Query, emit: Emit, probe: Probe) -> None:
        try:
            await interrupted(query, emit, probe)
        finally:
            with trio.CancelScope(shield=True):
                press_ctrl_c()
                await free.wait()

    probe = Probe(endless_cleanup)
    with Client(**given(probe)) as client:
        with pytest.raises(KeyboardInterrupt):
            client.query("hi")
        assert probe.running == 1
        client._host.portal().post(free.set)


def test_an_interrupt_while_the_client_opens_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Probe(interrupted)
    client = Client(**given(probe))
    wait = thread_waiter.ThreadWaiter.wait

    def press_and_wait(*args: object) -> None:
        monkeypatch.setattr(thread_waiter.ThreadWaiter, "wait", wait)
        press_ctrl_c()
        wait(*args)

    monkeypatch.setattr(thread_waiter.ThreadWaiter, "wait", press_and_wait)
    with pytest.raises(KeyboardInterrupt), client:
        pass
    with pytest.raises(ClientClosedError):
        client.query("hi")
    assert not probe.reached.is_set()


def test_an_interrupt_before_a_call_was_handed_in_leaves_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Probe(interrupted)
    with Client(**given(probe)) as client:
        portal = client._host.portal()

        def interrupt(*args: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(portal, "submit", interrupt)
            with pytest.raises(KeyboardInterrupt):
                client.query("hi")
    assert not probe.reached.is_set()


def test_on_windows_a_waiting_thread_looks_up_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_waiter, "SLICE", 0.001)
    looks = iter([False] * 6)
    thread_waiter.ThreadWaiter().wait(lambda: next(looks, True))
    assert next(looks, None) is None
