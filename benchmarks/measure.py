"""Fresh processes, alternating, measured by the CPU that the kernel charges them; and what their rounds add up to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from environments import HERE, bin_of, child_environment, say

Sample = Callable[[], float]


def cpu_of(command: Sequence[str], expected: str = "", limit: float = 120) -> float:
    """Milliseconds of CPU of a whole process and its children; its output must contain `expected`."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=child_environment(),
            cwd=HERE / ".peers",
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode != 0 or expected not in text:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text[-2000:]}")
    cpu = (usage.ru_utime + usage.ru_stime) * 1000
    if cpu > limit * 1000:
        raise RuntimeError(f"{' '.join(command)} took {cpu:.0f} ms.")
    return cpu


def client(environment: str, program: str, *arguments: object) -> dict[str, Any]:
    """Run a client program in its environment and take the one JSON line that it prints."""
    command = [str(bin_of(environment) / "python"), str(HERE / "clients" / f"{program}.py"), *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=child_environment(), cwd=HERE / ".peers", timeout=600, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{program} {arguments} failed:\n{done.stderr[-3000:]}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def alternate(samples: Mapping[str, Callable[[], Any]], rounds: int, what: str) -> dict[str, list[Any]]:
    """Take one sample of each in every round, in another order each time."""
    results: dict[str, list[Any]] = {name: [] for name in samples}
    names = list(samples)
    for turn in range(rounds):
        say(f"{what}: round {turn + 1} of {rounds}")
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            results[name].append(samples[name]())
    return results


def repeated(sample: Sample, window: float, least: int = 5) -> Sample:
    """A sample that is the median of as many as fill a window of that many milliseconds, but not fewer than `least`."""

    def take() -> float:
        values = [sample()]
        while len(values) < least or sum(values) < window:
            values.append(sample())
        return median(values)

    return take


def ratios(of: Sequence[float], to: Sequence[float]) -> list[float]:
    """One ratio a round."""
    return [one / other for one, other in zip(of, to, strict=True)]


def busy(processes: int) -> list[subprocess.Popen[bytes]]:
    """Start loops that keep that many cores busy until they are killed."""
    return [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]


def write(path: Path, text: str) -> None:
    """Write a small file and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
