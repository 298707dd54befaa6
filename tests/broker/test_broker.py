"""What has answered stays ready for the next client of the same user and configuration, and for nobody else."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import evolve
from broker.support import (
    GUARD,
    ask,
    client_in,
    end,
    environment_of,
    killed_client,
    pid_of_broker,
    resident,
    seen_by_others,
    status,
    switches,
)
from processes import gone
from transport.process.echo_agent import KEY, EchoAgent

from claif.api import ClaifError, DependencyError, Job, ProviderInitError, Query, TransportError
from claif.transport.broker.client import Broker
from claif.transport.broker.place import connected, opened, token_of
from claif.transport.broker.wire import GREETING, Wire
from claif.transport.process.environment import DEPTH


async def test_the_next_client_gets_the_process_of_the_last_and_nothing_that_was_said(folder: Path) -> None:
    first = await ask(folder, "one")
    second = await ask(folder, "two")
    assert first[1:] == (1, "one")
    assert second == (first[0], 2, "two")
    (row,) = await status(folder) or []
    assert (row["provider"], row["pid"], row["state"], row["turns"]) == ("echo", first[0], "idle", 2)


async def test_whatever_differs_gets_a_process_of_its_own(folder: Path) -> None:
    pids = [
        (await ask(folder, **table))[0]
        for table in (
            {},
            {"api_key": "sk-another"},
            {"env": {"MODE": "other"}},
            {"permission": "plan"},
            {"mcp_servers": {"calc": {"command": "calc"}}},
            {},
        )
    ]
    assert len(set(pids)) == 5
    assert pids[0] == pids[5]


async def test_two_at_the_same_time_get_two_and_one_broker_serves_them(folder: Path) -> None:
    found = set()
    all_answered = trio.Event()

    async def one() -> None:
        async with client_in(folder) as client:
            found.add((await client.query("hi")).text.split()[0])
            if len(found) == 4:
                all_answered.set()
            with trio.fail_after(GUARD):
                await all_answered.wait()  # what one leaves, another one would take

    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(one)
    assert len(found) == 4
    with trio.fail_after(GUARD):
        while len(await status(folder) or []) > 2:  # noqa: ASYNC110 - no more of a kind are kept
            await trio.sleep(0.01)


async def test_a_client_that_is_killed_takes_its_process_along_and_nothing_else(folder: Path) -> None:
    kept = (await ask(folder))[0]
    pid = await trio.to_thread.run_sync(killed_client, folder)
    assert gone(pid, GUARD)
    assert (await ask(folder))[0] == kept


async def test_a_broker_that_is_killed_leaves_nothing_and_the_next_query_starts_another(folder: Path) -> None:
    pid = (await ask(folder))[0]
    broker = pid_of_broker(folder)
    os.kill(broker, signal.SIGKILL)
    assert gone(pid, GUARD)
    assert await status(folder) is None
    assert (await ask(folder))[0] != pid
    assert pid_of_broker(folder) != broker


async def test_a_broker_that_dies_while_a_query_runs_is_a_typed_error(folder: Path) -> None:
    class Deaf(EchoAgent):
        script = "import time\ntime.sleep(60)\n"

    async def kill() -> None:
        while not await status(folder):  # noqa: ASYNC110 - a test's patience
            await trio.sleep(0.01)
        os.kill(pid_of_broker(folder), signal.SIGKILL)

    async with client_in(folder, Deaf) as client, trio.open_nursery() as nursery:
        nursery.start_soon(kill)
        with pytest.raises(TransportError):
            await client.query("hi")


async def test_an_idle_process_that_speaks_or_dies_is_not_lent_again(folder: Path) -> None:
    class Chatty(EchoAgent):
        script = (
            "import sys, threading, time\n"
            "for line in sys.stdin:\n"
            "    print('{\"echo\": 1}', flush=True)\n"
            "    threading.Timer(0.5, print, ['{\"late\": 1}'], {'flush': True}).start()\n"
        )

    first = (await ask(folder, agent=Chatty))[0]
    assert gone(first, GUARD)
    second = (await ask(folder))[0]
    os.kill(second, signal.SIGKILL)
    assert gone(second, GUARD)
    with trio.fail_after(GUARD):
        while await status(folder):  # noqa: ASYNC110 - a test's patience
            await trio.sleep(0.01)
    assert (await ask(folder))[0] != second


async def test_what_it_says_while_it_is_to_be_left_is_not_lost(folder: Path) -> None:
    async with client_in(folder) as client:
        provider: Any = client.provider("echo")
        job = provider.job(Query("hi"))
        process = await provider.context.processes.start(job.command, job.policy, start_timeout=GUARD)
        await process.send({"n": 1})
        # No task of ours can read it meanwhile.
        assert select.select([process._child.stdout.fileno()], [], [], GUARD)[0]
        assert not await process.leave({})
        assert await process.receive() == {"echo": {"n": 1}}
        await process.kill()


async def test_a_process_is_kept_for_its_time_and_a_broker_without_one_ends(folder: Path) -> None:
    pid = (await ask(folder, warm=1))[0]
    broker = pid_of_broker(folder)
    assert gone(pid, GUARD)
    assert gone(broker, GUARD)
    assert not (folder / "home" / "broker" / "socket").exists()


async def test_while_nothing_happens_the_broker_sleeps_and_is_small(folder: Path) -> None:
    await ask(folder)
    broker = pid_of_broker(folder)
    before, after = -1, switches(broker)
    with trio.fail_after(GUARD):
        while before != after:  # it may not have come to rest yet
            before = after
            await trio.sleep(2)
            after = switches(broker)
    assert resident(broker) <= 40_000_000


async def test_no_secret_is_told_or_written(folder: Path) -> None:
    await ask(folder, "prompt-canary", api_key=KEY)
    lines = seen_by_others(folder, pid_of_broker(folder)) + json.dumps(await status(folder)).encode()
    assert KEY.encode() not in lines
    assert b"prompt-canary" not in lines


async def test_a_broker_of_another_version_makes_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = (await ask(folder))[0]
    old = pid_of_broker(folder)
    from claif.transport.broker import client as module

    with monkeypatch.context() as patch:
        patch.setattr(module, "GREETING", {**module.GREETING, "hello": "3.0.0"})
        assert await Broker(folder / "home").take(None) is None  # type: ignore[arg-type] # it is not asked
    assert gone(old, GUARD)
    assert gone(pid, GUARD)
    assert (await ask(folder))[0] != pid


async def test_a_broker_that_cannot_come_up_is_explained(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    (home / "broker").mkdir(mode=0o755)
    with pytest.raises(ClaifError, match="not yours alone") as caught:
        await ask(folder)
    assert "chmod 700" in (caught.value.hint or "")


async def test_an_end_by_a_signal_ends_all(folder: Path) -> None:
    pid = (await ask(folder))[0]
    began = time.monotonic()
    end(folder)
    assert gone(pid, GUARD)
    assert time.monotonic() - began < 18


async def test_a_broker_that_goes_while_it_is_asked_is_a_typed_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(folder)
    send = Wire.send

    async def late(wire: Wire, message: Mapping[str, Any], fds: Sequence[int] = ()) -> None:
        if message.get("do") == "start":
            os.kill(pid_of_broker(folder), signal.SIGKILL)
            assert await wire.receive() is None
        await send(wire, message, fds)

    monkeypatch.setattr(Wire, "send", late)
    with pytest.raises(ProviderInitError, match="went away"):
        await ask(folder, env={"MODE": "other"})


NONSENSE: list[dict[str, Any]] = [
    {"do": "take"},
    {"do": "start", "order": {}},
    {"do": "keep"},
    {"do": 1},
    {},
    {"do": "take", "key": 1},
]


async def test_clients_that_talk_nonsense_or_vanish_are_given_up_and_harm_nobody(folder: Path) -> None:
    pid = (await ask(folder))[0]
    broker = pid_of_broker(folder)
    for message in NONSENSE:
        with opened(folder / "home") as place:
            connection, token = connected(place), token_of(place)
        assert connection is not None
        wire = Wire(connection)
        await wire.send({**GREETING, "token": token})
        assert await wire.receive() == (GREETING, [])
        await wire.send(message, [connection.fileno()])
        wire.close()
    assert (await ask(folder))[0] == pid
    assert pid_of_broker(folder) == broker


@pytest.mark.parametrize("message", [GREETING, {**GREETING, "token": "guess"}, {"do": "status"}, {"token": 1}])
async def test_who_does_not_know_the_token_is_told_nothing(folder: Path, message: dict[str, Any]) -> None:
    pid = (await ask(folder))[0]
    with opened(folder / "home") as place:
        connection = connected(place)
    assert connection is not None
    wire = Wire(connection)
    await wire.send(message)
    assert await wire.receive() is None
    wire.close()
    assert (await ask(folder))[0] == pid


async def test_a_program_that_cannot_be_started_is_the_same_error_as_without_a_broker(folder: Path) -> None:
    class Missing(EchoAgent):
        def job(self, query: Query) -> Job:
            job = super().job(query)
            return evolve(job, command=evolve(job.command, program=Path("/nowhere/agent")))

    with pytest.raises(DependencyError, match="/nowhere/agent"):
        await ask(folder, agent=Missing)
    assert (await ask(folder))[1] == 1


async def test_attack_36_agents_do_not_start_agents_without_end_by_the_broker_either(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def depth() -> str:
        async with client_in(folder) as client:
            pid = int((await client.query("hi", sandbox="off")).text.split()[0])
        return environment_of(pid)[DEPTH]

    assert await depth() == "1"
    monkeypatch.setenv(DEPTH, "1")
    assert await depth() == "2", "one that was started by a shallower client does not fit"
    monkeypatch.setenv(DEPTH, "2")
    with pytest.raises(ProviderInitError, match="was started by an agent"):
        await depth()
