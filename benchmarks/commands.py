"""Measure whole commands with and without the broker: `python benchmarks/commands.py [--rounds N] [--write]`.

The real agents and the embedded model, asked by `claif query` in processes of their own that alternate, from an
environment like a user's, with Claif, its plugins and nothing else: one that starts the agent, one that gets it from
the broker, and one that asks an HTTP endpoint. The agents and the endpoint talk to the scripted server, which answers
at once. Wall time, since an agent's work is not in the command's own processor time.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import trio

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from agents.clis import KEY
from agents.conftest import NAMES, agent_of
from environments import bin_of
from processes import gone
from section import write_section

from claif.testing import ScriptedServer
from claif.transport.broker.client import Broker

TITLE = "Across commands"
GOALS = {"claude": 2.5, "gemini": 5.0, "local": 3.0}
"""How much faster the broker is to make it."""
SHORT = {"local": ("-o", "max_tokens=1")}
"""So that the model's start is measured and not how fast it computes."""
HTTP_GOAL = 1.5


def write_config(home: Path, server: ScriptedServer, *, warm: bool) -> None:
    """The configuration of one home."""
    home.mkdir(mode=0o700)
    root = server.root_url(text="ok")
    lines = ["[general]", f"keep_warm = {str(warm).lower()}", "[providers.local]", "context = 1024"]
    lines += ["[providers.openai]", f'base_url = "{root}/v1"', f'api_key = "{KEY}"', 'model = "m"']
    for name in NAMES:
        place = home / name
        place.mkdir()
        agent = agent_of(name, place)
        lines += [f"[providers.{name}]", f'path = "{agent.program}"', f'base_url = "{root}{agent.suffix}"']
        lines += [f'api_key = "{KEY}"', f'model = "{agent.model}"']
    (home / "config.toml").write_text("\n".join(lines) + "\n")
    (home / "config.toml").chmod(0o600)


def command(home: Path, provider: str, work: Path) -> float:
    """Seconds of one whole command."""
    environ = {**os.environ, "CLAIF_HOME": str(home)}
    began = time.perf_counter()
    words = [*SHORT.get(provider, ()), "--timeout", "60", "Name a color."]
    # A time limit of our own would look at it every 50 ms only.
    subprocess.run(
        [bin_of("claif-all") / "claif", "query", "-q", "-p", provider, *words],
        env=environ,
        cwd=work,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


def measure(folder: Path, server: ScriptedServer, rounds: int) -> list[list[str]]:
    """A row for each provider."""
    cold, warm, work = folder / "cold", folder / "warm", folder / "work"
    work.mkdir()
    for home, keep in ((cold, False), (warm, True)):
        write_config(home, server, warm=keep)
    rows = []
    for provider in (*NAMES, "local"):
        goal = GOALS.get(provider)
        for home in (cold, warm, warm):
            command(home, provider, work)
        times: dict[str, list[float]] = {"cold": [], "warm": [], "http": []}
        for _ in range(rounds):
            times["cold"].append(command(cold, provider, work))
            times["warm"].append(command(warm, provider, work))
            times["http"].append(command(cold, "openai", work))
        faster = [one / other for one, other in zip(times["cold"], times["warm"], strict=True)]
        beside = [one / other for one, other in zip(times["warm"], times["http"], strict=True)]
        rows.append(
            [
                provider,
                *[f"{median(times[name]):.2f} s" for name in times],
                f"{median(faster):.1f} x ({min(faster):.1f} to {max(faster):.1f})",
                f"≥ {goal} x{'' if median(faster) >= goal else ', **missed**'}" if goal else "-",
                f"{median(beside):.2f} x ({min(beside):.2f} to {max(beside):.2f})",
            ]
        )
    return rows


HEAD = [
    *("asked", "it is started", "from the broker", "an HTTP endpoint"),
    *("the broker makes it faster", "goal", f"to the HTTP endpoint, goal ≤ {HTTP_GOAL} x"),
]


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write the section of RESULTS.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.home()) as name:
        folder = Path(name)
        async with ScriptedServer() as server:
            try:
                rows = await trio.to_thread.run_sync(measure, folder, server, options.rounds)
            finally:
                environ = {**os.environ, "CLAIF_HOME": str(folder / "warm")}
                told = await Broker(folder / "warm").tell("status")
                await trio.run_process([bin_of("claif-all") / "claif", "agent", "stop"], env=environ)
                for row in told["status"] if told else ():
                    await trio.to_thread.run_sync(gone, row["pid"])
    text = "\n".join(["| " + " | ".join(cells) + " |" for cells in [HEAD, ["---"] * len(HEAD), *rows]])
    print(text)
    if options.write:
        when = f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
        said = "Wall time, medians; the model answers with one token."
        write_section(TITLE, f"{when}. Command: `python benchmarks/commands.py --write`. {said}\n\n{text}")


if __name__ == "__main__":
    trio.run(main)
