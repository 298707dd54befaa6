"""Taking a program out of a wheel that may be hostile."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from attrs import evolve
from downloads.loopback import wheel_of
from hypothesis import example, given
from hypothesis import strategies as st

from claif.api import InstallError
from claif.install import unpack as unpack_module
from claif.install.unpack import unpack
from install.support import WHEEL_DATA, thing_wheel, wheel_package

PACKAGE = wheel_package()


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_only_what_is_needed_comes_out_and_only_programs_may_be_run(tmp_path: Path) -> None:
    steps: list[int] = []
    unpack(io.BytesIO(WHEEL_DATA), PACKAGE, tmp_path, steps.append)
    assert files(tmp_path) == ["thing/bin/data", "thing/bin/thing"]
    assert (tmp_path / "thing/bin/thing").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "thing/bin/data").stat().st_mode & 0o777 == 0o644
    assert steps[-1] == sum((tmp_path / name).stat().st_size for name in files(tmp_path))


def test_the_program_may_be_run_even_if_the_wheel_forgot_to_say_so(tmp_path: Path) -> None:
    unpack(io.BytesIO(wheel_of(("thing/bin/thing", b"x"))), PACKAGE, tmp_path, lambda _done: None)
    assert (tmp_path / "thing/bin/thing").stat().st_mode & 0o777 == 0o755


def test_single_files_can_be_kept(tmp_path: Path) -> None:
    unpack(io.BytesIO(WHEEL_DATA), evolve(PACKAGE, keep=("thing/bin/thing",)), tmp_path, lambda _done: None)
    assert files(tmp_path) == ["thing/bin/thing"]


def test_what_an_earlier_try_left_is_removed_first(tmp_path: Path) -> None:
    (tmp_path / "thing" / "bin").mkdir(parents=True)
    (tmp_path / "thing" / "bin" / "thing").write_text("half")
    (tmp_path / "thing" / "bin" / "more").write_text("half")
    unpack(io.BytesIO(WHEEL_DATA), PACKAGE, tmp_path, lambda _done: None)
    assert files(tmp_path) == ["thing/bin/data", "thing/bin/thing"]


@pytest.mark.parametrize(
    "name",
    ["thing/bin/../../../evil", "thing/bin//evil", "thing/bin/./evil", "thing/bin/C:evil", "thing/bin/a\\..\\evil"],
)
def test_names_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    with pytest.raises(InstallError, match="should not have"):
        unpack(io.BytesIO(thing_wheel(**{name: b"evil"})), PACKAGE, folder, lambda _done: None)
    assert not [path for path in tmp_path.rglob("*evil*") if path.is_file()]


def test_attack_12_links_in_a_wheel_are_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        info = zipfile.ZipInfo("thing/bin/thing")
        info.external_attr = 0o120777 << 16
        wheel.writestr(info, "/etc/passwd")
    with pytest.raises(InstallError, match="should not have"):
        unpack(buffer, PACKAGE, tmp_path, lambda _done: None)
    assert files(tmp_path) == []


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    data = wheel_of(("thing/bin/thing", b"one"), ("thing/bin/thing", b"two"))
    with pytest.raises(InstallError, match="should not have"):
        unpack(io.BytesIO(data), PACKAGE, tmp_path, lambda _done: None)


def test_a_bomb_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_module, "MOST_BYTES", 1000)
    with pytest.raises(InstallError, match="more in it than"):
        unpack(io.BytesIO(thing_wheel(b"x" * 1001)), PACKAGE, tmp_path, lambda _done: None)


@given(junk=st.binary(max_size=100), at=st.integers(0, len(WHEEL_DATA)))
@example(junk=bytes(5), at=293)  # a name that has no letters
def test_any_damage_ends_in_files_inside_the_folder_or_an_error_of_ours(
    junk: bytes, at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    around = tmp_path_factory.mktemp("around")
    folder = around / "folder"
    folder.mkdir()
    with suppress(InstallError):
        unpack(io.BytesIO(WHEEL_DATA[:at] + junk + WHEEL_DATA[at + len(junk) :]), PACKAGE, folder, lambda _done: None)
    assert [path.name for path in around.iterdir()] == ["folder"]
