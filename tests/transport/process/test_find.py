"""Programs are found by absolute path, where not everybody could have put one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claif.errors import DependencyError
from claif.transport.process.find import find_program


def program(folder: Path, name: str = "agent", mode: int = 0o755) -> Path:
    """A program in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return path


def on_path(*folders: object) -> dict[str, str]:
    """An environment with a PATH."""
    return {"PATH": os.pathsep.join(map(str, folders))}


def test_the_first_on_the_path_is_found(tmp_path: Path) -> None:
    first, _ = program(tmp_path / "a"), program(tmp_path / "b")
    assert find_program("agent", configured=None, environ=on_path(tmp_path / "a", tmp_path / "b")) == first


def test_what_cannot_be_run_and_what_is_no_file_are_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "a", mode=0o644)
    (tmp_path / "b" / "agent").mkdir(parents=True)
    third = program(tmp_path / "c")
    folders = on_path(tmp_path / "none", tmp_path / "a", tmp_path / "b", tmp_path / "c")
    assert find_program("agent", configured=None, environ=folders) == third


def test_places_come_before_the_path_as_folders_or_as_the_program_itself(tmp_path: Path) -> None:
    program(tmp_path / "path")
    vendored = program(tmp_path / "vendor", "agent")
    native = program(tmp_path / "native", "agent-linux")
    environ = on_path(tmp_path / "path")
    places = [tmp_path / "none", tmp_path / "vendor"]
    assert find_program("agent", configured=None, places=places, environ=environ) == vendored
    assert find_program("agent", configured=None, places=[native], environ=environ) == native


def test_a_configured_path_is_taken_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = program(tmp_path / "bin", "mine")
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = on_path(program(tmp_path / "path").parent)
    assert find_program("agent", configured=str(own), environ=environ) == own
    assert find_program("agent", configured="~/bin/mine", environ=environ) == own
    for configured, why in [
        (str(tmp_path / "none"), "does not exist"),
        (str(tmp_path), "is no file"),
        (str(program(tmp_path, "plain", 0o644)), "may not be run"),
        (str(program(tmp_path, "loose", 0o777)), "changed by everybody"),
        ("bin/mine", "relative"),
        ("\0", "not installed"),
        (f"{tmp_path}/\0", "cannot be looked at"),
    ]:
        with pytest.raises(DependencyError, match=why) as caught:
            find_program("agent", configured=configured, environ=environ)
        assert caught.value.hint


def test_a_configured_name_is_searched_for_on_the_path_alone(tmp_path: Path) -> None:
    other = program(tmp_path / "path", "agent-next")
    program(tmp_path / "place", "agent-next")
    environ = on_path(tmp_path / "path")
    assert find_program("agent", configured="agent-next", places=[tmp_path / "place"], environ=environ) == other


def test_a_missing_program_says_what_to_do() -> None:
    with pytest.raises(DependencyError, match="agent is not installed") as caught:
        find_program("agent", configured=None, environ={"PATH": ""})
    assert "path" in (caught.value.hint or "")
