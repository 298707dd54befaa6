"""Ends a nasty agent as a user without rights: `as_nobody.py FOLDER LEVEL MARK`, FOLDER being that user's.

Everything is imported before the user changes, who may not be able to read it; what a child needs is copied.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 - loaded before the user changes
import multiprocessing  # noqa: F401 - loaded before the user changes
import os
import shutil
import sys
import uuid
from functools import partial
from pathlib import Path

import trio
from transport.process.support import NASTY, marked, processes_in, start, survivors
from transport.sandbox.driver import become, interpreter

from claif.transport.process import supervised
from claif.transport.sandbox import bubblewrap, choose, confine, guards, layout, order, prepare, ways  # noqa: F401 - loaded before the user changes

NOBODY = 65534


async def main(folder: Path, mark: str) -> None:
    """Start it, and kill it in a scope that is cancelled."""
    async with processes_in(folder) as processes:
        process = await start(processes, NASTY, folder, mark=mark)
        assert await process.receive() == {"ready": True}, process.ended("It")
        assert len(marked(mark)) >= 4
        with trio.CancelScope() as scope:
            scope.cancel()
            await process.kill()
    assert not survivors(mark)


if __name__ == "__main__":
    folder, level, mark = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    compiled = shutil.ignore_patterns("__pycache__")  # where others may be writing just now
    shutil.copytree(supervised.HERE, folder / "process", ignore=compiled)
    shutil.copytree(supervised.CONFINE_IN, folder / "sandbox", ignore=compiled)
    supervised.HERE, supervised.CONFINE_IN = folder / "process", folder / "sandbox"
    prepare.choose = lambda *_: choose.Choice(level)
    sys.executable = interpreter(NOBODY)
    os.environ |= {"HOME": str(folder), "TMPDIR": str(folder)}
    uuid.uuid4()
    become(NOBODY)
    trio.run(partial(main, folder, mark))
    assert os.getuid() == NOBODY
