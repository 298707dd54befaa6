"""Programs that lie where a child sees nothing: what has to be shown for them to run, and not more."""

from __future__ import annotations

from pathlib import Path

import pytest

from claif.transport.sandbox.programs import needed, own_folder, visible_path


def script(path: Path, first: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{first}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("program", "folder"),
    [
        ("/tmp/x/node_modules/.bin/claude", "/tmp/x/node_modules"),
        ("/tmp/x/node_modules/@o/codex/node_modules/@o/linux/bin/codex", "/tmp/x/node_modules"),
        ("/tmp/venv/bin/python", "/tmp/venv"),
        ("/tmp/tool/run", "/tmp/tool"),
        ("/tmp/bin/run", "/tmp/bin"),
        ("/run/run", "/run"),
    ],
)
def test_the_folder_that_belongs_to_a_program(program, folder):
    assert own_folder(Path(program)) == Path(folder)


def test_both_ends_of_a_link_and_what_lies_between_are_needed(tmp_path):
    real = script(tmp_path / "real" / "tool", "#!/bin/sh")
    (tmp_path / "middle").mkdir()
    (tmp_path / "middle" / "tool").symlink_to("../real/tool")
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "tool").symlink_to(tmp_path / "middle" / "tool")
    found = set(needed(tmp_path / "first" / "tool", {}))
    assert {tmp_path / "first", tmp_path / "middle", real.parent} <= found


def test_an_interpreter_is_needed_too_by_its_path_or_by_env(tmp_path):
    python = script(tmp_path / "venv" / "bin" / "python", "\x7fELF")
    direct = script(tmp_path / "a" / "tool", f"#!{python} -I")
    by_env = script(tmp_path / "b" / "tool", "#!/usr/bin/env -S python -I")
    assert tmp_path / "venv" in set(needed(direct, {}))
    assert tmp_path / "venv" in set(needed(by_env, {"PATH": f"relative:{python.parent}"}))
    assert tmp_path / "venv" not in set(needed(by_env, {"PATH": "/nowhere"}))


def test_what_cannot_be_understood_is_no_error(tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert list(needed(loop, {}))
    assert list(needed(tmp_path / "gone", {}))
    own = script(tmp_path / "own", f"#!{tmp_path}/own")
    assert set(needed(own, {})) == {tmp_path}
    for line in ("#!", "#!relative", "#!/usr/bin/env", "#!/usr/bin/env -S", "#!\xff\xfe"):
        assert list(needed(script(tmp_path / "odd", line), {}))


def test_links_in_folders_are_followed_but_the_name_stays(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "busybox").touch()
    (tmp_path / "real" / "sh").symlink_to("busybox")
    assert visible_path(tmp_path / "link" / "sh") == tmp_path.resolve() / "real" / "sh"
