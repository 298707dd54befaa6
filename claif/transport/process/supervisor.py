"""The supervisor: a small process between Claif and a program, which keeps and ends all that the program starts.

Below bubblewrap there is no namespace that ends with the program. Orphans of the program come to its supervisor, which
is a subreaper, instead of escaping to the first process of the machine; when the program ends, when Claif says so, or
when Claif itself is gone, however that came about, the supervisor ends them all.

It is run as a file by an isolated interpreter, imports nothing of Claif, and imports little, since every start waits
for it. Its one argument is the number of a socket on which it is told, by one line of JSON, what to run: `argv`,
`environment`, `directory`, `confine` (see `confine.py`), `confine_in` (the folder of that file) and `tmp` (a folder
that it removes if Claif is gone). It answers with `{"started": pid}`, or with `{"errno": number, "stage": "directory" |
"confine" | "program", "message": text}`. Then it may be told `{"do": "terminate"}` or `{"do": "sweep"}`. At the end,
when all are gone, it says `{"ended": code}`, minus the signal if one killed the program.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from tree import Family, sweep  # type: ignore[import-not-found] # it stands beside this file

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost a third of the start
    from typing import Any, NoReturn

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
_NEVER_STARTED = 127
_PATIENCE = 5.0
"""Seconds in which all must be gone; only what the system itself holds takes longer than one sweep."""
_AGAIN = 0.02
"""Seconds after which those that are still there are swept once more: a fork bomb, or who came between."""


class Supervisor:
    """Runs one program.

    Args:
        control: the socket to Claif.
    """

    def __init__(self, control: int) -> None:
        self._control = control
        self._heard = b""
        self._program = 0
        self._code: int | None = None
        self._alone = False
        # Signals become bytes in a pipe, so that one wait is enough for all that can happen.
        self._woken, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, *FORWARDED):
            signal.signal(number, _nothing)

    def run(self) -> None:
        """Start the program, keep it until it has ended or is to end, and leave nothing of it."""
        order = None
        while order is None:
            heard = self._hear()
            if heard is None:
                return
            order = heard[0] if heard else None
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        self._start(order)
        if self._program:
            self._attend()
            self._end()
        if self._alone and order["tmp"]:
            import shutil

            shutil.rmtree(order["tmp"], ignore_errors=True)

    def _start(self, order: dict[str, Any]) -> None:
        if order["confine"] is not None:
            sys.path.append(order["confine_in"])
            import confine  # type: ignore[import-not-found] # it is put on the path  # noqa: F401 - here, so that it is not confined itself
        told, telling = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(told)
            _become(order, telling)
        os.close(telling)
        # Its standard streams are the program's alone, or there would be no end of them.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        os.close(nowhere)
        failure = b"".join(iter(lambda: os.read(told, 4096), b""))
        os.close(told)
        if failure:
            os.waitpid(pid, 0)
            self._say(failure)
        else:
            self._program = pid
            self._say(json.dumps({"started": pid}).encode())

    def _attend(self) -> None:
        """Wait until the program has ended, or is to end."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        while self._code is None:
            for ready, _ in poll.poll():
                if ready == self._woken:
                    for number in os.read(self._woken, 64):
                        if number in FORWARDED:
                            self._signal(number)
                    self._reap()
                    continue
                heard = self._hear()
                if heard is None:
                    self._alone = True
                    return
                for command in heard:
                    if command["do"] == "sweep":
                        return
                    self._signal(signal.SIGTERM)

    def _end(self) -> None:
        """Kill all that there is, and reap it."""
        family = Family(os.getpid())
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        deadline = time.monotonic() + _PATIENCE
        while self._reap() and time.monotonic() < deadline:
            sweep(family)
            again = time.monotonic() + _AGAIN
            while self._reap() and poll.poll(max(0.0, again - time.monotonic()) * 1000):
                os.read(self._woken, 64)
        code = -signal.SIGKILL if self._code is None else self._code
        self._say(json.dumps({"ended": code}).encode())

    def _reap(self) -> bool:
        """Reap who has ended; whether there are children left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if not pid:
                return True
            if pid == self._program:
                self._code = os.waitstatus_to_exitcode(status)

    def _signal(self, number: int) -> None:
        if self._code is None:  # not reaped, so that nobody else has its pid
            os.kill(self._program, number)

    def _hear(self) -> list[Any] | None:
        """What we are told; `None` once nobody is there any more."""
        try:
            data = os.read(self._control, 65536)
        except OSError:
            return None
        if not data:
            return None
        *lines, self._heard = (self._heard + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def _say(self, message: bytes) -> None:
        try:
            os.write(self._control, message + b"\n")
        except OSError:
            return  # nobody is there any more


def _become(order: dict[str, Any], telling: int) -> NoReturn:
    """Become the program, in the child."""
    stage = "directory"
    try:
        signal.set_wakeup_fd(-1)
        # Python ignores these, and what is ignored stays so.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.chdir(order["directory"])
        stage = "confine"
        if order["confine"] is not None:
            import confine

            confine.confine(order["confine"])
        # It comes last, since giving up rights undoes it. Should the supervisor be killed, the program goes with it.
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        stage = "program"
        os.execve(order["argv"][0], order["argv"], order["environment"])  # noqa: S606 - there is no shell
    except BaseException as error:
        reason = error.errno if isinstance(error, OSError) else 0
        os.write(telling, json.dumps({"errno": reason, "stage": stage, "message": str(error)}).encode())
    os._exit(_NEVER_STARTED)


def _prctl(option: int, value: int) -> None:
    import ctypes

    ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def _nothing(_number: int, _frame: object) -> None:
    """The wake-up pipe tells."""


if __name__ == "__main__":
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    Supervisor(descriptor).run()
