"""Who waits for a module is called when it comes, before anybody can use it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from claif.logs.arrival import when_imported

NAME = "claif_test_arrival"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules; what the test imports from it, and who waits, is forgotten."""
    finders = list(sys.meta_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / f"{NAME}.py").write_text("state = 'imported'\ndef fail():\n    raise ValueError('in its source')\n")
    yield tmp_path
    sys.meta_path[:] = finders
    sys.modules.pop(NAME, None)


def test_it_is_called_once_when_the_module_comes(folder: Path) -> None:
    seen: list[str] = []
    when_imported(NAME, lambda: seen.append(sys.modules[NAME].state))
    assert seen == []
    finders = len(sys.meta_path)
    module = import_module(NAME)
    assert seen == ["imported"]
    assert len(sys.meta_path) == finders - 1
    del sys.modules[NAME]
    assert import_module(NAME) is not module
    assert seen == ["imported"]


def test_it_is_called_at_once_when_the_module_is_there(folder: Path) -> None:
    import_module(NAME)
    seen: list[int] = []
    when_imported(NAME, lambda: seen.append(1))
    assert seen == [1]


def test_the_last_who_waits_takes_the_place_of_those_before(folder: Path) -> None:
    seen: list[int] = []
    for number in range(3):
        when_imported(NAME, lambda number=number: seen.append(number))
    import_module(NAME)
    assert seen == [2]


def test_the_module_is_as_if_nobody_had_waited(folder: Path) -> None:
    plain = import_module(NAME)
    del sys.modules[NAME]
    when_imported(NAME, lambda: None)
    module = import_module(NAME)
    assert type(module.__loader__) is type(plain.__loader__)
    assert module.__spec__ is not None
    assert module.__spec__.loader is module.__loader__
    assert module.__file__ == plain.__file__
    with pytest.raises(ValueError, match="in its source") as caught:
        module.fail()
    assert "raise ValueError('in its source')" in "".join(traceback.format_exception(caught.value))


def test_a_module_that_is_absent_or_broken_fails_as_ever_and_may_come_later(folder: Path) -> None:
    seen: list[int] = []
    when_imported("claif_test_absent", lambda: seen.append(1))
    with pytest.raises(ModuleNotFoundError):
        import_module("claif_test_absent")
    (folder / f"{NAME}.py").write_text("raise RuntimeError('broken')")
    when_imported(NAME, lambda: seen.append(2))
    with pytest.raises(RuntimeError, match="broken"):
        import_module(NAME)
    assert seen == []
    (folder / f"{NAME}.py").write_text("state = 'mended, and longer than before'")
    import_module(NAME)
    assert seen == [2]
