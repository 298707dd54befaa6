"""After a fork the child has a thread of its own; the parent's clients say that they are the parent's."""

from __future__ import annotations

import pytest
from faces.scripts import output

CHILD = """
def in_child(function):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            function()
        except BaseException as error:
            say(type(error).__name__, error)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_a_client_of_the_parent_is_refused_in_the_child_and_works_on_in_the_parent() -> None:
    lines = output(
        CHILD
        + """
client = claif.blocking.Client(**given(Saying(echo)))
say(client.query("parent").text)
in_child(lambda: client.query("hi"))
in_child(client.close)
say(client.query("still").text)
"""
    )
    assert lines[0] == "parent"
    assert lines[1].startswith("ClientClosedError This client belongs to the parent process")
    assert lines[2:] == ["still", "disconnected"]


def test_a_stream_of_the_parent_is_refused_in_the_child_and_can_be_left_there() -> None:
    lines = output(
        CHILD
        + """
with claif.blocking.Client(**given(Probe(one_then_hang))) as client, client.stream("hi") as stream:
    events = iter(stream)
    while not isinstance(next(events), TextDelta):
        pass
    in_child(lambda: next(events))
    say("parent goes on")
"""
    )
    assert lines[0].startswith("ClientClosedError This client belongs to the parent process")
    assert lines[1] == "parent goes on"


def test_the_child_opens_clients_of_its_own() -> None:
    assert output(
        CHILD
        + """
import asyncio
unused = claif.blocking.Client(**given(Probe(echo)))
with claif.blocking.Client(**given(Probe(echo))) as client:
    client.query("hi")
    def child():
        say(unused.query("unused").text)
        with claif.blocking.Client(**given(Probe(echo))) as own:
            say(own.query("own").text)
        say(asyncio.run(claif.aio.Client(**given(Probe(echo))).query("async")).text)
    in_child(child)
    say(client.query("parent").text)
"""
    ) == ["unused", "own", "async", "parent"]


def test_the_shared_client_is_made_anew_in_the_child() -> None:
    assert output(
        CHILD
        + """
from claif.portal.process import current_portal
current_portal().state["claif.query"] = claif.blocking.Client(**given(Probe(echo)))
say(claif.query("parent").text)
def child():
    assert "claif.query" not in current_portal().state
    current_portal().state["claif.query"] = claif.blocking.Client(**given(Probe(echo)))
    say(claif.query("child").text)
in_child(child)
"""
    ) == ["parent", "child"]


def test_a_fork_while_other_threads_wait_in_queries_hurts_nobody() -> None:
    assert output(
        CHILD
        + """
from concurrent.futures import ThreadPoolExecutor
go = trio.Event()
async def wait(query, emit, probe):
    probe.count += 1
    if probe.count == 8:
        probe.all.set()
    await go.wait()
    await emit(TextDelta("ok"))
probe = Probe(wait)
probe.count, probe.all = 0, threading.Event()
with claif.blocking.Client(**given(probe)) as client:
    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(client.query, "hi") for _ in range(8)]
        assert probe.all.wait(10)
        in_child(lambda: say(claif.blocking.Client(**given(Probe(echo))).query("child").text))
        client._host.portal().post(go.set)
        say(*{one.result(10).text for one in running})
"""
    ) == ["child", "ok"]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_worker_process_of_multiprocessing_disconnects_at_its_end(method: str, tmp_path) -> None:
    script = tmp_path / "worker.py"
    script.write_text("""
import multiprocessing, sys
import claif
from faces.support import Probe, given
from claif.api import TextDelta

class Gone:
    def set(self):
        print("disconnected", flush=True)

async def echo(query, emit, probe):
    await emit(TextDelta(query.prompt))

def work(text):
    probe = Probe(echo)
    probe.gone = Gone()
    client = claif.blocking.Client(**given(probe))
    print(client.query(text).text, flush=True)
    globals()["kept"] = client
""")
    assert output(f"""
import multiprocessing
sys.path.insert(0, {str(tmp_path)!r})
import worker
if __name__ == "__main__":
    worker.work("parent")
    process = multiprocessing.get_context({method!r}).Process(target=worker.work, args=["child"])
    process.start()
    process.join()
    assert process.exitcode == 0
    say("parent goes on")
""") == ["parent", "child", "disconnected", "parent goes on", "disconnected"]
