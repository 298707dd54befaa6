"""A fake program is one executable file that runs anywhere, also in a sandbox and for another user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from needs import need
from processes import gone
from testing.fake_cli.client import CLAUDE, PATIENCE, running

from claif.testing import FakeCLI
from claif.testing.fake_cli import Change, Report, Shell

NOBODY = 65_534
LINE = b'{"type":"user","message":{"role":"user","content":"hi"}}\n'


def needed(name: str) -> str:
    found = shutil.which(name)
    need(found, name)
    assert found is not None
    return found


def result(done: subprocess.CompletedProcess[bytes]) -> str:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])["result"]


def test_it_starts_isolated_without_a_shell_or_an_environment(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path)
    assert fake.program.read_bytes().startswith(b"#!/")
    (tmp_path / "json.py").write_text("raise SystemExit('hijacked')")
    done = subprocess.run(
        [fake.program, *CLAUDE], input=LINE, capture_output=True, env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path
    )
    assert result(done) == "hi"


def test_a_link_to_it_finds_its_script(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path / "real", "scripted")
    (tmp_path / "link").symlink_to(fake.program)
    assert result(subprocess.run([tmp_path / "link", *CLAUDE], input=LINE, capture_output=True)) == "scripted"


def test_an_interpreter_that_no_first_line_can_name_is_refused(tmp_path: Path) -> None:
    for interpreter in ("/with space/python", "/" + "long" * 40):
        with pytest.raises(ValueError, match="first line"):
            FakeCLI.claude(tmp_path, interpreter=interpreter)


def test_its_script_can_be_changed_between_runs(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, "one")
    script = json.loads(Path(f"{fake.program}.json").read_text())
    script["turns"] = [[{"do": "say", "text": "two"}]]
    Path(f"{fake.program}.json").write_text(json.dumps(script))
    with running(fake) as client:
        assert client.turn("hi")[-1]["result"] == "two"


def test_runs_are_told_in_their_order(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path)
    assert fake.runs == []
    for name in ("first", "second"):
        subprocess.run([fake.program, *CLAUDE, name], stdin=subprocess.DEVNULL, check=True, timeout=PATIENCE)
    assert [run.arguments[-1] for run in fake.runs] == ["first", "second"]


def test_what_a_run_is_just_writing_down_is_not_told_yet(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path)
    subprocess.run([fake.program, *CLAUDE], input=LINE, stdout=subprocess.DEVNULL, check=True, timeout=PATIENCE)
    (file,) = Path(f"{fake.program}.runs").iterdir()
    whole = file.read_bytes()
    (begun,) = fake.runs
    for size in range(len(whole)):
        file.write_bytes(whole[:size])
        assert [run.pid for run in fake.runs] in ([], [begun.pid])
        assert [run.read for run in fake.runs] in ([], [[]], [begun.read])


def test_its_commands_count_among_its_processes(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, Shell("sleep 300"))
    with running(fake) as client:
        client.user("go")
        while len(found := fake.processes()) < 2:
            assert client.child.poll() is None
        assert client.child.pid in found
    assert all(map(gone, found))
    assert fake.processes() == []


SANDBOX = [
    *("--die-with-parent", "--new-session", "--unshare-user-try", "--unshare-pid", "--unshare-net"),
    *("--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"),
]


def test_it_runs_in_a_sandbox_that_hides_temporary_files_and_the_network(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path / "bin", [Change("made", "x"), Report()])
    work = tmp_path / "work"
    work.mkdir()
    command = [
        *(needed("bwrap"), *SANDBOX),
        *("--ro-bind", fake.program.parent, fake.program.parent),
        *("--bind", work, work, "--chdir", work, fake.program, *CLAUDE),
    ]
    done = subprocess.run(command, input=LINE, capture_output=True, timeout=PATIENCE)
    given = json.loads(result(done))
    assert given["directory"] == str(work)
    assert set(given["descriptors"]) == {"0", "1", "2"}
    assert (work / "made").read_text() == "x"
    assert fake.runs == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_another_user_can_run_it_with_an_interpreter_of_the_system(tmp_path: Path) -> None:
    readable = next((path for path in ("/usr/bin/python3", sys.executable) if os.access(path, os.X_OK)), "")
    place = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    try:
        place.chmod(0o755)
        fake = FakeCLI.claude(place, Report(), interpreter=readable)
        command = [needed("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", fake.program]
        done = subprocess.run([*command, *CLAUDE], input=LINE, capture_output=True, timeout=PATIENCE, cwd="/")
        assert json.loads(result(done))["user"] == NOBODY
    finally:
        shutil.rmtree(place)
