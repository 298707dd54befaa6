"""A command under bubblewrap: what it is told, and what a program inside of it sees."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest
from transport.sandbox.places import SECRET, USERS, Places, places

from claif.transport.sandbox.bubblewrap import limiting, wrapped
from claif.transport.sandbox.mounts import Kind, Mount
from claif.transport.sandbox.policy import Limits

NOTHING = Path("/usr/bin/bwrap")


@pytest.fixture(params=USERS)
def spot(request):
    with places(request.param) as found:
        yield found


def told(mounts=(), **more) -> tuple[list[str], list[str], dict[int, bytes]]:
    """The arguments that can be seen, those in memory, and what is in the other files in memory."""
    given = {"command": ["/bin/true"], "directory": Path("/"), "environment": {}, "network": True, **more}
    argv, fds = wrapped(NOTHING, mounts=mounts, **given)
    contents = {}
    for number in fds:
        assert not os.get_inheritable(number)
        with os.fdopen(number, "rb") as file:
            contents[number] = file.read()
    words = [word.decode() for word in contents.pop(int(argv[2])).split(b"\0")]
    assert words.pop() == ""
    return argv, words, contents


def test_variables_and_places_are_not_among_the_arguments_that_everybody_sees():
    argv, words, _ = told(environment={"API_KEY": SECRET, "EMPTY": ""}, mounts=[Mount(Path("/secret"), Kind.EMPTY)])
    assert argv[:2] == ["/usr/bin/bwrap", "--args"]
    assert argv[3:] == ["--", "/bin/true"]
    assert words[words.index("--setenv") :][:6] == ["--setenv", "API_KEY", SECRET, "--setenv", "EMPTY", ""]
    assert words.index("--clearenv") < words.index("--setenv")
    assert "/secret" in words


def test_arguments_of_any_length_fit():
    _, words, _ = told(environment={"LONG": "x" * 500_000})
    assert "x" * 500_000 in words


def test_rights_are_dropped_and_names_are_apart_whatever_is_asked_for():
    for network in (True, False):
        _, words, _ = told(network=network)
        for wanted in ("--die-with-parent", "--new-session", "--unshare-pid", "--unshare-ipc", "--unshare-uts"):
            assert wanted in words
        assert words[words.index("--cap-drop") + 1] == "ALL"
        assert ("--unshare-net" in words) is not network


def test_each_kind_of_mount():
    mounts = [
        Mount(Path("/a"), Kind.EMPTY),
        Mount(Path("/b"), Kind.SEALED),
        Mount(Path("/c"), Kind.BLANK, content=b"instead"),
        Mount(Path("/d"), Kind.READ),
        Mount(Path("/e"), Kind.WRITE),
        Mount(Path("/f"), Kind.READ, source=Path("/g")),
    ]
    _, words, contents = told(mounts, calls=b"12345678", scratch=1000)
    number = words[words.index("--ro-bind-data") + 1]
    assert contents.pop(int(number)) == b"instead"
    assert contents.pop(int(words[words.index("--seccomp") + 1])) == b"12345678"
    assert not contents
    begin = words.index("--tmpfs") - 2
    assert words[begin : words.index("--clearenv")] == [
        *("--size", "1000", "--tmpfs", "/a"),
        *("--size", "1000", "--tmpfs", "/b", "--remount-ro", "/b"),
        *("--ro-bind-data", number, "/c"),
        *("--ro-bind", "/d", "/d"),
        *("--bind", "/e", "/e"),
        *("--ro-bind", "/g", "/f"),
    ]


def test_the_root_is_read_only_unless_it_is_the_working_directory():
    _, words, _ = told()
    assert words[words.index("/") - 1] == "--ro-bind"
    _, words, _ = told([Mount(Path("/"), Kind.WRITE)])
    assert words[words.index("/") - 1] == "--bind"
    assert "--ro-bind" not in words


def test_nothing_stays_open_when_it_fails():
    before = os.listdir("/proc/self/fd")
    with pytest.raises(TypeError):
        wrapped(
            NOTHING,
            mounts=[Mount(Path("/c"), Kind.BLANK)],
            command=["/bin/true"],
            directory=Path("/"),
            environment={"A": 1},
            network=True,
        )
    assert os.listdir("/proc/self/fd") == before


def test_limits_as_arguments():
    prlimit = Path("/usr/bin/prlimit")
    assert limiting(Limits(), None) == ([], True)
    assert limiting(Limits(cpu=1), None) == ([], False)
    assert limiting(Limits(memory=1, cpu=2, processes=3, file_size=4), prlimit) == (
        ["/usr/bin/prlimit", "--data=1", "--cpu=2:7", "--nproc=3", "--fsize=4", "--"],
        True,
    )


LOOK = """
import json, os, sys
def tree(place):
    try:
        return sorted(os.listdir(place))
    except OSError as error:
        return error.errno
