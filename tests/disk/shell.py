"""Runs `claif` on homes of all kinds, with what a query needs in its variables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PATIENCE = 120
"""Seconds that a command may take on a machine that does much else."""

FULL_DISK = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A process that cannot write a single byte to a file, as on a full disk; pipes are not concerned."""

NO_PRIVILEGE = """
import ctypes, os, sys
if os.geteuid() == 0:
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2, 3):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
        if libc.prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
            sys.exit("cannot drop capabilities: " + os.strerror(ctypes.get_errno()))
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A process for which permissions count, also when the tests run as root."""


def environment(home: Path | None, url: str, **more: str) -> dict[str, str]:
    """All variables: a provider `x` at the URL, and nothing else of this machine."""
    found = {
        "PATH": os.environ["PATH"],
        "CLAIF_DEFAULT_PROVIDER": "x",
        "CLAIF_PROVIDERS__X__TYPE": "openai",
        "CLAIF_PROVIDERS__X__BASE_URL": url,
        "CLAIF_PROVIDERS__X__API_KEY": "key",
        "CLAIF_PROVIDERS__X__MODEL": "m",
        "PYTHONIOENCODING": "utf-8",
    }
    return found | ({"CLAIF_HOME": str(home)} if home is not None else {}) | more


def start(
    environ: dict[str, str], folder: Path, *arguments: str, inside: str | None = None, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    """Start a command line, perhaps from within a program that first changes what the process may do."""
    command: Sequence[str] = [sys.executable, "-m", "claif", *arguments]
    if inside is not None:
        command = [sys.executable, "-c", inside, *command]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def finish(child: subprocess.Popen[str], said: str | None = None) -> tuple[int, str, str]:
    """Exit code, output and errors of a command."""
    try:
        output, errors = child.communicate(said, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise
    return child.returncode, output, errors


def run(environ: dict[str, str], folder: Path, *arguments: str, inside: str | None = None) -> tuple[int, str, str]:
    """Run a command line to its end."""
    return finish(start(environ, folder, *arguments, inside=inside))


def assert_told_briefly(errors: str) -> None:
    """An error is a sentence and a hint, without a traceback."""
    assert "Traceback" not in errors
    assert 1 <= len(errors.strip().splitlines()) <= 2, errors
