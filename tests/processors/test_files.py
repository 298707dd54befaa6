"""Files get plain names in one folder, whatever a model calls them; nothing is overwritten, and nothing can be run."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.models.fences import CodeBlock
from claif.processors import files
from claif.processors.files import file_name, save


def named(info: str) -> str:
    return file_name(CodeBlock("x\n", info), 3)


@pytest.mark.parametrize(
    ("info", "name"),
    [
        ("", "block-3.txt"),
        ("python", "block-3.py"),
        ("Zig", "block-3.zig"),
        ("c++", "block-3.cpp"),
        ("???", "block-3.txt"),
        ("python file=foo.py", "foo.py"),
        ('python title="my foo.py"', "my_foo.py"),
        ("python {filename='a.py'}", "a.py"),
        ("python: name: x.py", "x.py"),
        ("foo.py", "foo.py"),
        ("python foo.py", "foo.py"),
        ("python:src/foo.py", "foo.py"),
        ("file=Makefile", "Makefile"),
        ("file=größe.txt", "größe.txt"),
    ],
)
def test_the_name_is_the_one_that_the_info_gives_or_tells_number_and_language(info: str, name: str) -> None:
    assert named(info) == name


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\x\\y.txt", "y.txt"),
        (".bashrc", "bashrc"),
        ("..", "block-3.txt"),
        ("-rf.sh", "rf.sh"),
        ("a/", "block-3.txt"),
        ("x.py.", "x.py"),
        ("con.txt", "_con.txt"),
        ("NUL", "_NUL"),
        ("a:b.txt", "a_b.txt"),
        ("a\u202etxt.exe", "a_txt.exe"),
        ("a\x00b.py", "a_b.py"),
        ("a$(id).sh", "a__id_.sh"),
        ("x" * 500 + ".py", "x" * 48 + ".py"),
    ],
)
def test_a_name_can_only_be_a_name(wanted: str, name: str) -> None:
    assert named(f'file="{wanted}"') == name


@given(st.text(max_size=300))
def test_whatever_the_info_is_the_name_is_plain_and_short(info: str) -> None:
    name = named(info)
    assert name == os.path.basename(name) == name.strip(".")
    assert not set(name) & set('/\\:*?"<>|\0\n')
    assert name.isprintable()
    assert 0 < len(name.encode()) <= 240


def test_blocks_are_written_to_private_files_that_nothing_can_run(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "code"
    blocks = [CodeBlock("print('é')\n", "python file=a.py"), CodeBlock("ls\n", "sh")]
    assert save(folder, blocks) == (("a.py", "block-2.sh"), ())
    assert (folder / "a.py").read_text(encoding="utf-8") == "print('é')\n"
    assert stat.S_IMODE((folder / "a.py").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("mine")
    block = CodeBlock("x\n", "a.py")
    assert save(tmp_path, [block, block]).names == ("a-2.py", "a-3.py")
    assert (tmp_path / "a.py").read_text() == "mine"


def test_links_are_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").symlink_to(target)
    assert save(tmp_path / "code", [CodeBlock("x\n", "a.py")]).names == ("a-2.py",)
    assert not target.exists()


def test_a_block_that_was_cut_off_or_is_too_large_is_named_and_left_out(tmp_path: Path) -> None:
    blocks = [
        CodeBlock("x" * (files.MOST_BYTES + 1), "big.txt"),
        CodeBlock("x", "good.txt"),
        CodeBlock("x", "cut.txt", closed=False),
    ]
    assert save(tmp_path, blocks) == (
        ("good.txt",),
        (
            "big.txt was not saved: it is larger than 1048576 bytes.",
            "cut.txt was not saved: the answer ends within it.",
        ),
    )


def test_a_message_makes_only_so_many_files(tmp_path: Path) -> None:
    result = save(tmp_path, [CodeBlock("x")] * 1000)
    assert len(result.names) == len(list(tmp_path.iterdir())) == files.MOST_FILES
    assert len(result.problems) == 1


def test_a_folder_full_of_one_name_ends_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_OF_A_NAME", 2)
    result = save(tmp_path, [CodeBlock("x", "a.py")] * 3)
    assert result.names == ("a.py", "a-2.py")
    assert result.problems == (f"a.py was not saved in {tmp_path}: there are 2 files of this name.",)


def test_what_the_system_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = save(tmp_path / "file", [CodeBlock("x", "a.py"), CodeBlock("y", "b.py")])
    assert result == ((), (f"a.py was not saved in {tmp_path / 'file'}: File exists.",))


def test_of_a_file_that_cannot_be_written_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, descriptor: int) -> None:
            os.close(descriptor)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, _data: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fdopen", lambda descriptor, _mode: Full(descriptor))
    result = save(tmp_path, [CodeBlock("x", "a.py")])
    assert result == ((), (f"a.py was not saved in {tmp_path}: No space left on device.",))
    assert not list(tmp_path.iterdir())