print(json.dumps({
    "environment": dict(os.environ), "directory": os.getcwd(),
    "files": sorted(map(int, os.listdir("/proc/self/fd")))[:3],
    "processes": sum(name.isdecimal() for name in os.listdir("/proc")), "tmp": tree("/tmp"), "run": tree("/run"),
    "home": tree(os.environ["HOME"]), "ssh": tree(os.environ["HOME"] + "/.ssh"),
    "command": open("/proc/1/cmdline").read(), "writable": os.access(".", os.W_OK),
    "status": open("/proc/self/status").read(),
}))
"""


def test_what_a_program_sees(spot: Places):
    (spot.work / "file").touch()
    result = spot.run(LOOK, environment={"API_KEY": SECRET})
    assert (result["level"], result["notes"]) == ("bubblewrap", [])
    seen = json.loads(result["out"])
    assert seen["environment"].pop("API_KEY") == SECRET
    assert set(seen["environment"]) <= {"HOME", "PATH", "PWD", "LC_CTYPE"}
    assert seen["directory"] == str(spot.work)
    assert seen["files"] == [0, 1, 2]
    assert seen["processes"] <= 3
    assert seen["tmp"] == [spot.work.parent.name]
    assert seen["ssh"] == []
    assert ".netrc" in seen["home"]
    assert SECRET not in seen["command"]
    assert "CapBnd:\t0000000000000000" in seen["status"]
    assert "NoNewPrivs:\t1" in seen["status"]
    assert "Seccomp:\t2" in seen["status"]


def test_a_plan_reads_and_does_not_write(spot: Places):
    (spot.work / "file").write_text("text")
    result = spot.run("print(open('file').read()); open('new', 'w')", writable=False)
    assert result["out"] == "text\n"
    assert "Read-only file system" in result["error"]
    assert os.listdir(spot.work) == ["file"]


def test_files_of_variables_read_as_empty_and_stay(spot: Places):
    for name in (".env", ".env.local", "packages/a/.env", ".env.example"):
        (spot.work / name).parent.mkdir(parents=True, exist_ok=True)
        (spot.work / name).write_text(SECRET)
    script = """
import glob
for name in (".env", ".env.local", "packages/a/.env", ".env.example"):
    print(len(open(name).read()))
    try:
        open(name, "w")
    except OSError as error:
        print(error.errno)
"""
    result = spot.run(script)
    assert result["out"].split() == ["0", "30", "0", "30", "0", "30", str(len(SECRET))]
    assert (spot.work / ".env").read_text() == SECRET


def test_state_and_further_folders_are_written_and_what_is_not_there_is_told(spot: Places):
    state, more = spot.other / "state", spot.other / "more"
    state.mkdir()
    more.mkdir()
    (spot.other / "login.json").write_text("{}")
    result = spot.run(
        f"for name in ('state/x', 'more/x', 'login.json', 'file'): open('{spot.other}/' + name, 'w').write('new')",
        state=[state, spot.other / "login.json", spot.other / "nowhere"],
        more=[more],
    )
    assert "Read-only" in result["error"]
    assert (state / "x").read_text() == (more / "x").read_text() == (spot.other / "login.json").read_text() == "new"
    assert (spot.other / "file").read_text() == "before"
    assert result["notes"] == [f"{spot.other}/nowhere does not exist, so it cannot be written."]


def test_what_governs_in_the_state_stays_as_it_is(spot: Places):
    (spot.other / "hooks").mkdir()
    (spot.other / "settings.json").write_text("honest")
    script = """
import os
for number, tries in enumerate((
    lambda: open("settings.json", "w"), lambda: os.unlink("settings.json"), lambda: os.rename("hooks", "x"),
    lambda: open("hooks/new", "w"), lambda: os.replace("file", "settings.json"), lambda: open("new", "w").write("x"),
)):
    try:
        os.chdir(os.environ["STATE"])
        tries()
        print(number)
    except OSError:
        pass
