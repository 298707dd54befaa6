"""The runtime that computes the model: what it needs, whether it is here, and what to do if it is not."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from claif.api import DependencyError

PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Some Pythons do not start without; the child is as trusted as we are."""
OPENMP = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
"""Without these the threads spin while they wait, which halves the speed on a machine that does anything else."""


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What the child needs beside the variables that every child gets, and what makes the runtime fast."""
    return {name: environ[name] for name in PASSED_ON if name in environ} | OPENMP


def packages_folder() -> str:
    """The folder that has the runtime, found without importing it.

    Raises:
        DependencyError: it is not installed.
    """
    spec = find_spec("xllamacpp")
    if spec is None or spec.origin is None:
        raise DependencyError(
            "The runtime of the embedded model (xllamacpp) is not installed.",
            hint="Install it with `pip install xllamacpp`; it has no wheel for Alpine Linux and for Windows on ARM.",
        )
    return str(Path(spec.origin).parent.parent)


def missing_library(message: str) -> DependencyError:
    """The error for a runtime that is installed and cannot be loaded."""
    if "libgomp" in message:
        return DependencyError(
            "The runtime of the embedded model needs the system library libgomp, which is not on this machine.",
            hint="Install it: apt-get install libgomp1 (Debian, Ubuntu) or dnf install libgomp (Fedora).",
        )
    return DependencyError(
        f"The runtime of the embedded model cannot be loaded: {message}",
        hint="Install it anew with `pip install --force-reinstall xllamacpp`.",
    )
