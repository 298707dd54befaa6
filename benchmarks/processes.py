"""Measure child processes at each level of confinement: `python benchmarks/processes.py [--rounds N] [--write]`.

Times are those of the machine as it is; a start is compared with a bare one of the same round.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import trio

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from section import write_section
from transport.process.support import NASTY, START, new_mark, processes_in, start, survivors, used_memory

from claif.transport.process.command import Command
from claif.transport.sandbox import prepare
from claif.transport.sandbox.choose import Choice, choose
from claif.transport.sandbox.policy import Policy

if TYPE_CHECKING:
    from claif.transport.process.processes import Processes

TITLE = "Child processes"
LEVELS: tuple[Any, ...] = ("bubblewrap", "landlock", "group", "environment")
SHELL = Path("/bin/sh")
ANSWER = "echo '{}'; read line"
EVENT = b'{"type":"stream_event","event":{"delta":{"type":"text_delta","text":"%s"}},"session_id":"%s"}' % (
    b"hello world " * 4,
    b"0" * 36,
)
EVENTS = 5000
STREAM = f"""
import os, time
os.write(1, b"{{}}\\n")
for _ in range({EVENTS}):
    os.write(1, {EVENT!r} + b"\\n")
    PAUSE
"""
FLOOD = """
import os
os.write(1, b"{}\\n")
block = b"x" * (1 << 20)
for _ in range(MIB):
    left = block
    while left:
        left = left[os.write(1, left):]
"""


def bare(folder: Path) -> float:
    """Milliseconds until a program that is started by hand has said something."""
    began = time.perf_counter()
    with subprocess.Popen(
        [SHELL, "-c", ANSWER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        took = (time.perf_counter() - began) * 1000
        process.kill()
    return took


async def begin(processes: Processes, folder: Path) -> float:
    """Milliseconds until the same program, started by us, has said something."""
    command = Command(program=SHELL, arguments=("-c", ANSWER), directory=folder / "work")
    policy = Policy(wish="off", directory=command.directory, writable=True)
    began = time.perf_counter()
    process = await processes.start(command, policy, start_timeout=START)
    assert await process.receive() == {}
    took = (time.perf_counter() - began) * 1000
    await process.kill()
    return took


async def cancel(processes: Processes, folder: Path) -> tuple[float, int]:
    """Milliseconds from a cancellation until a nasty agent is gone, and how many of its processes are not."""
    mark = new_mark()
    process = await start(processes, NASTY, folder, mark=mark)
    assert await process.receive() == {"ready": True}
    began = time.perf_counter()
    with trio.CancelScope() as scope:
        scope.cancel()
        await process.kill()
    took = (time.perf_counter() - began) * 1000
    return took, len(survivors(mark, patience=0.0))


async def stream(processes: Processes, folder: Path, pause: str) -> float:
    """Milliseconds of processor time for 1,000 events."""
    process = await start(processes, STREAM.replace("PAUSE", pause), folder)
    await process.receive()
    began = time.process_time()
    for _ in range(EVENTS):
        assert await process.receive()
    used = time.process_time() - began
    await process.kill()
    return used / EVENTS * 1e6


async def flood(processes: Processes, folder: Path, mebibytes: int) -> float:
    """Mebibytes by which we grow while a program writes an endless line."""
    process = await start(processes, FLOOD.replace("MIB", str(mebibytes)), folder)
    await process.receive()
    before = used_memory()
    await process.wait()
    await process.kill()
    return (used_memory() - before) / 2**20


def with_processes(work: Callable[..., Awaitable[Any]], *given: Any) -> Any:
    """Run something in a client's processes."""

    async def main() -> Any:
        with tempfile.TemporaryDirectory(prefix="claif-bench-") as folder:
            os.mkdir(f"{folder}/work")
            async with processes_in(Path(folder)) as processes:
                return await work(processes, Path(folder), *given)

    return trio.run(main)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--flood", type=int, default=2048, help="MiB that the program writes")
    parser.add_argument("--write", action="store_true", help="write the section of RESULTS.md")
    options = parser.parse_args()
    grown = with_processes(flood, options.flood)
    rows = []
    for level in LEVELS:
        prepare.choose = lambda _policy, _machine, level=level: Choice(level)
        starts, plain, ends, left = [], [], [], 0
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as folder:
                plain.append(bare(Path(folder)))
            starts.append(with_processes(begin))
            took, survived = with_processes(cancel)
            ends.append(took)
            left += survived
        more = [ours - theirs for ours, theirs in zip(starts, plain, strict=True)]
        ends.sort()
        late = ends[int(len(ends) * 0.99)]
        rows.append(f"| {level} | {median(more):.0f} ms | {median(ends):.0f} ms | {late:.0f} ms | {left} |")
        print(rows[-1], flush=True)
    prepare.choose = choose
    burst = median(with_processes(stream, "") for _ in range(5))
    single = median(with_processes(stream, "time.sleep(0.0005)") for _ in range(5))
    about = (
        f"Python {platform.python_version()}, {options.rounds} rounds at each level with a nasty agent: it ignores "
        "SIGTERM and SIGHUP, and has a child, a child in a session of its own, and a daemon. Command: "
        "`python benchmarks/processes.py --write`. Goals: no survivor, from cancel to gone p99 250 ms, 60 ms of "
        "processor time for 1,000 events, 64 MiB of growth."
    )
    head = "| level | start, beyond a bare one | cancel to gone, p50 | p99 | survivors |\n|---|---|---|---|---|"
    rest = (
        f"1,000 events of {len(EVENT)} bytes: {burst:.0f} ms of processor time where they come together, "
        f"{single:.0f} ms one at a time. An endless line of {options.flood:,} MiB: {grown:.0f} MiB of growth."
    )
    text = "\n".join([about, "", head, *rows, "", rest])
    print(text)
    if options.write:
        write_section(TITLE, text)


if __name__ == "__main__":
    main()
