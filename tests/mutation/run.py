"""Mutation testing where mistakes go unseen: `python tests/mutation/run.py [--only NAME] [--show] [--write]`.

Each part is mutated in a copy of the checkout, and only its own tests are run against each mutant. The figure is the
share of mutants that a test notices. mutmut changes what stands in functions and methods; constants of modules and
functions that have a decorator stay as they are.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
from section import read_section, write_section  # noqa: E402 - it stands beside the benchmarks

TITLE = "Mutation testing"
GOAL, HIGHER_GOAL = 80, 85
"""Percent of the mutants of each part that tests have to notice; the higher one of what keeps queries going."""
SURVIVED, UNTESTED, UNDECIDED = 0, (5, 33), (None, 2, 34, 35)
"""What mutmut writes down for a mutant: the exit code of its tests."""

PROFILE = """
from hypothesis import HealthCheck, Phase

settings.register_profile(
    "mutation",
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutation")
"""
"""The same examples for every mutant, and no time for making a failure small."""


@dataclass(frozen=True)
class Part:
    """What is mutated, and the tests that have to notice it."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    goal: int = GOAL


PARTS = (
    Part(
        "configuration merge",
        ("claif/config/merge.py", "claif/config/layers.py"),
        (
            "tests/config/test_merge.py",
            "tests/config/test_layers.py",
            "tests/config/test_config.py",
            "tests/config/test_project.py",
        ),
    ),
    Part("redactor", ("claif/config/redact.py",), ("tests/config/test_redact.py", "tests/middleware/test_redact.py")),
    Part(
        "framers",
        ("claif/transport/sse.py", "claif/transport/lines.py", "claif/transport/chunks.py"),
        ("tests/transport/test_sse.py", "tests/transport/test_lines.py", "tests/transport/test_chunks.py"),
    ),
    Part("assembly", ("claif/middleware/assemble.py",), ("tests/middleware/test_assemble.py",)),
    Part(
        "timeout layer",
        ("claif/middleware/deadline.py", "claif/middleware/attempt.py", "claif/pipeline/watchdog.py"),
        (
            "tests/middleware/test_deadline.py",
            "tests/middleware/test_attempt.py",
            "tests/pipeline/test_watchdog.py",
            "tests/pipeline/test_unwatched.py",
        ),
    ),
    Part(
        "budgets and prices",
        ("claif/costs/budget.py", "claif/costs/price.py", "claif/costs/worst.py"),
        ("tests/costs/test_budget.py", "tests/costs/test_price.py", "tests/costs/test_worst.py"),
        HIGHER_GOAL,
    ),
    Part(
        "ledger",
        ("claif/ledger/work.py", "claif/ledger/call.py"),
        (
            *("tests/ledger/test_work.py", "tests/ledger/test_ledger.py", "tests/ledger/test_report.py"),
            "tests/ledger/test_budgets.py",
        ),
        HIGHER_GOAL,
    ),
    Part("terminal sanitiser", ("claif/cli/sanitize.py",), ("tests/cli/test_sanitize.py",)),
    Part(
        "breaker",
        ("claif/routing/breaker.py", "claif/routing/outcomes.py"),
        ("tests/routing/test_breaker.py", "tests/routing/test_breaker_model.py", "tests/routing/test_outcomes.py"),
        goal=HIGHER_GOAL,
    ),
    Part(
        "limiter",
        ("claif/routing/gcra.py", "claif/routing/limiter.py"),
        ("tests/routing/test_gcra.py", "tests/routing/test_limiter.py"),
        goal=HIGHER_GOAL,
    ),
    Part(
        "retry policy",
        ("claif/routing/retry_policy.py", "claif/routing/budget.py"),
        ("tests/routing/test_retry_policy.py", "tests/routing/test_budget.py"),
        goal=HIGHER_GOAL,
    ),
    Part(
        "router",
        ("claif/routing/course.py", "claif/routing/health.py", "claif/routing/plan.py", "claif/routing/strategies.py"),
        (
            "tests/routing/test_course.py",
            "tests/routing/test_course_rules.py",
            "tests/routing/test_plan.py",
            "tests/routing/test_strategies.py",
            "tests/client/test_routes.py",
        ),
        goal=HIGHER_GOAL,
    ),
    Part(
        "hedger",
        ("claif/config/hedge.py", "claif/routing/hedge.py", "claif/routing/latency.py"),
        ("tests/routing/test_hedge.py", "tests/routing/test_latency.py", "tests/routing/test_budget.py"),
        goal=HIGHER_GOAL,
    ),
    Part(
        "cache keys and rows",
        ("claif/cache/key.py", "claif/cache/row.py"),
        ("tests/cache/test_key.py", "tests/cache/test_row.py"),
        goal=HIGHER_GOAL,
    ),
    Part("cache policy", ("claif/cache/policy.py",), ("tests/cache/test_policy.py",), goal=HIGHER_GOAL),
    Part(
        "cache eviction",
        ("claif/cache/memory.py", "claif/cache/rows_table.py"),
        ("tests/cache/test_memory.py", "tests/cache/test_rows_table.py"),
        goal=HIGHER_GOAL,
    ),
    Part("single flight", ("claif/cache/flight.py",), ("tests/cache/test_flight.py",), goal=HIGHER_GOAL),
)


@dataclass
class Figures:
    """What became of the mutants of one part."""

    part: Part
    seconds: float
    survivors: list[str]
    killed: int = 0
    undecided: int = 0

    @property
    def percent(self) -> float:
        return 100 * self.killed / max(1, self.killed + len(self.survivors))

    def row(self) -> str:
        """Its line in the table."""
        modules = ", ".join([f"`{module.removeprefix('claif/')}`" for module in self.part.modules])
        total = self.killed + len(self.survivors)
        share = f"{self.percent:.1f} %"
        date = time.strftime("%Y-%m-%d")
        return f"| {self.part.name} | {modules} | {total} | {self.killed} | {share} | {self.seconds:.0f} s | {date} |"


def measure(part: Part, jobs: int, show: bool) -> Figures:
    """Mutate one part and run its tests."""
    with tempfile.TemporaryDirectory(prefix="claif-mutants-") as folder:
        work = Path(folder)
        copy_checkout(work)
        configure(work, part)
        started = time.monotonic()
        done = mutmut(work, "run", "--max-children", str(jobs))
        figures = Figures(part, time.monotonic() - started, [])
        for module in part.modules:
            meta = work / "mutants" / f"{module}.meta"
            if not meta.is_file():
                sys.exit(f"mutmut could not mutate {module}:\n{done[-4000:]}")
            for mutant, code in json.loads(meta.read_text())["exit_code_by_key"].items():
                if code == SURVIVED or code in UNTESTED:
                    figures.survivors.append(mutant)
                elif code in UNDECIDED:
                    figures.undecided += 1
                else:
                    figures.killed += 1
        if figures.undecided:
            sys.exit(f"{part.name}: {figures.undecided} mutants were not decided:\n{done[-4000:]}")
        if show:
            for mutant in figures.survivors:
                print(mutmut(work, "show", mutant))
        return figures


def copy_checkout(target: Path) -> None:
    """Copy what git knows, and what it would take."""
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def configure(work: Path, part: Part) -> None:
    """Tell mutmut what to do; it reads the project's file."""
    tests = [test for test in part.tests if (work / test).is_file()]
    settings = {
        "source_paths": ["claif"],
        "only_mutate": list(part.modules),
        "also_copy": ["conftest.py", "plugins", "docs"],
        "pytest_add_cli_args_test_selection": tests,
        # What measures time would measure mutmut's own machinery.
        "timeout_multiplier": 4.0,
        "timeout_constant": 5.0,
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "no:xdist", "-k", "not linear"],
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    with (work / "pyproject.toml").open("a") as file:
        file.write("\n[tool.mutmut]\n" + "\n".join(lines) + "\n")
    with (work / "conftest.py").open("a") as file:
        file.write(PROFILE)


def mutmut(work: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=work,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=3600,
    )
    return done.stdout


def section(found: list[Figures]) -> str:
    """The section of RESULTS.md; parts that were not measured now keep their line."""
    lines = {line.split("|")[1].strip(): line for line in read_section(TITLE).splitlines() if line.startswith("| ")}
    lines |= {figures.part.name: figures.row() for figures in found}
    stricter = ", ".join([part.name for part in PARTS if part.goal == HIGHER_GOAL])
    head = (
        f"Python {platform.python_version()}, mutmut {importlib.metadata.version('mutmut')}, "
        f"hypothesis {importlib.metadata.version('hypothesis')}. Command: `tox -e mutation -- --write`. "
        f"Goal: at least {GOAL} % of the mutants of each part are noticed by its own tests, and "
        f"{HIGHER_GOAL} % of those of {stricter}."
    )
    foot = (
        "mutmut changes functions and methods; constants of modules (regular expressions among them), properties and "
        "functions with a decorator stay as they are. A mutant that runs into its time limit counts as killed."
    )
    table = ["| part | modules | mutants | killed | share | time | date |", "|---|---|---|---|---|---|---|"]
    return "\n".join([head, "", *table, *[lines[part.name] for part in PARTS if part.name in lines], "", foot])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=[part.name for part in PARTS], help="only this part")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at once (2)")
    parser.add_argument("--show", action="store_true", help="show the mutants that no test noticed")
    parser.add_argument("--write", action="store_true", help="write the figures to benchmarks/RESULTS.md")
    options = parser.parse_args()
    found = []
    for part in PARTS:
        if not options.only or part.name in options.only:
            found.append(measure(part, options.jobs, options.show))
            print(found[-1].row(), flush=True)
    if options.write:
        write_section(TITLE, section(found))
    return 0 if all(figures.percent >= figures.part.goal for figures in found) else 1


if __name__ == "__main__":
    sys.exit(main())
