"""Asking a program for its version: it is run with `--version`, which sends nothing and needs no login."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..children import run_child
from ..config.redact import redact
from ..errors import InstallError
from ..system import how_it_ended
from ..transport.process.environment import minimal

TIMEOUT = 60.0
"""Seconds that it may take; a busy machine needs some for the first start of a large program."""
_VERSION = re.compile(r"(?<![\w.])v?(\d{1,6}(?:\.\d{1,6}){1,3}(?:[-+][0-9A-Za-z.+-]{1,40})?)")


async def ask_version(
    program: Path, environ: Mapping[str, str], *, interpreter: Path | None = None, timeout: float = TIMEOUT
) -> str:
    """The version that a program says it has.

    Args:
        program: its absolute path.
        environ: the environment, of which it gets only what every program needs.
        interpreter: what runs it, if it is a script.
        timeout: seconds that it may take.

    Raises:
        InstallError: it cannot be run, or says nothing of the kind.
    """
    with tempfile.TemporaryDirectory(prefix="claif-") as folder:
        try:
            command = [*([str(interpreter)] if interpreter is not None else []), str(program), "--version"]
            ended = await run_child(command, timeout=timeout, environ=minimal(environ), folder=Path(folder))
        except OSError as error:
            raise InstallError(f"{program} does not run on this machine: {error.strerror}.") from error
    if ended.code is None:
        raise InstallError(f"{program} did not tell its version within {timeout:g} s.")
    if ended.code == 0 and (match := _VERSION.search(ended.out.decode("utf-8", "replace"))):
        return match[1]
    words = (ended.err or ended.out).decode("utf-8", "replace").strip().splitlines()
    last = redact(words[-1].strip())[:200] if words else ""
    raise InstallError(f"{program} does not tell its version: it {how_it_ended(ended.code)} ({last or 'silently'}).")
