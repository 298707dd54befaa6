"""What the runtime needs, and what is said when it is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from claif_local import runtime
from claif_local.runtime import environment, missing_library, packages_folder

from claif.api import DependencyError


def test_the_child_sees_little_of_our_environment_and_no_key() -> None:
    ours = {
        "PATH": "/bin",
        "OPENAI_API_KEY": "canary",
        "LD_PRELOAD": "x",
        "PYTHONPATH": "x",
        "OMP_WAIT_POLICY": "active",
    }
    assert environment(ours) == {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}


def test_the_runtime_is_found_without_importing_it() -> None:
    assert (Path(packages_folder()) / "xllamacpp").is_dir()


def test_a_runtime_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "find_spec", lambda _name: None)
    with pytest.raises(DependencyError, match="not installed") as caught:
        packages_folder()
    assert "pip install xllamacpp" in (caught.value.hint or "")


def test_a_missing_libgomp_is_named_with_the_command_that_helps() -> None:
    error = missing_library("libgomp.so.1: cannot open shared object file: No such file or directory")
    assert "libgomp" in error.message
    assert "apt-get install libgomp1" in (error.hint or "")


def test_any_other_trouble_with_the_runtime_is_told() -> None:
    error = missing_library("undefined symbol: x")
    assert "undefined symbol: x" in error.message
    assert "--force-reinstall" in (error.hint or "")
