"""Compressed answers are unpacked within bounds."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import ProtocolError
from claif.transport.decoding import Decompressor
from claif.transport.limits import MIB, Limits


def raw_deflate(data: bytes) -> bytes:
    """Deflate without zlib's header, as some servers send it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def unpack(encoding: str, data: bytes, step: int, limits: Limits | None = None) -> bytes:
    """Unpack in pieces of `step` bytes."""
    decompressor = Decompressor(encoding, limits or Limits())
    found = b"".join(decompressor.feed(data[place : place + step]) for place in range(0, len(data), step))
    decompressor.close()
    return found


@given(st.binary(max_size=3000), st.integers(1, 400))
def test_what_was_packed_comes_out_wherever_it_is_cut(data: bytes, step: int) -> None:
    assert unpack("gzip", gzip.compress(data), step) == data
    assert unpack(" X-GZIP", gzip.compress(data), step) == data
    assert unpack("deflate", zlib.compress(data), step) == data


def test_deflate_without_its_header_is_understood() -> None:
    assert unpack("deflate", raw_deflate(b"hello " * 50), 10_000) == b"hello " * 50


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "\x1b[2J"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(ProtocolError, match="not asked for") as caught:
        Decompressor(encoding, Limits())
    assert str(caught.value).isprintable()


def test_damaged_and_cut_answers_are_errors() -> None:
    packed = gzip.compress(b"hello" * 100)
    with pytest.raises(ProtocolError, match="damaged"):
        unpack("gzip", b"no gzip", 100)
    with pytest.raises(ProtocolError, match="damaged"):
        unpack("deflate", b"\xff\xff\xff\xff", 100)
    with pytest.raises(ProtocolError, match="ends in the middle"):
        unpack("gzip", packed[:-4], 100)


def test_an_empty_answer_needs_no_unpacking() -> None:
    assert unpack("gzip", b"", 1) == b""


def test_an_honest_text_may_be_packed_well_while_it_is_small() -> None:
    assert unpack("gzip", gzip.compress(b"a" * MIB), 100_000) == b"a" * MIB


def test_more_than_the_limit_is_refused() -> None:
    packed = gzip.compress(bytes(range(256)) * 100)
    with pytest.raises(ProtocolError, match="more than the limits"):
        unpack("gzip", packed, 100_000, Limits(body=20_000))


def test_a_ratio_that_no_text_has_is_refused() -> None:
    with pytest.raises(ProtocolError, match="more than the limits"):
        unpack("gzip", gzip.compress(bytes(8 * MIB)), 100_000)
