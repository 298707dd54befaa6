"""The portal itself: one thread, stopped and started again, and honest when it is gone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trio
from faces.support import GUARD, Probe, answering, given, hang

from claif.api import ClientClosedError
from claif.blocking import Client
from claif.portal.call import Call
from claif.portal.process import current_portal, running_portal
from claif.portal.thread import Portal
from claif.portal.thread_waiter import run


def test_it_starts_with_the_first_use_and_is_one_for_all_threads() -> None:
    assert running_portal() is None
    barrier = threading.Barrier(8, timeout=GUARD)

    def get(_: int) -> Portal:
        barrier.wait()
        return current_portal()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(get, range(8))) == {running_portal()}
    assert [thread.name for thread in threading.enumerate()].count("claif-portal") == 1


def test_when_it_is_stopped_its_clients_are_closed_and_new_ones_get_a_new_one() -> None:
    probe = Probe(hang)
    client = Client(**given(probe))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(client.query, "hi")
        assert probe.reached.wait(GUARD)
        current_portal().stop()
        with pytest.raises(ClientClosedError):
            running.result(GUARD)
    assert probe.disconnects == 1
    with pytest.raises(ClientClosedError, match="with the thread"):
        client.query("hi")
    client.close()
    with Client(**answering("ok")) as other:
        assert other.query("hi").text == "ok"


def test_whoever_waits_hears_of_it_when_the_loop_breaks() -> None:
    portal = current_portal()
    reached = threading.Event()

    async def wait() -> None:
        reached.set()
        await trio.sleep_forever()

    def fail() -> None:
        raise KeyError("a bug in the loop")

    heard = []
    hook, threading.excepthook = threading.excepthook, lambda args: heard.append(args.exc_type)
    try:
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(run, portal, wait)
            assert reached.wait(GUARD)
            portal.post(fail)
            with pytest.raises(ClientClosedError):
                running.result(GUARD)
        portal._thread.join(GUARD)
    finally:
        threading.excepthook = hook
    assert heard == [trio.TrioInternalError]
    assert not portal.usable
    assert not portal.post(fail)
    assert current_portal() is not portal


def test_a_call_that_comes_after_the_loop_and_before_the_end_of_its_thread_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_loop, over, leave = trio.run, threading.Event(), threading.Event()

    def run_and_linger(*args: Any, **kwargs: Any) -> None:
        run_loop(*args, **kwargs)
        over.set()
        leave.wait(GUARD)

    monkeypatch.setattr(trio, "run", run_and_linger)
    portal = Portal()
    portal.start()
    portal.post(portal._stop)
    try:
        assert over.wait(GUARD)
        with pytest.raises(ClientClosedError, match="with the thread"):
            Call(portal, trio.lowlevel.checkpoint, leave.set).start()
    finally:
        leave.set()
        portal._thread.join(GUARD)


def test_a_call_that_is_cancelled_before_it_begins_does_nothing() -> None:
    portal = current_portal()
    ran = []
    done = threading.Event()

    async def work() -> None:
        ran.append(True)

    call = Call(portal, work, done.set)
    call.cancel()
    assert done.wait(GUARD)
    call.start()
    run(portal, trio.lowlevel.checkpoint)
    assert (call.done, ran, call.value) == (True, [], None)
    with pytest.raises(ClientClosedError):
        call.result()


def test_a_call_is_refused_when_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(ClientClosedError, match="can't start new thread"):
        Client(**answering("ok")).query("hi")
