"""The blocking face: plain calls, from any thread, with the errors and the back-pressure of the core."""

from __future__ import annotations

import asyncio
import gc
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
import trio
from faces.support import GUARD, Probe, answering, endless, given, hang, one_then_hang

import claif
from claif.api import (
    ClientClosedError,
    Emit,
    InvalidConfigError,
    Message,
    ProviderNotFoundError,
    Query,
    RateLimitError,
    TextDelta,
    TimeoutError,
)
from claif.blocking import Client
from claif.pipeline.edge import LIMIT
from claif.testing import FakeProvider


def test_a_query_is_answered_with_the_whole_reply() -> None:
    with Client(**answering(["Hello ", "world"])) as client:
        reply = client.query("hi", temperature=0, system="be terse")
    assert (reply.text, reply.provider) == ("Hello world", "probe")


def test_a_conversation_is_read_in_the_thread_of_the_caller() -> None:
    threads = []

    def conversation():
        threads.append(threading.get_ident())
        yield Message.user("one")

    with Client(**answering("ok")) as client:
        client.query(conversation())
    assert threads == [threading.get_ident()]


def test_a_stream_gives_the_events_and_then_the_reply() -> None:
    with Client(**answering(["a", "b"])) as client, client.stream("hi") as stream:
        names = [type(event).__name__ for event in stream]
        assert names == ["Started", "TextDelta", "TextDelta", "Message", "Finished"]
        assert stream.reply is not None
        assert stream.reply.text == "ab"
        assert list(stream) == []


def test_models_and_providers_are_told() -> None:
    fake = FakeProvider.scripted("ok", models=["m-1", "m-2"])
    with Client(**given(fake)) as client:
        assert [model.id for model in client.models()] == ["m-1", "m-2"]
        assert [member.name for member in client.providers()] == ["probe"]
        assert client.default_provider().name == "probe"
        client.prewarm(model="m-1")
        assert [query.model for query in fake.prewarmed] == ["m-1"]


def test_a_client_without_a_block_opens_itself_and_can_be_closed() -> None:
    fake = FakeProvider.scripted("ok")
    client = Client(**given(fake))
    assert client.query("hi").text == "ok"
    assert client.query("hi").text == "ok"
    assert fake.connects == 1
    client.close()
    client.close()
    assert fake.disconnects == 1
    with pytest.raises(ClientClosedError, match="closed"):
        client.query("hi")


def test_closing_a_client_that_was_never_used_closes_it() -> None:
    client = Client(**answering("ok"))
    client.close()
    with pytest.raises(ClientClosedError):
        client.query("hi")
    with pytest.raises(ClientClosedError), client:
        pass


def test_a_forgotten_client_is_closed() -> None:
    probe = Probe(lambda query, emit, probe: emit(TextDelta("ok")))
    Client(**given(probe)).query("hi")
    gc.collect()
    assert probe.gone.wait(GUARD)


def test_a_wrong_name_is_told_at_the_call() -> None:
    with Client(**answering("ok")) as client:
        with pytest.raises(TypeError, match="temprature"):
            client.query("hi", temprature=1)
        with pytest.raises(TypeError, match="temprature"), client.stream("hi", temprature=1):
            pass


def test_an_error_keeps_its_class_its_data_and_the_place_where_it_was_raised() -> None:
    with Client(**answering(["part", RateLimitError("Slow down.", retry_after=3)])) as client:
        with pytest.raises(RateLimitError) as caught:
            client.query("hi")
        assert caught.value.retry_after == 3
        assert caught.value.partial is not None
        assert caught.value.partial.text == "part"
        assert caught.value.__context__ is None
        files = {Path(frame.filename).name for frame in traceback.extract_tb(caught.value.__traceback__)}
        assert {"fake.py", "client.py", "blocking.py", "test_blocking.py"} <= files


def test_a_stream_fails_after_the_events_that_had_arrived() -> None:
    with Client(**answering(["a", RateLimitError("Slow down.")])) as client, client.stream("hi") as stream:
        seen = []
        with pytest.raises(RateLimitError):
            seen.extend(iter(lambda: next(stream), None))
        assert list(stream) == []
        assert stream.reply is None


def test_what_the_consumer_of_a_stream_raises_is_raised_as_it_is_and_cancels_the_provider() -> None:
    probe = Probe(one_then_hang)
    with Client(**given(probe)) as client:
        with pytest.raises(KeyError), client.stream("hi") as stream:
            next(iter(stream))
            raise KeyError
        assert (probe.running, probe.cancelled) == (0, 1)


def test_leaving_a_stream_early_cancels_the_provider_before_the_block_is_left() -> None:
    probe = Probe(one_then_hang)
    with Client(**given(probe)) as client:
        with client.stream("hi") as stream:
            for event in stream:
                if isinstance(event, TextDelta):
                    break
        assert (probe.running, probe.cancelled) == (0, 1)
        assert stream.reply is None


def test_a_slow_consumer_makes_the_provider_wait() -> None:
    probe = Probe(endless)
    with Client(**given(probe)) as client, client.stream("hi") as stream:
        events = iter(stream)
        consumed = 0
        for _ in range(5):
            for _ in range(200):
                next(events)
                consumed += 1
            # `Started` counts too, and one event is in the provider's hands.
            assert probe.sent <= consumed + LIMIT + 1


def test_a_timeout_is_an_error_of_its_own() -> None:
    with Client(**given(Probe(hang))) as client, pytest.raises(TimeoutError):
        client.query("hi", timeout=0.01)


