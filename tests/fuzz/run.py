"""Fuzz the targets, each in a process of its own: `python tests/fuzz/run.py [--only NAME] [--seconds N] [--write]`.

With atheris if it is installed, which looks at what the input reaches; otherwise with hypothesis, which does not. When
the time is over, everything that was worth keeping is blown up to the largest input, and the time for it is taken.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

TITLE = "Fuzzing"
GOAL = 1.0
"""Seconds of processor time that a megabyte may take."""
SHORT = 0.1
"""Seconds that the largest input of all may take, where inputs are small."""
PATIENCE = 600
"""Seconds beyond the time for fuzzing that a process is given."""
ATHERIS = importlib.util.find_spec("atheris") is not None


def with_atheris(name: str, seconds: float, corpus: Path) -> None:
    """Fuzz with feedback about what was reached; ends with the process."""
    import atheris

    with atheris.instrument_imports(include=["claif"]):
        from fuzz.targets import TARGETS
    target = TARGETS[name]
    options = [f"-max_total_time={int(seconds)}", "-max_len=4096", "-timeout=20", "-print_final_stats=1"]
    atheris.Setup(["fuzz", str(corpus), *options, f"-artifact_prefix={corpus}/found-"], target.run)
    atheris.Fuzz()


def with_hypothesis(name: str, seconds: float, corpus: Path) -> None:
    """Fuzz with random mixtures of what the target knows."""
    from fuzz.targets import TARGETS
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    target = TARGETS[name]
    known = st.sampled_from(target.seeds).flatmap(
        lambda seed: st.integers(0, len(seed)).map(lambda place: seed[place:]) | st.just(seed)
    )
    runs, end = 0, time.monotonic() + seconds

    @settings(max_examples=1000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 255), st.lists(known | st.binary(max_size=32), max_size=8))
    def fuzz(first: int, parts: list[bytes]) -> None:
        nonlocal runs
        runs += 1
        data = bytes([first]) + b"".join(parts)
        if runs % 100 == 0:
            (corpus / f"kept-{runs}").write_bytes(data)
        target.run(data)

    while time.monotonic() < end:
        fuzz()
    print(f"stat::number_of_executed_units: {runs}", file=sys.stderr)


def slowest(name: str, corpus: Path) -> float:
    """Seconds a megabyte of the slowest input, blown up to the largest that there can be."""
    from fuzz.targets import TARGETS

    target = TARGETS[name]
    worst = 0.0
    # A short look at each, and a long one at those that looked bad.
    inputs = [data for path in corpus.iterdir() if (data := path.read_bytes()[1:])]
    ranked = sorted(inputs, key=lambda data: cost(target.work, data, min(20_000, target.largest)), reverse=True)
    for data in ranked[:20]:
        worst = max(worst, min(cost(target.work, data, target.largest) for _ in range(2)))
    return worst


def cost(work: object, data: bytes, size: int) -> float:
    text = (data * (size // len(data) + 1))[:size]
    began = time.process_time()
    work(text)
    return (time.process_time() - began) * 1e6 / len(text)


def fuzz(name: str, seconds: float) -> dict[str, Any]:
    """Fuzz one target in a child process, then take times in another that nothing slows."""
    from fuzz.targets import TARGETS

    with tempfile.TemporaryDirectory(prefix="claif-fuzz-") as folder:
        corpus = Path(folder)
        for number, seed in enumerate(TARGETS[name].seeds):
            (corpus / f"seed-{number}").write_bytes(seed)
        done = child("--child", name, "--seconds", str(seconds), "--corpus", folder, patience=seconds + PATIENCE)
        runs = [line.split(":")[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        if done.returncode:
            print(done.stderr[-6000:], file=sys.stderr)
            for path in corpus.glob("found-*"):
                print(f"{path.name}: {path.read_bytes()!r}", file=sys.stderr)
        timed = child("--time", name, "--corpus", folder, patience=600)
        return {
            "name": name,
            "runs": int(runs[-1]) if runs else 0,
            "failed": done.returncode != 0,
            "slowest": float(json.loads(timed.stdout)),
            "largest": TARGETS[name].largest,
        }


def child(*arguments: str, patience: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, __file__, *arguments]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=patience)


def row(found: dict[str, Any], seconds: float) -> str:
    """Its line in the table."""
    largest = "" if found["largest"] == 1_000_000 else f" (largest input {found['largest']:,} bytes)"
    failures = "**some**" if found["failed"] else "0"
    slowest = f"{found['slowest']:.2f} s{largest}"
    date = time.strftime("%Y-%m-%d")
    return f"| {found['name']} | {found['runs']:,} | {failures} | {slowest} | {seconds:g} s | {date} |"


def section(found: list[dict[str, Any]], seconds: float) -> str:
    """The section of RESULTS.md; targets that were not fuzzed now keep their line."""
    from fuzz.targets import TARGETS
    from section import read_section

    lines = {line.split("|")[1].strip(): line for line in read_section(TITLE).splitlines() if line.startswith("| ")}
    lines |= {target["name"]: row(target, seconds) for target in found}
    tool = f"atheris {importlib.metadata.version('atheris')}" if ATHERIS else "hypothesis alone"
    head = (
        f"Python {platform.python_version()}, {tool}, hypothesis {importlib.metadata.version('hypothesis')}. "
        f"Command: `tox -e fuzz -- --write`. Goal: no uncaught exception and no broken promise, and at most {GOAL:g} s "
        f"of processor time a megabyte, or {SHORT:g} s for the largest input that is accepted."
    )
    foot = (
        "The slowest megabyte is the slowest of the inputs that the fuzzer kept, repeated to a megabyte or to the "
        "largest size that is accepted, in seconds a megabyte. How many inputs there are depends on how busy the "
        "machine is."
    )
    table = ["| target | inputs | failures | slowest megabyte | time | date |", "|---|---|---|---|---|---|"]
    return "\n".join([head, "", *table, *[lines[name] for name in TARGETS if name in lines], "", foot])


def main() -> int:
    from fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(TARGETS), help="only this target")
    parser.add_argument("--seconds", type=float, default=60, help="for each target (60)")
    parser.add_argument("--write", action="store_true", help="write the figures to benchmarks/RESULTS.md")
    options = parser.parse_args()
    found = []
    for name in options.only or TARGETS:
        found.append(fuzz(name, options.seconds))
        print(row(found[-1], options.seconds), flush=True)
        if options.write:
            from section import write_section

            write_section(TITLE, section(found, options.seconds))
    return 0 if all(map(is_good, found)) else 1


def is_good(target: dict[str, Any]) -> bool:
    """Whether the goal is reached."""
    quick = target["slowest"] <= GOAL or target["slowest"] * target["largest"] / 1e6 <= SHORT
    return quick and not target["failed"]


def child_main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--child")
    parser.add_argument("--time")
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--corpus", type=Path)
    options = parser.parse_args()
    if options.time:
        print(slowest(options.time, options.corpus))
    else:
        (with_atheris if ATHERIS else with_hypothesis)(options.child, options.seconds, options.corpus)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in {"--child", "--time"}:
        child_main()
    else:
        sys.exit(main())
