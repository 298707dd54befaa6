"""The spool gives back what it was given, whole lines only, within its memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import ProtocolError, TransportError
from claif.transport.process.spool import Spool

STEPS = st.lists(st.one_of(st.binary(max_size=12), st.sampled_from([b"\n", b"a\nb", b"long" * 9, None])), max_size=60)
"""What is written, and `None` where something is read."""


@given(steps=STEPS, memory=st.integers(0, 40), backlog=st.integers(60, 90))
def test_everything_comes_back_in_order_and_only_whole_lines_before_the_end(
    steps: list[bytes | None], memory: int, backlog: int
) -> None:
    spool = Spool(memory=memory, backlog=backlog, line=1000)
    given_, taken = b"", b""
    for step in steps:
        if step is None:
            taken += spool.read()
            assert given_.startswith(taken)
        elif spool.size + len(step) <= backlog:
            spool.write(step)
            given_ += step
        whole = len(given_[: given_.rfind(b"\n") + 1])
        assert spool.readable == max(0, whole - len(taken))
        assert spool.size == len(given_) - len(taken)
    spool.ended = True
    while piece := spool.read():
        taken += piece
    assert taken == given_
    spool.clear()


@given(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=30))
def test_what_is_in_the_file_goes_round_in_a_ring(pieces: list[bytes]) -> None:
    spool = Spool(memory=0, backlog=100)
    spool.write(b"first\n")
    taken = b""
    for piece in pieces:
        spool.write(piece + b"\n")
        while spool.size > 60:
            taken += spool.read()
    spool.ended = True
    while part := spool.read():
        taken += part
    assert taken == b"first\n" + b"".join(piece + b"\n" for piece in pieces)
    spool.clear()


def test_a_line_without_end_is_refused_at_its_limit() -> None:
    spool = Spool(line=100)
    spool.write(b"x" * 100)
    with pytest.raises(ProtocolError, match="a line of more than"):
        spool.write(b"x")


def test_too_much_that_nobody_takes_is_refused() -> None:
    spool = Spool(memory=10, backlog=100)
    for _ in range(10):
        spool.write(b"123456789\n")
    with pytest.raises(ProtocolError, match="that nobody took"):
        spool.write(b"\n")
    spool.clear()


def test_single_bytes_do_not_cost_an_object_each() -> None:
    spool = Spool()
    for _ in range(10_000):
        spool.write(b"x")
    assert len(spool._parts) < 10
    assert spool.size == 10_000


def test_the_file_has_no_name_and_goes_when_it_is_cleared(tmp_path: Path) -> None:
    spool = Spool(tmp_path, memory=0)
    spool.write(b"secret\n")
    assert not list(tmp_path.iterdir())
    descriptor = spool._file.fileno() if spool._file else -1
    assert os.fstat(descriptor).st_mode & 0o077 == 0
    spool.clear()
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(descriptor)
    assert spool.size == spool.readable == 0


def test_a_full_disk_is_told_as_such() -> None:
    class Full:
        def seek(self, _position: int) -> None:
            pass

        def write(self, _data: bytes) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            raise OSError(28, "No space left on device")

    spool = Spool(memory=0)
    spool._file = Full()
    with pytest.raises(TransportError, match="No space left"):
        spool.write(b"x\n")
    spool.clear()
