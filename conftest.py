"""Tests of the project and of its plugins run under the test kit that Claif gives to plugin authors."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from claif.config import secret
from claif.logs import logger

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has started the tests in the background; their children shall mind Ctrl-C all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(getattr(signal, "SIGHUP", signal.SIGINT)) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # so has `nohup`

if "CLAIF_HOME" not in os.environ:
    # Clients that read the user's own configuration must not find, nor write to, that of whoever runs the tests.
    os.environ["CLAIF_HOME"] = tempfile.mkdtemp(prefix="claif-tests-")
    atexit.register(shutil.rmtree, os.environ["CLAIF_HOME"], ignore_errors=True)

pytest_plugins = ["claif.testing.pytest_plugin", "agents.clis", "agents.acp_clis", "agents.acp_schema"]

# A busy machine is no failure; a test that hangs is found by the hang guard. Where all is required, as in CI, a commit
# passes or fails each time alike: properties are tried with the same examples, and new ones are sought everywhere else.
settings.register_profile("claif", deadline=None, derandomize="CLAIF_REQUIRE_ALL" in os.environ)
settings.load_profile("claif")

PULL_TIMEOUT = 600
"""Seconds for the download of the embedded model, once per machine."""


def pytest_collection_finish() -> None:
    """Have garbage be looked for after each test among what tests made, not among the tests themselves.

    Thousands of collected tests are so many objects that each look would take longer than most tests.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def real_home() -> Path:
    """A home of Claif with the real model, pulled once by the real command and kept for the next run."""
    home = Path(os.environ.get("CLAIF_TEST_MODELS") or Path.home() / ".cache" / "claif-test-models")
    subprocess.run(
        [sys.executable, "-m", "claif", "models", "pull"],
        env={**os.environ, "CLAIF_HOME": str(home)},
        check=True,
        timeout=PULL_TIMEOUT,
    )
    return home


@pytest.fixture
def model_home(real_home: Path, tmp_path: Path) -> Path:
    """A fresh home of Claif that has the real model."""
    home = tmp_path / "home"
    shutil.copytree(real_home / "models", home / "models", copy_function=os.link)
    home.chmod(0o700)
    return home


@pytest.fixture(autouse=True)
def no_program_has_begun() -> Iterator[None]:
    """A test that runs a command line in this process must not have it remember secrets, or log, in later tests."""
    finders, handlers = list(sys.meta_path), list(logging.getLogger().handlers)
    yield
    secret._remembered = None  # noqa: SLF001 - only a program that ends may forget this way
    if logger._least is not None:  # noqa: SLF001 - likewise
        logger._least = logger._loguru = None  # noqa: SLF001 - likewise
        sys.meta_path[:], logging.getLogger().handlers[:] = finders, handlers
