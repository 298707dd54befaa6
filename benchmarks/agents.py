"""Measure the real agents behind Claif: `python benchmarks/agents.py [--rounds N] [--write]`.

Claude Code and Codex come from `.ci/clis` (`npm ci --prefix .ci/clis`) and talk to the scripted server, which answers
at once; so the figures are those of the programs and of what Claif adds. A bare run speaks the same protocol with the
same arguments, without a sandbox and without Claif.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import trio

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from agents.acp_clis import ACP, acp_cli
from agents.clis import claude_environment, codex_arguments, codex_environment
from agents.conftest import NAMES, agent_of
from agents.real import Agent, survivors
from section import write_section

from claif.testing import ScriptedServer

TITLE = "Agents"
AT_ONCE = 20
DEADLINE = 8.0
"""Seconds: more than a cold start takes."""
PAUSE = 0.1
"""Seconds between two queries, in which a program gets ready for the next one."""
CLAUDE = (
    "-p",
    "--output-format=stream-json",
    "--input-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    "--setting-sources=",
    "--strict-mcp-config",
    "--model=claude-sonnet-4-5",
)


EXPLANATION = (
    "Goals: cold to warm at least 15 x (claude), 4 x (codex) and 25 x (gemini); at most 10 % added; gone 100 ms after "
    "a deadline. Warm queries come 0.1 s apart, for a program gets ready for the next one as soon as it has answered."
)


def resident(pid: int | str = "self") -> float:
    """Resident memory of a process in MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def bare(agent: Agent, server: ScriptedServer, home: Path) -> tuple[float, float]:
    """Seconds of one query to the program alone, from its start to its answer; and of a second one in it."""
    began = time.perf_counter()
    ask: Callable[[subprocess.Popen[str], Path], Callable[[], None]]
    if agent.name == "claude":
        command = [str(agent.program), *CLAUDE]
        environment = claude_environment(home, server.root_url(text="ok"))
        ask = _ask_claude
    elif agent.name in ACP:
        cli = acp_cli(agent.name)
        command = [*cli.command, *ACP[agent.name]]
        environment = cli.environment(home, server.root_url(text="ok"))
        ask = _ask_acp
    else:
        command = [str(agent.program), "app-server", *codex_arguments(server.url(text="ok"))]
        environment = codex_environment(home)
        ask = _ask_codex
    with subprocess.Popen(
        command, env=environment, cwd=agent.directory, stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, text=True
    ) as process:
        again = ask(process, agent.directory)
        cold = time.perf_counter() - began
        time.sleep(PAUSE)
        began = time.perf_counter()
        again()
        warm = time.perf_counter() - began
        process.kill()
    return cold, warm


