"""Compressed answers: none is asked for; what comes compressed all the same is unpacked within bounds."""

from __future__ import annotations

import zlib

from ..errors import ProtocolError
from .limits import MIB, Limits

_FORMATS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class Decompressor:
    """Unpacks gzip or deflate piece by piece.

    Args:
        encoding: the value of the header Content-Encoding.
        limits: the bounds for what it unpacks to.

    Raises:
        ProtocolError: another encoding, or several.
    """

    def __init__(self, encoding: str, limits: Limits) -> None:
        window = _FORMATS.get(encoding.strip().lower())
        if window is None:
            raise ProtocolError(f"The answer is encoded as {encoding[:40]!a}, which was not asked for.")
        self._raw_tried = window != zlib.MAX_WBITS
        self._object = zlib.decompressobj(window)
        self._limits = limits
        self._packed = 0
        self._unpacked = 0

    def feed(self, data: bytes) -> bytes:
        """Unpack the next piece.

        Raises:
            ProtocolError: it is damaged, or unpacks to more than the limits allow.
        """
        self._packed += len(data)
        allowed = self._limits.body
        if self._packed * self._limits.ratio < allowed:
            allowed = max(MIB, self._packed * self._limits.ratio)
        room = allowed - self._unpacked
        unpacked = self._unpack(data, room + 1)
        if len(unpacked) > room:
            raise ProtocolError("The answer is compressed and unpacks to more than the limits allow.")
        self._unpacked += len(unpacked)
        return unpacked

    def _unpack(self, data: bytes, most: int) -> bytes:
        try:
            return self._object.decompress(data, most)
        except zlib.error:
            if not self._raw_tried and self._packed == len(data):
                # Some servers mean raw deflate, without zlib's header, when they say deflate.
                self._raw_tried = True
                self._object = zlib.decompressobj(-zlib.MAX_WBITS)
                return self._unpack(data, most)
            raise ProtocolError("The answer is compressed and damaged.") from None

    def close(self) -> None:
        """End the answer.

        Raises:
            ProtocolError: it ended in the middle.
        """
        if self._packed and not self._object.eof:
            raise ProtocolError("The answer is compressed and ends in the middle.")
