"""A face costs what it needs: the blocking one no asyncio, neither of them what the client does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


def test_importing_claif_loads_no_face() -> None:
    faces = ("claif.portal", "claif.blocking", "claif.aio")
    assert not [name for name in loaded("import claif") if name.startswith(faces)]


def test_a_client_that_is_not_used_starts_no_thread() -> None:
    code = "import claif, threading; claif.blocking.Client(); print(threading.active_count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_the_blocking_face_loads_no_asyncio() -> None:
    assert "asyncio" not in loaded("import claif; claif.blocking, claif.query")


@pytest.mark.parametrize("face", ["blocking", "aio"])
def test_a_face_loads_what_the_client_loads_and_the_portal(face: str) -> None:
    ours = {name for name in loaded(f"import asyncio, multiprocessing, claif; claif.{face}.Client") if "claif" in name}
    core = {name for name in loaded("import claif; claif.Client") if "claif" in name}
    assert {name for name in ours - core if not name.startswith("claif.portal")} == {f"claif.{face}"}
