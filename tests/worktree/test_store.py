"""A store is found by git whatever its path is."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.worktree.checkout import checkout
from claif.worktree.store import quoted
from worktree.repo import Repo, write


@given(st.binary(min_size=1).filter(lambda path: b"\0" not in path))
def test_a_path_is_quoted_so_that_it_is_read_again(path: bytes) -> None:
    text = quoted(path)
    assert b"\n" not in text
    assert (text[:1], text[-1:]) == (b'"', b'"')
    assert re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), text[1:-1]) == path


@pytest.mark.parametrize("name", ['a "quoted" one', "a\nb", "#a", "a\\b", "a:b", "日本", " a "])
async def test_a_repository_may_have_an_odd_name(name: str, tmp_path: Path, home: Path) -> None:
    repo = Repo.make(tmp_path / name / "repo", {"a.txt": "a\n"})
    repo.write({"a.txt": "dirty\n"})
    before = repo.state()
    async with checkout(repo.path, home, os.environ) as made:
        write(made.top, {"a.txt": "b\n"})
        diff = await made.diff()
    assert "-dirty\n+b\n" in diff
    assert repo.state() == before