def _send(process: subprocess.Popen[str], *records: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write("".join([json.dumps(record) + "\n" for record in records]))
    process.stdin.flush()


def _receive(process: subprocess.Popen[str], is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    assert process.stdout is not None
    return next(record for record in map(json.loads, process.stdout) if is_it(record))


def _ask_claude(process: subprocess.Popen[str], _folder: Path) -> Callable[[], None]:
    """Ask Claude Code; gives what asks it again."""

    def turn() -> None:
        _send(process, {"type": "user", "message": {"role": "user", "content": "hi"}, "parent_tool_use_id": None})
        _receive(process, lambda record: record["type"] == "result")

    greeting = {"type": "control_request", "request_id": "1", "request": {"subtype": "initialize", "hooks": None}}
    _send(process, greeting)
    turn()
    return turn


def _ask_codex(process: subprocess.Popen[str], folder: Path) -> Callable[[], None]:
    """Ask Codex; gives what asks it again, in another conversation that has begun already."""
    where = {"cwd": str(folder), "sandbox": "danger-full-access"}

    def begin(number: int) -> str:
        _send(process, {"id": number, "method": "thread/start", "params": where})
        return _receive(process, lambda record: record.get("id") == number)["result"]["thread"]["id"]

    def turn(thread: str) -> None:
        words = [{"type": "text", "text": "hi"}]
        _send(process, {"id": thread, "method": "turn/start", "params": {"threadId": thread, "input": words}})
        _receive(process, lambda record: record.get("method") == "turn/completed")

    client = {"clientInfo": {"name": "bench", "version": "1"}}
    _send(process, {"id": 1, "method": "initialize", "params": client}, {"method": "initialized"})
    turn(begin(2))
    return partial(turn, begin(3))


def _ask_acp(process: subprocess.Popen[str], folder: Path) -> Callable[[], None]:
    """Ask an agent over ACP; gives what asks it again, in another session that has begun already."""
    numbers = itertools.count(1)

    def call(method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = next(numbers)
        _send(process, {"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return _receive(process, lambda record: record.get("id") == number and "method" not in record)["result"]

    def begin() -> str:
        return call("session/new", {"cwd": str(folder), "mcpServers": []})["sessionId"]

    def turn(session: str) -> None:
        call("session/prompt", {"sessionId": session, "prompt": [{"type": "text", "text": "hi"}]})

    call("initialize", {"protocolVersion": 1, "clientCapabilities": {}})
    turn(begin())
    return partial(turn, begin())


async def many(agent: Agent, server: ScriptedServer) -> dict[str, list[float]]:
    """Many queries at once, each with a process of its own."""
    async with agent.client(server, tokens=200) as client:
        await client.query("hi")
        before = resident()
        texts: list[str] = []

        async def ask() -> None:
            texts.append((await client.query("hi")).text)

        began = time.perf_counter()
        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE):
                nursery.start_soon(ask)
        took = time.perf_counter() - began
        assert {len(text.split()) for text in texts} == {200}
        assert len(texts) == AT_ONCE
        return {"at once": [took], "memory": [(resident() - before) / AT_ONCE]}


async def late(agent: Agent, server: ScriptedServer) -> float:
    """Seconds by which a query ends after its deadline, nothing of the agent left by then."""
    async with agent.client(server, text="one two", stall="stream", after=2) as client:
        began = time.perf_counter()
        with contextlib.suppress(TimeoutError):
            await client.query("hi", timeout=DEADLINE)
        took = time.perf_counter() - began - DEADLINE
    assert not survivors(str(agent.home))
    return took


async def measure(agent: Agent, rounds: int) -> dict[str, list[float]]:
    """Cold and warm queries, the bare program, and many at once."""
    found: dict[str, list[float]] = {"cold": [], "warm": [], "bare": [], "again": [], "added": [], "ratio": []}
    async with ScriptedServer() as server:
        home = agent.home.parent / "bare"
        home.mkdir()
        await trio.to_thread.run_sync(bare, agent, server, home)
        async with agent.client(server, text="ok") as client:  # both homes have been lived in from now on
            await client.query("hi")
        for _ in range(rounds):
            alone, again = await trio.to_thread.run_sync(bare, agent, server, home)
            async with agent.client(server, text="ok") as client:
                began = time.perf_counter()
                await client.query("hi")
                cold = time.perf_counter() - began
                turns = []
                for _ in range(5):
                    await trio.sleep(PAUSE)
                    began = time.perf_counter()
                    await client.query("hi")
                    turns.append(time.perf_counter() - began)
            warm = median(turns)
            found["cold"].append(cold)
            found["warm"].append(warm)
            found["bare"].append(alone)
            found["again"].append(again)
            found["ratio"].append(cold / warm)
            found["added"].append(cold / alone - 1)
        if agent.name not in ACP:
            found |= await many(agent, server)
        found["late"] = [await late(agent, server) for _ in range(min(rounds, 3))]
    found["own memory"] = [resident()]
    return found


def row(name: str, found: dict[str, list[float]]) -> list[str]:
    """The cells of one agent."""
    cold, warm, alone, again = (median(found[key]) for key in ("cold", "warm", "bare", "again"))
    ratio, added = median(found["ratio"]), median(found["added"])
    return [
        name,
        f"{cold:.2f} s",
        f"{warm * 1000:.0f} ms",
        f"{ratio:.1f} x ({min(found['ratio']):.1f} to {max(found['ratio']):.1f})",
        f"{alone:.2f} s",
        f"{again * 1000:.0f} ms",
        f"{added:+.0%} ({min(found['added']):+.0%} to {max(found['added']):+.0%})",
        f"{found['at once'][0]:.1f} s" if "at once" in found else "-",
        f"{found['memory'][0]:.1f} MB" if "memory" in found else "-",
        f"{found['own memory'][0]:.0f} MB",
        f"{max(found['late']) * 1000:.0f} ms",
    ]


HEAD = [
    "agent",
    "cold query",
    "warm query",
    "cold to warm",
    "the program alone",
    "a second query to it alone",
    "Claif adds to a cold one",
    f"{AT_ONCE} at once",
    "memory each of them adds to Claif",
    "memory of Claif, its tests' server included",
    "after its deadline, at most",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", action="append", choices=NAMES, help="measure only this; may be given again")
    parser.add_argument("--write", action="store_true", help="write the section of RESULTS.md")
    options = parser.parse_args()
    rows = [HEAD, ["---"] * len(HEAD)]
    for name in options.only or NAMES:
        with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
            rows.append(row(name, trio.run(measure, agent_of(name, Path(folder)), options.rounds)))
    text = "\n".join(["| " + " | ".join(cells) + " |" for cells in rows])
    print(text)
    if options.write:
        when = f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
        write_section(TITLE, f"{when}. Command: `python benchmarks/agents.py --write`. {EXPLANATION}\n\n{text}")


if __name__ == "__main__":
    main()
