"""Attacks 42, 44 and 45: an agent that means harm, in the sandbox, as root and as a user without rights."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from transport.sandbox.places import CANARY, USERS, Places, places

ESCAPE = (Path(__file__).with_name("escape.py")).read_text()
GUARDED = (".git", ".claude", ".gemini", ".codex", ".opencode", ".qwen", ".vscode", ".mcp.json", ".envrc")


@pytest.fixture(params=USERS)
def spot(request) -> Iterator[Places]:
    """Folders of root, or of somebody else."""
    with places(request.param) as found:
        yield found


class Host:
    """What is to be reached on the host: servers of every kind, and a process."""

    def __init__(self, spot: Places) -> None:
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.abstract = f"claif-{os.getpid()}-{spot.uid}"
        self.unix = {}
        for place in (f"\0{self.abstract}", f"{spot.other}/control.sock", f"{spot.work.parent}/docker.sock"):
            self.unix[place] = socket.socket(socket.AF_UNIX)
            self.unix[place].bind(place)
            self.unix[place].listen()
            if place[0] != "\0":
                os.chmod(place, 0o777)

    def connections(self) -> int:
        """How many connections and packets have come."""
        found = 0
        for listener in (self.tcp, self.udp, *self.unix.values()):
            listener.setblocking(False)
            try:
                found += bool(listener.recv(100) if listener is self.udp else listener.accept())
            except BlockingIOError:
                continue
        return found

    def close(self) -> None:
        for each in (self.tcp, self.udp, *self.unix.values()):
            each.close()


@pytest.fixture
def host(spot) -> Iterator[Host]:
    found = Host(spot)
    yield found
    found.close()


def wish(spot: Places, host: Host) -> str:
    """What the attacker knows."""
    secrets = [
        spot.home / ".ssh/id",
        spot.home / ".netrc",
        spot.home / ".config/gh/hosts.yml",
        spot.claif / "keys.json",
    ]
    secrets += [Path("/etc/shadow")]
    return json.dumps(
        {
            "outside": [str(spot.other / "file"), str(spot.other / "new"), "/etc/claif-canary", f"{spot.home}/x"],
            "home": str(spot.home),
            "secrets": [str(path) for path in secrets],
            "canary": CANARY,
            "pid": os.getpid(),
            "sockets": [place for place in host.unix if place[0] != "\0"],
            "abstract": host.abstract,
            "tcp": host.tcp.getsockname()[1],
            "udp": host.udp.getsockname()[1],
            "mark": mark(spot),
        }
    )


def mark(spot: Places) -> str:
    return f"daemon-of-{spot.work.parent.name}"


def daemons(spot: Places) -> list[int]:
    """Processes that the attacker has left behind."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and mark(spot).encode() in (entry / "cmdline").read_bytes().split(b"\0")[3:4]:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("level", ["bubblewrap", "landlock"])
def test_attack_44_nothing_gets_out(spot, host, level):
    result = spot.run(ESCAPE, wish(spot, host), level=level, network="none")
    assert result["level"] == level
    outcomes = json.loads(result["out"])
    assert not {name: got for name, got in outcomes.items() if got.startswith("ESCAPED")}
    assert len(outcomes) > 30
    assert host.connections() == 0
    assert (spot.other / "file").read_text() == "before"
    assert not (spot.other / "new").exists()
    assert not Path("/etc/claif-canary").exists()
    assert result["typed"] == ""
    if level == "bubblewrap":
        assert gone(spot)
    end(spot)


def test_attack_44_the_tries_get_out_where_nothing_keeps_them():
    """As a user without rights, who can only harm what is his; root's tries would change this machine."""
    with places(USERS[-1]) as spot:
        host = Host(spot)
        result = spot.run(ESCAPE, wish(spot, host), level="group")
        host.close()
        end(spot)
    escaped = {name for name, got in json.loads(result["out"]).items() if got.startswith("ESCAPED")}
    assert escaped >= {
        *("write_outside", "write_through_a_link", "link_from_outside", "truncate_outside", "delete_outside"),
        *("read_secrets", "environment_of_the_parent", "unix_socket", "abstract_socket", "tcp_to_the_host"),
    }


def gone(spot: Places) -> bool:
    """Whether the attacker's daemons have gone, within seconds."""
    last = time.monotonic() + 20
    while daemons(spot) and time.monotonic() < last:
        time.sleep(0.05)
    return not daemons(spot)


def end(spot: Places) -> None:
    """Below bubblewrap it is the supervisor, which these tests do not have, that ends daemons."""
    for pid in daemons(spot):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("network", ["open", "none"])
def test_attack_44_other_programs_sockets_are_out_of_reach_with_and_without_a_network(spot, host, network):
    result = spot.run(ESCAPE, wish(spot, host), network=network)
    outcomes = json.loads(result["out"])
    assert outcomes["unix_socket"].startswith("refused")
    assert outcomes["tcp_to_the_host"].startswith("ESCAPED" if network == "open" else "refused")


