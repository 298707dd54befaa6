"""Runs one program in the sandbox as another user: a job as JSON on standard input, what came of it as JSON out.

`preexec_fn` stands for Claif's supervisor, whose interpreter the other user may not be able to run. Everything is
imported before the user changes, for the same reason.
"""

from __future__ import annotations

import contextlib
import ctypes
import encodings.idna
import encodings.latin_1  # noqa: F401 - loaded before the user changes
import getpass  # noqa: F401 - loaded before the user changes
import json
import multiprocessing  # noqa: F401 - loaded before the user changes
import os
import pty
import pwd  # noqa: F401 - loaded before the user changes
import resource  # noqa: F401 - loaded before the user changes
import shutil
import subprocess
import sys
import tempfile  # noqa: F401 - loaded before the user changes
import termios  # noqa: F401 - loaded before the user changes
import urllib.request  # noqa: F401 - loaded before the user changes
from pathlib import Path

import trio

from claif import errors
from claif.transport.process.command import Command
from claif.transport.sandbox import (  # noqa: F401 - loaded before the user changes
    bubblewrap,
    confine,
    guards,
    layout,
    levels,
    order,
    prepare,
    programs,
    proxy,
    ways,
)
from claif.transport.sandbox.policy import Limits, Policy

SET_DUMPABLE = 4


class Machine(levels.Available):
    """This machine, as if it had nothing better than a level."""

    def __init__(self, best: str) -> None:
        if best != "bubblewrap":
            self.bubblewrap = levels.Tool(None, "the test wants none")
        if best == "group":
            self.landlock = 0


def become(uid: int) -> None:
    """Be another user for good, but one whom others of the same number may look at, as they may at any program."""
    if uid != os.getuid():
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        ctypes.CDLL(None).prctl(SET_DUMPABLE, 1, 0, 0, 0)


async def run(job: dict) -> dict:
    """Run the program to its end."""
    policy = dict(job["policy"])
    for name in ("state", "governing", "more"):
        policy[name] = [Path(path) for path in policy.get(name, ())]
    policy["hosts"] = frozenset(policy.get("hosts", ()))
    directory = Path(job["directory"])
    wanted = Policy(directory=directory, limits=Limits(**policy.pop("limits", {})), **policy)
    command = Command(program=Path(job["program"]), arguments=job["arguments"], directory=directory)
    async with trio.open_nursery() as nursery:
        async with prepare.prepared(command, wanted, job["environment"], nursery, home=Path(job["home"])) as ready:
            done = await _to_its_end(ready, job)
        nursery.cancel_scope.cancel()
    return {"level": ready.level, "notes": ready.notes, **done}


async def _to_its_end(ready: prepare.Prepared, job: dict) -> dict:
    _master, slave = pty.openpty()
    process = subprocess.Popen(  # noqa: ASYNC220 - in this thread, at whose end bubblewrap would end
        ready.argv,
        env=ready.environment,
        cwd=job["directory"],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=ready.fds,
        start_new_session=ready.level != "bubblewrap",
        preexec_fn=None if ready.confine is None else lambda: confine.confine(ready.confine),  # noqa: PLW1509 - it stands for the supervisor
    )
    ready.close_fds()
    with trio.move_on_after(job.get("seconds", 20)) as limit:
        out, error = await trio.to_thread.run_sync(process.communicate, abandon_on_cancel=True)
    if limit.cancelled_caught:
        process.kill()
        out, error = b"", b"it took too long"
    os.set_blocking(slave, False)
    typed = b""
    with contextlib.suppress(OSError):
        typed = os.read(slave, 100)
    return {
        "code": process.wait(),
        "out": out.decode(errors="replace"),
        "error": error.decode(errors="replace"),
        "typed": typed.decode(errors="replace"),
    }


def main() -> None:
    """Do the job."""
    job = json.load(sys.stdin)
    os.environ.clear()
    os.environ |= {"HOME": job["environment"]["HOME"], "PATH": os.defpath}
    prepare.available = lambda: machine
    machine = Machine(job["level"])
    become(job["uid"])
    try:
        result = trio.run(run, job, strict_exception_groups=False)
    except errors.ClaifError as error:
        result = {"raised": type(error).__name__, "message": error.message}
    print(json.dumps(result))


def interpreter(uid: int) -> str:
    """A Python that a user may run."""
    own = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    if uid == os.getuid():
        return own
    found = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    assert found, "another user needs a Python of the system: apt-get install python3"
    return found


if __name__ == "__main__":
    main()
