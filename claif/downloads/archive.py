"""Wheels read as archives that may be damaged or hostile: every failure in one is an error of ours."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Self

from ..errors import InstallError

CHUNK = 1024 * 1024
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)
"""What Python raises for archives that are none; it has no one name for it."""
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class WheelArchive:
    """A wheel that is open for reading; use it as a context manager. Nothing of it is ever imported or run.

    Args:
        file: the wheel.
        what: what it should be, for errors.
        hint: what helps if it is not.
    """

    def __init__(self, file: BinaryIO, what: str, hint: str | None = None) -> None:
        self._file, self._what, self._hint = file, what, hint
        self._zip: zipfile.ZipFile | None = None

    def __enter__(self) -> Self:
        self._file.seek(0)
        try:
            self._zip = zipfile.ZipFile(self._file)
        except _DAMAGE as error:
            raise InstallError(f"{self._what} is no wheel ({error}).", hint=self._hint) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._zip is not None:
            self._zip.close()

    @property
    def members(self) -> list[zipfile.ZipInfo]:
        """What is in it."""
        assert self._zip is not None, "it is not open"  # noqa: S101 - a mistake of the caller's
        return self._zip.infolist()

    def chunks(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        """The bytes of one member, a piece at a time.

        Raises:
            InstallError: it is damaged.
        """
        assert self._zip is not None, "it is not open"  # noqa: S101 - likewise
        try:
            if member.compress_type not in _METHODS:
                raise NotImplementedError("a compression that wheels do not use")
            file = self._zip.open(member)
        except _DAMAGE as error:
            raise self._damaged(error) from error
        with file:
            while True:
                try:
                    chunk = file.read(CHUNK)
                except _DAMAGE as error:
                    raise self._damaged(error) from error
                if not chunk:
                    return
                yield chunk

    def _damaged(self, error: Exception) -> InstallError:
        return InstallError(f"{self._what} is damaged ({error}).", hint=self._hint)
