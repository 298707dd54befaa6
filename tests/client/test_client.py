"""One query from the caller to a provider and back."""

from __future__ import annotations

import pytest
import trio
from attrs import evolve

from claif import Client
from claif.api import (
    BaseProvider,
    ClientClosedError,
    Context,
    Finished,
    ImageBlock,
    InvalidQueryError,
    Layer,
    Message,
    Notice,
    Provider,
    ProviderInitError,
    ProviderNotFoundError,
    ProviderRuntimeError,
    Query,
    RateLimitError,
    Slot,
    Started,
    TextDelta,
    TimeoutError,
    Usage,
    UsageReport,
    hookimpl,
    keeps_text,
)
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider
from claif.testing.fake import Pause


def client(*answers: object, config: dict[str, object] | None = None, plugins: PluginManager | None = None) -> Client:
    fake = FakeProvider.scripted(*answers)
    made = Client(
        {"general": {"default_provider": "fake"}, **(config or {})},
        plugins=plugins or PluginManager(),
        providers={"fake": fake},
    )
    made.fake = fake
    return made


def plugins(*modules: object) -> PluginManager:
    manager = PluginManager()
    for number, module in enumerate(modules):
        manager.register(module, f"plugin-{number}")
    return manager


async def test_a_reply_has_the_text_and_all_that_is_known() -> None:
    answer = [
        Started("x", "m-1", "id-1"),
        "Hello ",
        "world",
        UsageReport(Usage(3, 2)),
        Notice("retry", "again"),
        Finished("length"),
    ]
    async with client(answer) as c:
        reply = await c.query("hi")
    assert (reply.text, reply.model, reply.id, reply.finish_reason) == ("Hello world", "m-1", "id-1", "length")
    assert (reply.provider, reply.usage.total_tokens, len(reply.attempts)) == ("fake", 5, 1)
    assert [notice.kind for notice in reply.notices] == ["retry"]
    assert reply.timings.total is not None


async def test_a_stream_gives_the_events_and_then_the_reply() -> None:
    async with client(["a", "b"]) as c, c.stream("hi") as stream:
        events = [event async for event in stream]
    assert [type(event).__name__ for event in events] == ["Started", "TextDelta", "TextDelta", "Message", "Finished"]
    assert stream.reply is not None
    assert stream.reply.text == "ab"


async def test_a_conversation_is_passed_as_messages() -> None:
    async with client("ok") as c:
        await c.query(
            [Message.user("one"), Message.assistant("two"), Message.user("three")], system="be terse", temperature=0
        )
        (query,) = c.fake.queries
    assert [message.role for message in query.messages] == ["system", "user", "assistant", "user"]
    assert query.options.temperature == 0


async def test_leaving_a_stream_early_cancels_the_provider() -> None:
    async with client(["first", Pause(float("inf"))]) as c:
        async with c.stream("hi") as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
        assert not c._running.runs


async def test_an_error_in_the_stream_comes_after_the_events_with_the_partial_answer() -> None:
    seen = []
    async with client(["half ", "an ans", RateLimitError("slow down", retry_after=3)]) as c:
        with pytest.raises(RateLimitError) as caught:
            async with c.stream("hi") as stream:
                async for event in stream:
                    seen.append(event)
    assert "".join([event.text for event in seen if isinstance(event, TextDelta)]) == "half an ans"
    assert caught.value.partial == Message.assistant("half an ans")
    assert (caught.value.provider, caught.value.retry_after) == ("fake", 3)


@pytest.mark.mock_clock
async def test_the_total_deadline_holds_and_keeps_the_partial_answer() -> None:
    async with client(["half", Pause(1000)]) as c:
        start = trio.current_time()
        with pytest.raises(TimeoutError, match="within 5 s") as caught:
            await c.query("hi", timeout=5)
        assert trio.current_time() - start == pytest.approx(5)
        assert caught.value.partial == Message.assistant("half")


@pytest.mark.mock_clock
async def test_the_configured_deadlines_hold_without_being_asked_for() -> None:
    async with client(["half", Pause(5000)], config={"general": {"default_provider": "fake", "timeout": 50}}) as c:
        with pytest.raises(TimeoutError, match="within 50 s"):
            await c.query("hi")
    settings = {"providers": {"fake": {"idle_timeout": 7, "first_event_timeout": 3, "connect_timeout": 30}}}
    async with client([Pause(5000)], config=settings) as c:
        start = trio.current_time()
        with pytest.raises(TimeoutError, match="3 s"):
            async with c.stream("hi", provider="fake") as stream:
                async for _ in stream:
                    pass
        assert trio.current_time() - start == pytest.approx(3)
    async with client(["x", Pause(5000)], config=settings) as c:
        with pytest.raises(TimeoutError, match="nothing for 7 s"):
            await c.query("hi", provider="fake")


