"""A log file is private, does not grow without end, and its trouble is nobody else's."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from claif.logs.file import LogFile


class Complaints(list[str]):
    def __call__(self, text: str) -> None:
        self.append(text)


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_lines_are_appended_to_a_private_file(tmp_path: Path, complaints: Complaints) -> None:
    path = tmp_path / "new" / "claif.log"
    before = os.umask(0)
    try:
        file = LogFile(path, complaints)
        file.write("one")
        file.write("two \udc80")
    finally:
        os.umask(before)
    assert path.read_text() == "one\ntwo \\udc80\n"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert not complaints


def test_a_loose_file_is_made_private(tmp_path: Path, complaints: Complaints) -> None:
    path = tmp_path / "claif.log"
    path.touch(0o644)
    path.chmod(0o644)
    LogFile(path, complaints).write("one")
    assert mode(path) == 0o600


def test_three_files_are_kept_and_none_is_larger_than_it_may_be(tmp_path: Path, complaints: Complaints) -> None:
    path = tmp_path / "claif.log"
    file = LogFile(path, complaints, limit=100)
    for number in range(60):
        file.write(f"{number:09}")
    assert sorted(os.listdir(tmp_path)) == ["claif.log", "claif.log.1", "claif.log.2"]
    assert all((tmp_path / name).stat().st_size <= 100 for name in os.listdir(tmp_path))
    lines = [(tmp_path / f"claif.log{end}").read_text().split() for end in (".2", ".1", "")]
    assert [line for part in lines for line in part] == [f"{number:09}" for number in range(30, 60)]
    assert all(mode(tmp_path / name) == 0o600 for name in os.listdir(tmp_path))


def test_attack_12_a_link_in_its_place_is_not_followed(tmp_path: Path, complaints: Complaints) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = tmp_path / "claif.log"
    path.symlink_to(victim)
    file = LogFile(path, complaints)
    file.write("one")
    file.write("two")
    assert victim.read_text() == "precious"
    assert len(complaints) == 1


def test_what_is_no_file_or_anothers_is_left_alone(
    tmp_path: Path, complaints: Complaints, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    LogFile(tmp_path / "pipe", complaints).write("one")
    LogFile(tmp_path, complaints).write("one")
    LogFile(Path("/dev/null"), complaints).write("one")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    LogFile(tmp_path / "mine", complaints).write("one")
    assert len(complaints) == 4
    assert "not a regular file" in complaints[2]
    assert "belongs to another user" in complaints[3]


def test_a_full_disk_is_told_once(tmp_path: Path, complaints: Complaints, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    file = LogFile(tmp_path / "claif.log", complaints)
    file.write("one")
    file.write("two")
    assert len(complaints) == 1
    assert "No space left on device" in complaints[0]


WRITER = """
import sys
from pathlib import Path
from claif.logs.file import LogFile
file = LogFile(Path(sys.argv[1]), print, limit=20_000)
for number in range(300):
    file.write(f"{sys.argv[2]} {number:4} " + "x" * 40)
"""


def test_processes_share_a_file_and_no_line_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "claif.log"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(name)], stdout=subprocess.PIPE)
        for name in range(4)
    ]
    assert [writer.communicate(timeout=60)[0] for writer in writers] == [b""] * 4
    lines = [line for old in tmp_path.iterdir() for line in old.read_text().splitlines()]
    assert lines
    assert all(len(line) == 47 and line.endswith("x" * 40) for line in lines)
    assert len(os.listdir(tmp_path)) <= 3
