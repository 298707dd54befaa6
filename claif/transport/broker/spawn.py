"""Starting a broker that is nobody's child."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import trio

from ..process.environment import minimal
from .place import log_of, opened

_PROGRAM = (
    "import os\nif os.fork(): os._exit(0)\n"
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from claif.broker.main import main; main(sys.argv[2])"
)


async def spawn(home: Path) -> None:
    """Start a broker; of several, one stays.

    Args:
        home: Claif's own folder.

    Raises:
        OSError: no process can be started.
        PermissionError: the broker's folder is not the user's alone.
    """
    with opened(home, make=True) as folder:
        log = log_of(folder)
    with os.fdopen(log) as file:
        await trio.run_process(
            [sys.executable, "-P", "-c", _PROGRAM, json.dumps(sys.path), str(home)],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd="/",
            env=minimal(os.environ),
            start_new_session=True,
        )