@pytest.mark.mock_clock
async def test_a_slow_consumer_is_not_the_providers_silence() -> None:
    async with client(list("abcdef"), config={"providers": {"fake": {"idle_timeout": 2}}}) as c:

        async def slow(event: object) -> None:
            await trio.sleep(30)

        reply = await c.run(Query("hi", provider="fake"), slow)
    assert reply.text == "abcdef"


async def test_what_the_consumer_raises_is_nobody_elses_failure() -> None:
    class MineError(Exception):
        pass

    async def fail(event: object) -> None:
        raise MineError("stop")

    async with client("hello") as c:
        with pytest.raises(MineError):
            await c.run(Query("hi"), fail)
        with pytest.raises(MineError):
            async with c.stream("hi") as stream:
                async for _ in stream:
                    raise MineError


async def test_what_a_provider_raises_is_named_and_keeps_its_cause() -> None:
    async with client([ZeroDivisionError("oops")]) as c:
        with pytest.raises(ProviderRuntimeError, match="fake failed: ZeroDivisionError: oops") as caught:
            await c.query("hi")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


async def test_an_error_out_of_a_providers_nursery_is_that_error() -> None:
    class Nursery(Provider):
        async def query(self, query, emit):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.fail)
                await emit(TextDelta("x"))
                await trio.sleep_forever()

        async def fail(self):
            await trio.lowlevel.checkpoint()
            raise RateLimitError("slow")

    async with Client({}, plugins=PluginManager(), providers={"n": Nursery}) as c:
        with pytest.raises(RateLimitError) as caught:
            await c.query("hi", provider="n")
    assert caught.value.partial == Message.assistant("x")


async def test_a_consumers_error_passes_through_a_providers_nursery() -> None:
    class Nursery(Provider):
        async def query(self, query, emit):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(emit, TextDelta("x"))
                await trio.sleep_forever()

    async def fail(event: object) -> None:
        raise KeyError("mine")

    async with Client({}, plugins=PluginManager(), providers={"n": Nursery}) as c:
        with pytest.raises(KeyError, match="mine"):
            await c.run(Query("hi", provider="n"), fail)


async def test_the_seeds_own_shape_of_a_provider_works() -> None:
    """The seed's example: an async generator of messages, with connect and disconnect."""
    log = []

    class Echo(BaseProvider):
        name = "echo"
        capabilities = ("text",)

        async def connect(self):
            log.append("connect")

        async def disconnect(self):
            log.append("disconnect")

        async def query(self, prompt, options=None):
            try:
                yield Message.assistant(f"you said {prompt}")
                yield Message.assistant(f"at {options.temperature}")
            finally:
                log.append("closed")

    async with Client({}, plugins=PluginManager(), providers={"echo": Echo}) as c:
        reply = await c.query("hi", provider="echo", temperature=0.5)
        with pytest.raises(KeyError):
            async with c.stream("hi", provider="echo") as stream:
                async for event in stream:
                    if isinstance(event, Message):
                        raise KeyError
    assert reply.text == "you said hi\n\nat 0.5"
    assert log == ["connect", "closed", "closed", "disconnect"]


async def test_a_provider_is_connected_once_for_many_queries_and_disconnected_once() -> None:
    c = client("ok")
    async with c, trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(c.query, "hi")
    assert (c.fake.connects, c.fake.disconnects, len(c.fake.queries)) == (1, 1, 20)


async def test_leaving_the_client_cancels_running_queries_first() -> None:
    failures = []
    c = client(["half", Pause(float("inf"))])

    async def ask() -> None:
        try:
            await c.query("hi")
        except ClientClosedError as error:
            failures.append(error)

    async with trio.open_nursery() as nursery, c:
        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
    assert [error.partial for error in failures] == [Message.assistant("half")]
    with pytest.raises(ClientClosedError):
        await c.query("hi")


@pytest.mark.mock_clock
async def test_a_provider_that_does_not_disconnect_does_not_hold_the_client_up() -> None:
    class Stuck(FakeProvider):
        async def disconnect(self):
            await trio.sleep_forever()

    start = trio.current_time()
    async with Client({}, plugins=PluginManager(), providers={"stuck": Stuck}) as c:
        await c.query("hi", provider="stuck")
    assert trio.current_time() - start == pytest.approx(5)