"""
    governing = [spot.other / name for name in ("settings.json", "hooks", "nowhere")]
    result = spot.run(script, environment={"STATE": str(spot.other)}, state=[spot.other], governing=governing)
    assert (result["out"], result["notes"]) == ("5\n", [])
    assert (spot.other / "settings.json").read_text() == "honest"
    assert sorted(os.listdir(spot.other)) == ["file", "hooks", "new", "settings.json"]


def test_further_folders_are_read_only_in_a_plan(spot: Places):
    result = spot.run(f"open('{spot.other}/file', 'w')", more=[spot.other], writable=False)
    assert "Read-only" in result["error"]


def test_the_private_folder_for_temporary_files_is_the_hosts(spot: Places):
    private = spot.work.parent / "private"
    private.mkdir()
    os.chown(private, spot.uid, spot.uid)
    script = "import tempfile; print(tempfile.mkstemp()[1])"
    result = spot.run(script, environment={"TMPDIR": str(private)})
    assert Path(result["out"].strip()).parent == private
    assert len(os.listdir(private)) == 1


def test_a_program_in_a_place_that_is_hidden_is_seen_with_what_belongs_to_it(spot: Places):
    folder = spot.work.parent / "tools" / "node_modules"
    (folder / ".bin").mkdir(parents=True)
    (folder / "pack").mkdir()
    (folder / "pack" / "data").write_text("found")
    tool = folder / "pack" / "run"
    tool.write_text('#!/bin/sh\ncat "$(dirname "$(readlink -f "$0")")/data"\n')
    tool.chmod(0o755)
    (folder / ".bin" / "tool").symlink_to("../pack/run")
    (folder.parent / "private").write_text(SECRET)
    result = spot.run("argument", program=str(folder / ".bin" / "tool"))
    assert result["out"] == "found", result
    result = spot.run("-c", f"cat {folder.parent}/private", program="/bin/sh")
    assert SECRET not in result["out"]


def test_a_working_directory_that_is_the_home_keeps_its_secrets(spot: Places):
    script = """
import os
home = os.environ["HOME"]
for name in (".ssh/id", ".netrc", ".config/gh/hosts.yml"):
    try:
        print(repr(open(f"{home}/{name}").read()))
    except OSError as error:
        print(error.errno)
open(f"{home}/new", "w").write("x")
"""
    at_home = Places(spot.uid, spot.home, spot.home, spot.claif, spot.other)
    result = at_home.run(script)
    assert result["out"].split() == ["2", "''", "2"]
    assert (spot.home / "new").exists()


def test_claifs_own_folder_is_hidden_but_what_runs_from_it_is_not(spot: Places):
    tool = spot.claif / "clis" / "node_modules" / "tool"
    tool.parent.mkdir(parents=True)
    tool.write_text('#!/bin/sh\nls "$1"\n')
    tool.chmod(0o755)
    result = spot.run(str(spot.claif), program=str(tool))
    assert result["out"].split() == ["clis"]


def test_git_works_in_a_folder_below_the_top_of_a_repository(spot: Places):
    """A file in place of `.git` would end its search for the repository."""
    top = spot.other
    os.chown(top, os.getuid(), -1)
    for words in ("init -q", "add file", "-c user.name=x -c user.email=x@x.test commit -q -m first"):
        subprocess.run(["git", *words.split()], cwd=top, check=True, timeout=60)
    (top / "src").mkdir()
    below = Places(spot.uid, top / "src", spot.home, spot.claif, spot.work)
    for place in top.rglob("*"):
        os.chown(place, spot.uid, spot.uid)
    os.chown(top, spot.uid, spot.uid)
    result = below.run("-c", "git log --format=%s && echo x > ../y", program="/bin/sh")
    assert result["out"].split() == ["first"], result
    assert "Read-only" in result["error"]
    assert os.listdir(top / "src") == []


def test_a_network_that_is_none_has_its_own_loopback(spot: Places):
    script = """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname())
print(len(open("/proc/net/dev").readlines()))
"""
    assert spot.run(script, network="none")["out"].strip() == "3"


def test_names_can_be_looked_up_where_the_network_is_open(spot: Places):
    """The file may lie where nothing of the host is seen."""
    place = os.path.realpath("/etc/resolv.conf")
    result = spot.run(f"print(len(open({place!r}).read()))")
    assert int(result["out"]) == os.stat(place).st_size


def test_a_loop_of_links_or_a_link_to_nowhere_in_a_project_harms_nobody(spot: Places):
    for name, target in ((".git", ".git"), (".env", ".env"), (".envrc", "nowhere"), (".mcp.json", "/etc/passwd")):
        (spot.work / name).symlink_to(target)
    result = spot.run("print('ran')")
    assert result["out"] == "ran\n"
    assert sum("symbolic link" in note for note in result["notes"]) == 3


def test_a_socket_that_somebody_listens_on_in_the_project_is_out_of_reach(spot: Places):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(spot.work / "s"))
        listener.listen()
        result = spot.run("import socket; socket.socket(socket.AF_UNIX).connect('s')")
    assert "refused" in result["error"] or "denied" in result["error"]
