"""Bad programs are bad in exactly the way that the script says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from testing.fake_cli.client import CLAUDE, PATIENCE, Client, gone, running

from claif.testing import FakeCLI, Pause
from claif.testing.fake_cli import Children, Die, Flood, Raw, Report, Retry, Shell, Stderr

FOREVER = Pause(float("inf"))


def read(client: Client, size: int) -> bytes:
    found = b""
    while len(found) < size:
        data = os.read(client.child.stdout.fileno(), 65_536)
        assert data
        found += data
    return found


@pytest.mark.parametrize("name", ["claude", "codex"])
@pytest.mark.parametrize(
    ("step", "code"), [(Die(0), 0), (Die(7), 7), (Die.killed(), -9), (Die(signal=signal.SIGTERM), -15)]
)
def test_it_dies_in_the_middle_without_the_end_of_its_answer(tmp_path: Path, name, step: Die, code: int) -> None:
    fake = FakeCLI(tmp_path, name, ["Hel", step])
    arguments = CLAUDE if name == "claude" else ["exec", "--json", "hi"]
    with running(fake, arguments) as client:
        client.user("go")
        if name == "codex":
            client.child.stdin.close()
        kinds = [record["type"] for record in client.records()]
        assert client.child.wait(PATIENCE) == code
    assert kinds
    assert not {"result", "turn.completed"} & set(kinds)
    assert fake.runs[0].end is None


def test_it_dies_before_it_says_anything(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, at_start=[Stderr("no library\n"), Die(127)])
    done = subprocess.run([fake.program], capture_output=True, timeout=PATIENCE, check=False)
    assert (done.stdout, done.stderr, done.returncode) == (b"", b"no library\n", 127)


def test_it_writes_what_is_no_record(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, [Raw(b"\xff\xfe\n"), Raw("note\n"), "ok"], at_start=[Raw(b"hello\n")])
    with running(fake) as client:
        client.user("go")
        lines = iter(client.line, b"")
        assert next(lines) == b"hello"
        assert b'"init"' in next(lines)
        assert [next(lines) for _ in range(2)] == [b"\xff\xfe", b"note"]
        assert client.until(type="result")


def test_it_floods_so_many_times_and_then_goes_on(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, [Flood(b'{"type":"x"}\n', 10_000), "ok"])
    with running(fake) as client:
        found = client.turn("go")
    assert len([record for record in found if record["type"] == "x"]) == 10_000


@pytest.mark.parametrize("stderr", [False, True])
def test_it_floods_for_ever(tmp_path: Path, stderr: bool) -> None:
    fake = FakeCLI.claude(tmp_path, at_start=[Flood("line\n", stderr=stderr)])
    with running(fake, stderr=subprocess.STDOUT) as client:
        assert read(client, 5_000_000).startswith(b"line\nline\n")


def test_a_line_never_ends(tmp_path: Path) -> None:
    with running(FakeCLI.claude(tmp_path, at_start=[Flood("x" * 1000)])) as client:
        assert b"\n" not in read(client, 5_000_000)


def test_it_never_reads(tmp_path: Path) -> None:
    with running(FakeCLI.claude(tmp_path, at_start=[FOREVER])) as client:
        os.set_blocking(client.child.stdin.fileno(), False)
        written = 0
        with pytest.raises(BlockingIOError):
            while True:
                written += os.write(client.child.stdin.fileno(), b"x" * 4096)
        assert written < 1_000_000
        assert client.child.poll() is None


def wait_for(fake: FakeCLI, count: int) -> list[int]:
    until = time.monotonic() + PATIENCE
    while len(found := fake.processes()) != count:
        assert time.monotonic() < until, found
        time.sleep(0.01)
    return found


def test_its_children_outlive_it_and_are_found(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, [Children(), Retry(), FOREVER])
    with running(fake, start_new_session=True) as client:
        client.user("go")
        client.until(subtype="api_retry")
        left = set(fake.processes()) - {client.child.pid}
        groups = {os.getpgid(pid) for pid in left}
        assert len(left) == len(groups) == 3
        os.killpg(client.child.pid, signal.SIGTERM)
        assert client.child.wait(PATIENCE) == 143
        assert set(wait_for(fake, 3)) == left
        os.killpg(client.child.pid, signal.SIGKILL)
        wait_for(fake, 2)
    assert all(map(gone, left))


def test_an_obedient_one_ends_with_its_input_and_takes_its_tools_along(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, [Shell("sleep 300 & echo $! > pid; wait")])
    with running(fake, cwd=tmp_path) as client:
        client.user("go")
        pid = client.pid_in(tmp_path / "pid")
        client.child.terminate()
        assert client.child.wait(PATIENCE) == 143
        assert gone(pid)
    assert fake.runs[0].end == "SIGTERM"


def test_codex_ends_by_the_signal(tmp_path: Path) -> None:
    fake = FakeCLI.codex(tmp_path, FOREVER)
    with running(fake, ["app-server"]) as client:
        client.call("initialize")
        client.child.terminate()
        assert client.child.wait(PATIENCE) == -signal.SIGTERM


def test_a_stubborn_one_ends_neither_with_its_input_nor_by_a_polite_signal(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, "x", stubborn=True)
    with running(fake) as client:
        client.turn("go")
        client.child.stdin.close()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            client.child.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            client.child.wait(0.3)
        client.child.kill()
        assert client.child.wait(PATIENCE) == -signal.SIGKILL
    assert fake.runs[0].end is None


def test_nobody_who_waits_in_vain_waits_when_its_input_has_ended(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, ["Hel", FOREVER])
    with running(fake) as client:
        client.user("go")
        assert client.close() == 0
        assert "result" not in [record["type"] for record in client.records()]


def test_it_takes_its_time_to_end(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, "x", linger=0.3)
    with running(fake) as client:
        client.turn("go")
        begun = time.monotonic()
        assert client.close() == 0
        assert time.monotonic() - begun >= 0.3
    assert fake.runs[0].end == "end of input"


def test_it_tells_what_it_was_given(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, Report())
    with running(fake, [*CLAUDE, "--x"], cwd=tmp_path, env={"NAME": "value"}) as client:
        given = json.loads(client.turn("go")[-1]["result"])
        assert given["pid"] == client.child.pid
    (run,) = fake.runs
    assert given["arguments"] == run.arguments == [*CLAUDE, "--x"]
    assert given["environment"]["NAME"] == run.environment["NAME"] == "value"
    assert Path(given["directory"]) == run.directory == tmp_path
    assert set(given["descriptors"]) == {"0", "1", "2"}
    assert set(run.descriptors) == {0, 1, 2}
    assert given["user"] == run.user == os.getuid()
    assert given["prompts"] == ["go"]


def test_a_descriptor_too_many_shows(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    try:
        fake = FakeCLI.claude(tmp_path, Report())
        with running(fake, pass_fds=[write_end]) as client:
            client.turn("go")
    finally:
        os.close(read_end)
        os.close(write_end)
    assert set(fake.runs[0].descriptors) == {0, 1, 2, write_end}


def test_a_prompt_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    with running(FakeCLI.claude(tmp_path, "ok")) as client:
        assert client.turn("x" * 10_000_000)[-1]["result"] == "ok"


def test_what_no_protocol_knows_is_a_mistake_of_the_script(tmp_path: Path) -> None:
    fake = FakeCLI.claude(tmp_path, at_start=["text"])
    done = subprocess.run([fake.program], capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert b"knows no step 'say' here" in done.stderr
