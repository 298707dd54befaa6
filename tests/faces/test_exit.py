"""The end of the interpreter: it disconnects providers, waits for nobody for ever, and says nothing."""

from __future__ import annotations

import signal
import subprocess

import pytest
from faces.scripts import command, output
from faces.support import GUARD


def test_a_client_that_nobody_closed_is_closed() -> None:
    assert output("""
client = claif.blocking.Client(**given(Saying(echo)))
say(client.query("one").text)
""") == ["one", "disconnected"]


def test_so_is_that_of_an_asyncio_program() -> None:
    assert output("""
import asyncio
client = claif.aio.Client(**given(Saying(echo)))
say(asyncio.run(client.query("one")).text)
""") == ["one", "disconnected"]


def test_a_query_in_a_thread_that_python_waits_for_is_answered_before() -> None:
    assert output("""
go = trio.Event()
async def patient(query, emit, probe):
    await go.wait()
    await emit(TextDelta("late"))
def watch():
    threading.main_thread().join()
    client._host.portal().post(go.set)
client = claif.blocking.Client(**given(Saying(patient)))
threading.Thread(target=watch).start()
threading.Thread(target=lambda: say(client.query("hi").text)).start()
""") == ["late", "disconnected"]


def test_a_query_in_a_daemon_thread_is_cancelled() -> None:
    assert output("""
probe = Saying(hang)
client = claif.blocking.Client(**given(probe))
threading.Thread(target=quietly, args=[client], daemon=True).start()
assert probe.reached.wait(10)
atexit.register(say, "exit")
""") == ["exit", "disconnected"]


def test_a_stream_that_nobody_left_is_cancelled() -> None:
    assert output("""
probe = Saying(one_then_hang)
client = claif.blocking.Client(**given(probe))
block = client.stream("hi")
stream = block.__enter__()
say(type(next(iter(stream))).__name__)
""") == ["Started", "disconnected"]


@pytest.mark.parametrize("where", ["query", "disconnect"])
def test_a_provider_that_never_ends_is_left_behind(where: str) -> None:
    assert output(f"""
from claif import client as core
from claif.plugin import lazy_provider
from claif.portal import thread
core.CLOSE_TIMEOUT = lazy_provider.DISCONNECT_TIMEOUT = thread.STOP_TIMEOUT = 0.1
async def stay(*_):
    probe.reached.set()
    with trio.CancelScope(shield=True):
        await trio.sleep_forever()
probe = Probe(stay if {where!r} == "query" else echo)
client = claif.blocking.Client(**given(probe))
if {where!r} == "query":
    threading.Thread(target=quietly, args=[client], daemon=True).start()
    assert probe.reached.wait(10)
else:
    from faces.support import _Probed
    _Probed.disconnect = stay
    client.query("hi")
say("end")
""") == ["end"]


def test_an_exit_function_that_asks_too_late_is_told_so() -> None:
    assert output("""
def late(use):
    try:
        say(use().text)
    except ClientClosedError as error:
        say(error)
client = claif.blocking.Client(**given(Saying(echo)))
client.query("open")
import claif.portal.process
atexit.unregister(claif.portal.process._process.exit)
atexit.register(late, lambda: claif.query("hi"))
atexit.register(late, lambda: client.query("hi"))
atexit.register(claif.portal.process._process.exit)
atexit.register(late, lambda: client.query("in time"))
""") == [
        "in time",
        "disconnected",
        "The client was closed with the thread it ran in.",
        "Python is exiting; nothing can be asked any more.",
    ]


@pytest.mark.parametrize("face", ["blocking", "aio"])
def test_ctrl_c_ends_a_script_at_once_and_disconnects(face: str) -> None:
    script = """
async def waits(query, emit, probe):
    say("asked")
    try:
        await trio.sleep_forever()
    finally:
        say("cancelled")
client = claif.FACE.Client(**given(Saying(waits)))
if "FACE" == "aio":
    import asyncio
    asyncio.run(client.query("hi"))
client.query("hi")
""".replace("FACE", face)
    with subprocess.Popen(command(script), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "asked\n"
        running.send_signal(signal.SIGINT)
        rest, errors = running.communicate(timeout=GUARD)
    assert rest.splitlines() == ["cancelled", "disconnected"]
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert running.returncode == -signal.SIGINT
