"""What git writes is read as it is meant, whatever stands in files and names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.models import FileChange
from claif.worktree.diff import file_changes, heads, sections, unquoted, with_binaries

HUNK = "@@ -1 +1 @@\n-a\n+b\n"
LINES = st.lists(
    st.sampled_from([b"diff --git a/x b/x", b" diff --git", b"-a\r", b"+\xe9", b"", b"\rdiff --git a/y b/y"])
)


@given(st.lists(LINES, max_size=6).map(lambda parts: b"\n".join(map(b"\n".join, parts))))
def test_the_parts_are_the_whole_and_begin_at_lines(diff: bytes) -> None:
    parts = sections(diff)
    assert b"".join(parts) == diff
    assert all(part.startswith(b"diff --git ") for part in parts[1:])
    assert not any(b"\ndiff --git " in part for part in parts)


@pytest.mark.parametrize(
    ("head", "path", "kind"),
    [
        ("a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n" + HUNK, "x", "update"),
        ("a/x b/x\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/x\n" + HUNK, "x", "add"),
        ("a/x b/x\ndeleted file mode 100644\nindex 0..1\n--- a/x\n+++ /dev/null\n" + HUNK, "x", "delete"),
        ("a/x y b/x y\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/x y\t\n" + HUNK, "x y", "add"),
        ("a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n", "new", "move"),
        ("a/x b/x b/x b/x\nold mode 100644\nnew mode 100755\n", "x b/x", "update"),
        ('"a/t\\tb" "b/t\\tb"\nnew file mode 100644\nindex 0..1\n', "t\tb", "add"),
        ('"a/\\303\\274" "b/\\303\\274"\nnew file mode 100644\nindex 0..1\nGIT binary patch\nliteral 0\n', "ü", "add"),
        ("a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- a/no\n+++ b/no\n", "x", "update"),
    ],
)
def test_a_change_has_its_path_its_kind_and_its_part(head: str, path: str, kind: str) -> None:
    part = f"diff --git {head}"
    assert file_changes(part) == [FileChange(path, kind, part if HUNK[:2] in part else "")]
    other = f"diff --git a/o b/o\nindex 1..2 100644\n--- a/o\n+++ b/o\n{HUNK}"
    assert [change.path for change in file_changes(other + part + other)] == ["o", path, "o"]


def test_nothing_is_no_change() -> None:
    assert file_changes("") == []
    assert sections(b"") == []


def test_files_of_no_known_encoding_are_binary_and_the_others_stay_texts() -> None:
    texts = b"diff --git a/x b/x\n+\xe9\ndiff --git a/y b/y\n+\xc3\xa9\n"
    binaries = b"diff --git a/x b/x\nGIT binary patch\ndiff --git a/y b/y\nGIT binary patch\n"
    assert heads(texts) == heads(binaries) == [b"diff --git a/x b/x", b"diff --git a/y b/y"]
    assert with_binaries(texts, binaries) == "diff --git a/x b/x\nGIT binary patch\ndiff --git a/y b/y\n+é\n"


@pytest.mark.parametrize(
    ("name", "read"),
    [("plain", "plain"), ('"a\\"b\\\\"', 'a"b\\'), ('"\\303\\274\\n"', "ü\n"), ('"', '"'), ('"\\377"', "\udcff")],
)
def test_names_are_read_with_what_is_escaped(name: str, read: str) -> None:
    assert unquoted(name) == read
