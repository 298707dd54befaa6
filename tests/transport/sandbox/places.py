"""Places for tests of the sandbox: a project, a home with secrets, and what belongs to others, all of one user."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from transport.sandbox import driver

NOBODY = 65534
USERS = (0, NOBODY) if os.getuid() == 0 else (os.getuid(),)
"""As whom the sandbox is tried: as root it would be weaker, were nothing done about it."""
SECRET = "canary-4711"
CANARY = "canary-of-the-parent"
"""In the variables of the process that starts the sandbox."""


@frozen
class Places:
    """Folders of one user.

    Args:
        uid: the user.
        work: the project.
        home: with `.ssh/id`, `.netrc` and `.config/gh/hosts.yml`.
        claif: Claif's own, with `keys.json`.
        other: somewhere that is neither temporary nor hidden.
    """

    uid: int
    work: Path
    home: Path
    claif: Path
    other: Path

    def own(self) -> None:
        """Give all that is there to the user."""
        for folder in (self.work, self.home, self.claif, self.other):
            for place in (folder, *folder.rglob("*")):
                os.chown(place, self.uid, self.uid, follow_symlinks=False)

    def run(
        self,
        script: str,
        *arguments: str,
        level: str = "bubblewrap",
        environment: dict[str, str] | None = None,
        seconds: float = 20,
        program: str | None = None,
        **policy: Any,
    ) -> dict[str, Any]:
        """Run a Python script, or a program, in the sandbox.

        Args:
            script: what Python runs; the first argument of another program.
            arguments: what follows.
            level: the best that there is.
            environment: further variables.
            seconds: until it is ended.
            program: another program than Python.
            policy: how it is confined.
        """
        self.own()
        own = [] if program else ["-I", "-S", "-c"]
        job = {
            "uid": self.uid,
            "level": level,
            "program": program or driver.interpreter(self.uid),
            "arguments": [*own, script, *arguments],
            "environment": {"HOME": str(self.home), "PATH": os.defpath, **(environment or {})},
            "directory": str(self.work),
            "home": str(self.claif),
            "policy": {"writable": True, **policy},
            "seconds": seconds,
        }
        done = subprocess.run(
            [sys.executable, driver.__file__],
            input=json.dumps(job, default=str),
            env={**os.environ, "CANARY": CANARY, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            timeout=seconds + 40,
        )
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result


@contextmanager
def places(uid: int) -> Iterator[Places]:
    """Fresh folders of a user."""
    base, lasting = (
        Path(tempfile.mkdtemp(prefix="claif-sandbox-", dir=place))
        for place in (None, "/var/lib" if os.getuid() == 0 else Path.home())
    )
    for folder in (base, lasting):
        folder.chmod(0o755)
    found = Places(uid, base / "work", lasting / "home", lasting / "claif", lasting / "other")
    for folder in (found.work, found.home, found.claif, found.other):
        folder.mkdir(mode=0o700)
    for name in (".ssh/id", ".netrc", ".config/gh/hosts.yml"):
        (found.home / name).parent.mkdir(parents=True, exist_ok=True)
        (found.home / name).write_text(SECRET)
    (found.claif / "keys.json").write_text(SECRET)
    (found.other / "file").write_text("before")
    found.own()
    try:
        yield found
    finally:
        shutil.rmtree(base)
        # Whoever starts a sandbox just now covers the sockets that he has seen in there, so they stay to the end.
        atexit.register(shutil.rmtree, lasting, ignore_errors=True)
