"""Confining a process: in a process of its own, for it cannot be undone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from claif.transport.sandbox import confine
from claif.transport.sandbox.confine import landlock_abi

CHILD = """
import json, os, resource, runpy, sys
order = json.load(sys.stdin)
runpy.run_path(sys.argv[1])["confine"](order)
found = {}
exec(sys.argv[2])
print(json.dumps(found))
"""


def confined(order: dict, script: str) -> dict:
    """What a script finds in a confined process."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CHILD, confine.__file__, script],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_limits_are_set_hard_and_never_raised():
    order = {"limits": {"memory": 2**40, "cpu": 100, "file_size": 2**20, "processes": 1000}}
    got = confined(
        order,
        "for n in ('DATA', 'CPU', 'FSIZE', 'NPROC'): found[n] = resource.getrlimit(getattr(resource, 'RLIMIT_' + n))",
    )
    assert got["CPU"] == [100, 105]
    assert (got["DATA"], got["FSIZE"]) == ([2**40] * 2, [2**20] * 2)
    script = (
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5, 5));"
        "runpy.run_path(sys.argv[1])['confine']({'limits': {'file_size': 9, 'cpu': 9999}});"
        "found['got'] = [resource.getrlimit(resource.RLIMIT_FSIZE), resource.getrlimit(resource.RLIMIT_CPU)]"
    )
    assert confined(order, script)["got"] == [[5, 5], [105, 105]]


def status(name: str) -> str:
    return f"found['got'] = dict(line.split(':', 1) for line in open('/proc/self/status'))[{name!r}].strip()"


def test_new_rights_are_never_got():
    assert confined({}, status("NoNewPrivs"))["got"] == "1"


@pytest.mark.parametrize("name", ["CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"])
def test_capabilities_are_gone_also_after_exec(name):
    if os.getuid() == 0:
        kept = confined({"drop": False}, status(name))["got"]
        assert (int(kept, 16) != 0) == (name in {"CapEff", "CapPrm", "CapBnd"})
    if os.getuid() == 0 or name != "CapBnd":
        assert int(confined({"drop": True}, status(name))["got"], 16) == 0
        script = "import subprocess; found['got'] = subprocess.check_output(['cat', '/proc/self/status']).decode()"
        lines = dict(line.split(":", 1) for line in confined({"drop": True}, script)["got"].splitlines())
        assert int(lines[name], 16) == 0


FILES = """
import os
def tried(what):
    try:
        what()
        return 0
    except OSError as error:
        return error.errno
base = order["base"]
found["read"] = tried(lambda: open(base + "/read/file").read())
found["list"] = tried(lambda: os.listdir(base + "/hidden"))
found["hidden"] = tried(lambda: open(base + "/hidden/file").read())
found["change"] = tried(lambda: open(base + "/read/file", "w"))
found["empty"] = tried(lambda: os.truncate(base + "/read/file", 0))
found["write"] = tried(lambda: open(base + "/write/new", "w").write("x"))
found["make"] = tried(lambda: os.makedirs(base + "/write/a/b"))
found["move"] = tried(lambda: os.rename(base + "/write/new", base + "/write/a/new"))
found["out"] = tried(lambda: os.rename(base + "/write/a/new", base + "/read/new"))
found["file"] = tried(lambda: open(base + "/state.json", "w").write("{}"))
found["beside"] = tried(lambda: open(base + "/other.json", "w").write("{}"))
"""


def test_files_are_confined_to_what_is_named(tmp_path: Path):
    for name in ("read", "hidden", "write"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("text")
    (tmp_path / "state.json").touch()
    (tmp_path / "link").symlink_to(tmp_path / "hidden")
    base = str(tmp_path)
    files = {
        "list": ["/"],
        "read": ["/usr", "/lib", "/lib64", "/etc", "/proc", f"{base}/read", f"{base}/link", f"{base}/gone"],
        "write": [f"{base}/write", f"{base}/state.json", f"{base}/gone"],
    }
    got = confined({"base": base, "files": files}, FILES)
    assert {name for name, number in got.items() if number == 0} == {"read", "list", "write", "make", "move", "file"}
    assert (tmp_path / "read" / "file").read_text() == "text"


PORTS = """
import socket
for port in order["try"]:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        found[str(port)] = 0
    except OSError as error:
        found[str(port)] = error.errno
"""


def test_ports_are_confined_to_those_named_also_without_rules_for_files():
    import errno
    import socket

    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        first, second = (listener.getsockname()[1] for listener in (one, other))
        got = confined({"ports": [first], "try": [first, second]}, PORTS)
    assert got == {str(first): 0, str(second): errno.EACCES}


def test_what_cannot_be_done_is_an_error_and_not_passed_over():
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CHILD, confine.__file__, ""],
        input=json.dumps({"calls": "ff" * 8}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "OSError" in done.stderr


def test_another_system_has_no_landlock(monkeypatch):
    assert landlock_abi() >= 3, "the tests run where there is Landlock"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert landlock_abi() == 0


def test_a_kernel_without_it_has_none(monkeypatch):
    def refused(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(confine, "_call", refused)
    assert landlock_abi() == 0
