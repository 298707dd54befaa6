"""The pytest plugin, seen from a project that uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import trio

from claif.testing import pytest_plugin

PROJECT = """
import os, pytest, trio
from hypothesis import given, settings, strategies as st
from claif.testing import leaks

leaks.PATIENCE = 0.1

async def test_runs_under_trio():
    await trio.sleep(0)

@pytest.mark.mock_clock
async def test_an_hour_passes_at_once():
    await trio.sleep(3600)

@settings(max_examples=3, deadline=None)
@given(st.integers())
async def test_runs_under_given(number):
    await trio.lowlevel.checkpoint()

class TestMethods:
    @pytest.mark.parametrize("value", [1, 2])
    async def test_takes_parameters_and_fixtures(self, value, tmp_path):
        assert value and tmp_path

async def test_fails():
    assert 1 == 2

def test_leaks():
    global kept
    kept = os.open("/dev/null", os.O_RDONLY)

@pytest.mark.leaks("on purpose")
def test_may_leak():
    global kept_too
    kept_too = os.open("/dev/null", os.O_RDONLY)
"""


def test_a_project_runs_its_trio_tests_and_hears_of_its_leaks(tmp_path: Path) -> None:
    (tmp_path / "test_project.py").write_text(PROJECT)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "claif.testing.pytest_plugin", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 failed, 7 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "FAILED test_project.py::test_fails" in done.stdout
    assert "ERROR test_project.py::test_leaks" in done.stdout


def test_a_hanging_test_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytest_plugin, "HANG_GUARD", 0.05)
    with pytest.raises(AssertionError, match="hung"):
        pytest_plugin.run_test(trio.sleep_forever)()


def test_a_test_can_be_given_more_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytest_plugin, "HANG_GUARD", 0.05)

    async def slow() -> None:
        await trio.sleep(0.2)

    pytest_plugin.run_test(slow, patience=5)()
    with pytest.raises(AssertionError, match="hung"):
        pytest_plugin.run_test(slow)()


@pytest.mark.patience(0.5)
async def test_the_marker_is_heeded() -> None:
    assert trio.current_effective_deadline() - trio.current_time() <= 0.5
