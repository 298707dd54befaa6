"""What `claif doctor` tells about the embedded model: its runtime, tried in a process of its own, and its weights."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from claif.api import DependencyError, Finding

from .choice import GGUF
from .runtime import environment, missing_library, packages_folder

if TYPE_CHECKING:
    from .store import Store
    from .weights import Weights

PATIENCE = 20.0
"""Seconds that loading the runtime may take."""
_LOAD = "import sys; sys.path.append(sys.argv[1]); import xllamacpp; print(xllamacpp.__version__)"
_REMEDY = "pip install --force-reinstall xllamacpp"


def check_runtime(patience: float = PATIENCE) -> Finding:
    """Load the runtime as the model's process does; a processor that it was not built for ends only the child."""
    try:
        packages = packages_folder()
        done = subprocess.run(  # noqa: S603 - this Python
            [sys.executable, "-I", "-c", _LOAD, packages],
            env=environment(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
    except DependencyError as error:
        return Finding("runtime", "fail", error.message, error.hint or "")
    except subprocess.TimeoutExpired:
        return Finding("runtime", "fail", f"Loading it takes longer than {patience:g} s.", _REMEDY)
    if done.returncode == 0:
        return Finding("runtime", "ok", f"xllamacpp {done.stdout.strip()} in {packages}")
    if done.returncode < 0:
        return Finding(
            "runtime",
            "fail",
            f"Loading it was ended by signal {-done.returncode}: it may not be made for this processor.",
            "Use another provider, or an older version of xllamacpp.",
        )
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    missing = missing_library(lines[-1][:300])
    return Finding("runtime", "fail", missing.message, missing.hint or "")


def check_weights(own: Path | None, store: Store, weights: Weights, *, deep: bool) -> Finding:
    """Look at the model's file.

    Args:
        own: the user's own file, if one is configured.
        store: where the known weights are.
        weights: the known weights.
        deep: compute the fingerprint of the known weights.
    """
    if own is not None:
        return _check_own(own)
    path = store.path(weights)
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return Finding("weights", "ok", f"{weights.title} is not here yet; it would be {path}")
    except OSError as error:
        return Finding("weights", "fail", f"{path} cannot be looked at ({error.strerror}).", "Check its permissions.")
    if size != weights.size:
        return Finding("weights", "fail", f"{path} has {size} bytes instead of {weights.size}.", _again(path))
    return _check_fingerprint(path, weights) if deep else Finding("weights", "ok", f"{path}; --deep checks it")


def _check_fingerprint(path: Path, weights: Weights) -> Finding:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return Finding("weights", "fail", f"{path} cannot be read ({error.strerror}).", "Check its permissions.")
    if found != weights.sha256:
        return Finding("weights", "fail", f"The fingerprint of {path} is not the published one.", _again(path))
    return Finding("weights", "ok", f"{path}; its fingerprint is the published one")


def _again(path: Path) -> str:
    return f"rm '{path}', then `claif models pull`"


def _check_own(own: Path) -> Finding:
    try:
        with own.open("rb") as file:
            head = file.read(len(GGUF))
    except OSError as error:
        return Finding("weights", "fail", f"{own} cannot be read ({error.strerror}).", "Correct the setting path.")
    if head != GGUF:
        return Finding("weights", "fail", f"{own} is no GGUF file.", "Set path to a model in the GGUF format.")
    return Finding("weights", "ok", f"{own}, a file of your own")
