"""Run the tests on a machine that is made to look busy: `python tests/pauses.py [--seed N] [arguments of pytest]`.

Any process below pytest's is stopped at random for up to half a second, and each test gets another interval at which
Python's threads take turns. What fails here and nowhere else is a race, of Claif or of the test.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from claif.transport.process.tree import descendants

SEED = "CLAIF_TEST_PAUSES"
INTERVALS = (1e-6, 1e-5, 1e-4, 0.005, 0.05, 0.3)
"""Seconds after which a thread of Python has to let another one go on."""
PAUSES = (0.01, 0.05, 0.2, 0.5)
"""Seconds for which a process stands still."""
BETWEEN = 0.1
"""Seconds at most between two pauses."""
_chance = random.Random(f"{os.environ.get(SEED)} {os.environ.get('PYTEST_XDIST_WORKER')}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Have the threads of this test take turns in its own way."""
    sys.setswitchinterval(_chance.choice(INTERVALS))


def runs(pid: int) -> bool:
    """Whether a process runs or sleeps; one that a test has stopped stays so."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "RS"
    return False


def pause_some(root: int, chance: random.Random) -> None:
    """Stop one of the processes below another one for a moment."""
    found = [pid for pid in descendants(root) if runs(pid)]
    if found:
        pid = chance.choice(found)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(chance.choice(PAUSES))
            finally:
                os.kill(pid, signal.SIGCONT)


def main() -> int:
    """Run pytest; its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="which pauses there are")
    options, arguments = parser.parse_known_args()
    chance = random.Random(options.seed)
    command = [sys.executable, "-m", "pytest", "-p", "tests.pauses", *arguments]
    environment = {**os.environ, SEED: str(options.seed)}
    with subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[1]) as tests:
        while tests.poll() is None:
            pause_some(tests.pid, chance)
            time.sleep(chance.uniform(0, BETWEEN))
    return tests.returncode


if __name__ == "__main__":
    sys.exit(main())