def test_the_context_variables_of_the_caller_are_seen() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")
    seen = []

    async def look(query: Query, emit: Emit, probe: Probe) -> None:
        seen.append(variable.get())
        variable.set("changed")

    with Client(**given(Probe(look))) as client:
        variable.set("one")
        client.query("hi")
        variable.set("two")
        with client.stream("hi") as stream:
            list(stream)
    assert seen == ["one", "two"]
    assert variable.get() == "two"


def test_many_threads_use_one_client() -> None:
    fake = FakeProvider.scripted()
    with Client(**given(fake)) as client, ThreadPoolExecutor(16) as pool:

        def ask(number: int) -> str:
            if number % 2:
                return client.query(f"q{number}").text
            with client.stream(f"q{number}") as stream:
                return "".join(event.text for event in stream if isinstance(event, TextDelta))

        assert list(pool.map(ask, range(200))) == [f"q{number}" for number in range(200)]
    assert (fake.connects, fake.disconnects) == (1, 1)


def test_threads_that_come_first_together_open_one_client() -> None:
    fake = FakeProvider.scripted("ok")
    client = Client(**given(fake))
    barrier = threading.Barrier(8, timeout=GUARD)

    def ask(_: int) -> str:
        barrier.wait()
        return client.query("hi").text

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == ["ok"] * 8
    client.close()
    assert (fake.connects, fake.disconnects) == (1, 1)


def test_closing_in_another_thread_ends_what_runs_with_a_typed_error() -> None:
    probe = Probe(one_then_hang)
    with Client(**given(probe)) as client, ThreadPoolExecutor(1) as pool:
        running = pool.submit(client.query, "hi")
        assert probe.reached.wait(GUARD)
        client.close()
        with pytest.raises(ClientClosedError) as caught:
            running.result(GUARD)
        assert caught.value.partial is not None
    assert (probe.cancelled, probe.disconnects) == (1, 1)


def test_a_client_that_begins_to_close_takes_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        probe = Probe(hang)
        client = Client(**given(probe))
        client.providers()
        portal, submit, gate = client._host.portal(), client._host.portal().submit, threading.Event()

        def submit_and_go(*args: Any, submit: Any = submit, gate: threading.Event = gate) -> None:
            submit(*args)
            gate.set()

        portal.post(gate.wait, GUARD)  # so that the query comes in the same moment as the end
        client._host.abandon()
        with monkeypatch.context() as patch:
            patch.setattr(portal, "submit", submit_and_go)
            with pytest.raises(ClientClosedError):
                client.query("hi")
        assert not probe.reached.is_set()


def test_closing_in_another_thread_ends_the_question_for_models() -> None:
    probe = Probe(hang)
    with Client(**given(probe)) as client, ThreadPoolExecutor(1) as pool:
        running = pool.submit(client.models)
        assert probe.reached.wait(GUARD)
        client.close()
        with pytest.raises(ClientClosedError):
            running.result(GUARD)


def test_a_configuration_that_was_wrong_is_read_again() -> None:
    tables = {"general": {"timeout": "soon", "default_provider": "probe"}}
    client = Client(**{**answering("ok"), "config": tables})
    for _ in range(2):
        with pytest.raises(InvalidConfigError):
            client.query("hi")
    tables["general"]["timeout"] = 5
    assert client.query("hi").text == "ok"
    client.close()


def test_a_block_that_cannot_be_entered_says_why() -> None:
    with pytest.raises(InvalidConfigError), Client({"general": {"timeout": "soon"}}):
        pass


def test_it_works_in_a_running_event_loop_which_it_blocks() -> None:
    async def main() -> str:
        with Client(**answering("ok")) as client:
            return client.query("hi").text

    assert asyncio.run(main()) == "ok"
    assert trio.run(main) == "ok"


def test_a_call_from_the_thread_that_would_have_to_do_the_work_is_refused() -> None:
    caught = []

    async def misuse(query: Query, emit: Emit, probe: Probe) -> None:
        for call in (lambda: client.query("hi"), lambda: client.stream("hi").__enter__(), lambda: claif.query("hi")):
            with pytest.raises(RuntimeError, match="own thread") as error:
                call()
            caught.append(error)

    with Client(**given(Probe(misuse))) as client:
        client.query("hi")
    assert len(caught) == 3


def test_a_provider_may_use_a_face_in_a_worker_thread() -> None:
    async def delegate(query: Query, emit: Emit, probe: Probe) -> None:
        reply = await trio.to_thread.run_sync(inner.query, query.prompt)
        await emit(TextDelta(f"inner says {reply.text}"))

    with Client(**answering("ok")) as inner, Client(**given(Probe(delegate))) as outer:
        assert outer.query("hi").text == "inner says ok"


def test_what_a_provider_raises_to_end_the_program_reaches_the_caller_and_nobody_else() -> None:
    async def leave(query: Query, emit: Emit, probe: Probe) -> None:
        if query.prompt == "leave":
            raise SystemExit(3)
        await emit(TextDelta("ok"))

    with Client(**given(Probe(leave))) as client:
        with pytest.raises(SystemExit):
            client.query("leave")
        assert client.query("hi").text == "ok"


def test_providers_are_registered_replaced_and_removed_while_the_client_is_open() -> None:
    with Client(**answering("first")) as client:
        client.register("more", FakeProvider.scripted("more"))
        assert client.query("hi", provider="more").text == "more"
        client.replace("probe", FakeProvider.scripted("second"))
        assert client.query("hi").text == "second"
        client.unregister("more")
        with pytest.raises(ProviderNotFoundError):
            client.query("hi", provider="more")


def test_a_configuration_with_a_key_is_forgotten_once_the_client_is_open() -> None:
    client = Client(**answering("ok"))
    client.query("hi")
    assert client._host._make is None
    client.close()