async def test_an_unknown_provider_gets_the_nearest_name() -> None:
    async with client("ok") as c:
        with pytest.raises(ProviderNotFoundError) as caught:
            await c.query("hi", provider="fkae")
    assert caught.value.hint == "Did you mean fake?"


async def test_a_provider_that_cannot_be_constructed_or_connected_is_named() -> None:
    class Broken(FakeProvider):
        def __init__(self, context: Context) -> None:
            raise ValueError("no")

    class Unplugged(FakeProvider):
        async def connect(self) -> None:
            raise OSError("no socket")

    async with Client({}, plugins=PluginManager(), providers={"b": Broken, "u": Unplugged}) as c:
        for name, what in (("b", "constructed: ValueError: no"), ("u", "connected: OSError: no socket")):
            with pytest.raises(ProviderInitError, match=what) as caught:
                await c.query("hi", provider=name)
            assert caught.value.provider == name


async def test_attachments_are_checked_against_the_provider_before_it_is_asked() -> None:
    class Text(FakeProvider):
        capabilities = frozenset({"text"})

    class Picky(FakeProvider):
        capabilities = frozenset({"text", "images"})
        mime_types = frozenset({"image/png"})

    providers = {"text": Text, "picky": Picky}
    async with Client({}, plugins=PluginManager(), providers=providers) as c:
        for name, image, what in (
            ("text", ImageBlock(b"x", "image/png"), "images"),
            ("picky", ImageBlock(b"x", "image/gif"), "image/gif"),
            ("picky", ImageBlock(url="https://example.com/a.png"), "URLs"),
        ):
            with pytest.raises(InvalidQueryError, match=what):
                await c.query("what?", provider=name, attachments=[image])
        await c.query("what?", provider="picky", attachments=[ImageBlock(b"x", "image/png")])


async def test_a_query_layer_may_answer_refuse_and_change() -> None:
    class Plugin:
        @hookimpl
        def claif_query(self, query, config, client):
            seen = client.state("plugin.seen", list)

            def wrap(handler):
                async def layer(query, emit):
                    seen.append(query.prompt)
                    if query.prompt == "answer":
                        return await emit(TextDelta("mine"))
                    if query.prompt == "refuse":
                        raise RateLimitError("not you")
                    return await handler(evolve(query, messages="changed"), emit)

                return layer

            return Layer(slot=Slot.GUARD, wrap=wrap, name="guard")

    async with client(plugins=plugins(Plugin())) as c:
        assert (await c.query("plain")).text == "changed"
        with pytest.raises(RateLimitError):
            await c.query("refuse")
        async with c.stream("answer") as stream:
            assert [event async for event in stream] == [TextDelta("mine")]
        assert c.state("plugin.seen", list) == ["plain", "refuse", "answer"]
        assert [layer.name for layer in c.chain(Query("x"))] == [
            *("deadline", "guard", "redact", "assemble", "spending", "attempt"),
        ]


async def test_processors_change_what_everybody_sees_and_a_failing_one_is_named() -> None:
    class Upper:
        @hookimpl
        def claif_process_message(self, message, query):
            return message.replace_text(message.text.upper())

    class Counter:
        @hookimpl
        @keeps_text
        def claif_process_message(self, message, query):
            raise ZeroDivisionError

    manager = plugins(Upper(), Counter())
    async with client(["he", "llo"], plugins=manager) as c, c.stream("hi") as stream:
        events = [event async for event in stream]
    assert [event for event in events if isinstance(event, TextDelta)] == []
    assert Message.assistant("HELLO") in events
    assert any("plugin-1" in name and "ZeroDivisionError" in message for name, message in manager.warnings)


async def test_providers_list_says_what_each_can_and_lacks() -> None:
    async with client("ok", config={"providers": {"mine": {"type": "nowhere"}}}) as c:
        members = {member.name: member for member in c.providers()}
    assert members["fake"].status.state == "ready"
    assert members["fake"].default
    assert members["mine"].status.state == "broken"
    assert "nowhere" in members["mine"].status.detail


async def test_models_come_from_the_provider() -> None:
    async with client("ok") as c:
        assert [model.id for model in await c.models()] == ["fake-1"]


async def test_a_client_is_opened_once_and_used_inside() -> None:
    c = client("ok")
    with pytest.raises(ClientClosedError):
        await c.query("hi")
    async with c:
        with pytest.raises(RuntimeError):
            await c.__aenter__()