TAMPER = """
import json, os, shutil, sys
def tries(name):
    inside = name + "/hooks/pre-commit"
    yield lambda: os.makedirs(name + "/hooks", exist_ok=True) or open(inside, "w").write("#!/bin/sh")
    yield lambda: open(inside, "a").write("evil")
    yield lambda: open(name + "/settings.json", "w").write("{}")
    yield lambda: open(name, "w").write("evil")
    yield lambda: os.rename(name, "moved")
    yield lambda: os.unlink(name)
    yield lambda: os.rmdir(name)
    yield lambda: shutil.rmtree(name)
    yield lambda: os.makedirs("new") or os.rename("new", name)
    yield lambda: open("file", "w").write("evil") and os.replace("file", name)
    yield lambda: os.symlink("/etc", name)
    yield lambda: os.link("file", name)
    yield lambda: os.chmod(name, 0o777)
    yield lambda: os.setxattr(name, "user.claif", b"x")
found = {}
for name in json.loads(sys.argv[1]):
    for number, each in enumerate(tries(name)):
        try:
            each()
            found[name] = number
            break
        except OSError:
            continue
print(json.dumps(found))
"""


def project(spot: Places) -> dict[str, str]:
    """A project that has all that is guarded; what is in its files."""
    files = {f"{name}/hooks/pre-commit": "honest" for name in GUARDED if not name.endswith(("json", "rc"))}
    files |= {f"{name}/settings.json": "honest" for name in (".claude", ".gemini", ".vscode")}
    files |= {".mcp.json": "{}", ".envrc": "honest", "src/main.py": "honest"}
    for name, text in files.items():
        (spot.work / name).parent.mkdir(parents=True, exist_ok=True)
        (spot.work / name).write_text(text)
    return files


def test_attack_45_what_makes_other_programs_run_something_cannot_be_changed(spot):
    files = project(spot)
    result = spot.run(TAMPER, json.dumps([*GUARDED, "src"]))
    assert json.loads(result["out"]) == {"src": 0}, "only what is no such file"
    assert {name: (spot.work / name).read_text() for name in files} == files
    assert sorted(os.listdir(spot.work)) == sorted({*GUARDED, "file", "new", "src"})


def test_attack_45_nor_can_it_be_made_and_nothing_is_left_behind(spot):
    result = spot.run(TAMPER, json.dumps(GUARDED))
    assert json.loads(result["out"]) == {}, result
    assert sorted(os.listdir(spot.work)) == ["file", "new"]


@pytest.mark.parametrize("level", ["bubblewrap", "landlock"])
def test_attack_45_an_agent_that_only_plans_changes_nothing_at_all(spot, level):
    files = project(spot)
    result = spot.run(TAMPER, json.dumps([*GUARDED, "src", "src/main.py"]), level=level, writable=False)
    assert json.loads(result["out"]) == {} or level == "landlock", "Landlock knows no modes and attributes"
    assert {name: (spot.work / name).read_text() for name in files} == files
    assert sorted(os.listdir(spot.work)) == sorted([*GUARDED, "src"])


def test_attack_45_a_further_folder_is_guarded_as_well(spot):
    result = spot.run(TAMPER, json.dumps([f"{spot.other}/{name}" for name in GUARDED]), more=[spot.other])
    assert json.loads(result["out"]) == {}
    assert os.listdir(spot.other) == ["file"]


FORKS = """
import os, signal, time
children = []
try:
    while len(children) < 400:
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        children.append(child)
except OSError as error:
    print(len(children), error.errno)
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


@pytest.mark.parametrize("level", ["bubblewrap", "landlock", "group"])
def test_attack_42_processes_are_limited_and_where_they_cannot_be_it_is_said(level):
    for uid in USERS:
        with places(uid) as spot:
            script = FORKS if uid else "print('not as root')"
            result = spot.run(script, level=level, limits={"processes": 40})
        assert result["code"] == 0
        if uid:
            count, number = map(int, result["out"].split())
            assert number == errno.EAGAIN
            assert 20 <= count <= 60, "others of the user's processes come and go meanwhile"
        else:
            assert any("not limited" in note for note in result["notes"])


MEMORY = """
kept = []
try:
    for number in range(64):
        kept.append(bytearray(16 * 2**20))
except MemoryError:
    pass
print(len(kept))
"""
DISK = """
import errno, os
for place in (".", "/tmp"):
    try:
        with open(place + "/big", "wb") as file:
            for _ in range(600):
                file.write(bytes(2**20))
        print("all")
    except OSError as error:
        print(errno.errorcode[error.errno])
"""


@pytest.mark.parametrize("level", ["bubblewrap", "landlock", "group"])
def test_attack_42_memory_is_limited(spot, level):
    result = spot.run(MEMORY, level=level, limits={"memory": 256 * 2**20})
    assert 4 <= int(result["out"]) < 16


@pytest.mark.parametrize("level", ["bubblewrap", "landlock", "group"])
def test_attack_42_a_file_is_limited(spot, level):
    result = spot.run(DISK, level=level, limits={"file_size": 2**20})
    assert result["out"].split()[0] == "EFBIG"
    assert (spot.work / "big").stat().st_size <= 2**20


def test_attack_42_what_is_in_memory_instead_of_on_a_disk_is_limited_with_the_memory(spot):
    result = spot.run(DISK.replace('"."', '"/var/tmp"'), limits={"memory": 256 * 2**20})
    assert result["out"].split() == ["ENOSPC", "ENOSPC"]


@pytest.mark.parametrize("level", ["bubblewrap", "landlock", "group"])
def test_attack_42_processor_time_is_limited(spot, level):
    result = spot.run("while True: pass", level=level, limits={"cpu": 1}, seconds=60)
    assert result["code"] in {-signal.SIGXCPU, 128 + signal.SIGXCPU}
