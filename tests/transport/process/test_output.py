"""Output is read ahead of whoever takes it, and taken as JSON objects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from transport.support import Recorder
from trio.testing import MemoryReceiveStream, MemorySendStream, memory_stream_one_way_pair

from claif.errors import ProtocolError
from claif.transport.process import output as output_module
from claif.transport.process.output import Output
from claif.transport.process.spool import Spool

RECORDS = st.lists(
    st.one_of(
        st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=20), st.integers(), st.none()), max_size=3),
        st.sampled_from(["noise", "", "  indented {", "[1]", "\u2028", '"{"']),
    ),
    max_size=12,
)


def stream_of(pieces: Sequence[bytes]) -> MemoryReceiveStream:
    """A stream that gives these pieces, one at a time."""
    left = iter(pieces)

    async def next_piece() -> None:
        piece = next(left, None)
        if piece is None:
            receiver.put_eof()
        elif piece:
            receiver.put_data(piece)

    receiver = MemoryReceiveStream(receive_some_hook=next_piece)
    return receiver


async def records_of(pieces: Sequence[bytes], noise: list[str] | None = None) -> list[dict[str, object]]:
    """All records of a stream that comes in pieces."""
    output = Output(None, (noise if noise is not None else []).append)
    found = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(output.read, stream_of([piece for piece in pieces if piece]))
        while (record := await output.receive()) is not None:
            found.append(record)
    return found


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """Data in pieces."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(lines=RECORDS, places=st.lists(st.integers(0, 1000), max_size=8), ascii_only=st.booleans(), last=st.booleans())
async def test_objects_come_whole_however_they_are_cut_and_all_else_is_noise(
    lines: list[object], places: list[int], ascii_only: bool, last: bool
) -> None:
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=ascii_only) for line in lines]
    data = "\n".join(texts).encode() + (b"" if last else b"\n")
    noise: list[str] = []
    found = await records_of(cut(data, places), noise)
    assert found == [line for line in lines if isinstance(line, dict)]
    assert noise == [line for line in lines if isinstance(line, str) and line.encode().strip()]


async def test_bytes_that_are_no_utf8_are_replaced_and_lose_no_record() -> None:
    found = await records_of([b'{"a": "\xff\xfe"}\n{"b": "caf\xc3', b'\xa9"}\r\n'])
    assert found == [{"a": "\ufffd\ufffd"}, {"b": "caf\u00e9"}]


@pytest.mark.parametrize("line", [b"{", b'{"a": NaN}', b'{"a": 1}}', b'{"a":' + b"[" * 100_000, b"{" + b"9" * 5000])
async def test_what_begins_like_an_object_and_is_none_is_an_error_and_the_next_line_still_comes(line: bytes) -> None:
    output = Output(None, [].append)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(output.read, stream_of([line + b'\n{"next": 1}\n']))
        with pytest.raises(ProtocolError, match="no JSON"):
            await output.receive()
        assert await output.receive() == {"next": 1}
        assert await output.receive() is None


async def test_a_writer_never_waits_for_who_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_module, "Spool", lambda folder: Spool(folder, memory=1000))
    output = Output(None, [].append)
    line = b'{"text": "' + b"x" * 1000 + b'"}\n'
    async with trio.open_nursery() as nursery:
        nursery.start_soon(output.read, stream_of([line] * 500))
        await output.over.wait()
        assert not output.quiet
        for _ in range(500):
            assert await output.receive() is not None
        assert await output.receive() is None


async def test_an_endless_line_is_an_error_and_what_follows_is_read_and_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output_module, "Spool", lambda folder: Spool(folder, line=10_000))
    output = Output(None, [].append)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(output.read, stream_of([b'{"first": 1}\n', *[b"x" * 1000] * 1000]))
        with pytest.raises(ProtocolError, match="a line of more than"):
            while await output.receive() is not None:
                pass
        await output.over.wait()
        assert output._spool.size == 0
        with pytest.raises(ProtocolError, match="a line of more than"):
            await output.receive()


async def test_receive_can_be_cancelled_and_loses_nothing() -> None:
    send, receive = memory_stream_one_way_pair()
    output = Output(None, [].append)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(output.read, receive)
        with trio.move_on_after(0.01) as scope:
            await output.receive()
        assert scope.cancelled_caught
        await send.send_all(b'{"a": 1}\n')
        await trio.testing.wait_all_tasks_blocked()
        with trio.CancelScope() as cancelled:
            cancelled.cancel()
            await output.receive()
        assert cancelled.cancelled_caught
        assert await output.receive() == {"a": 1}
        await send.aclose()


async def test_who_takes_many_records_lets_others_run() -> None:
    output = Output(None, [].append)
    ran = 0

    async def other() -> None:
        nonlocal ran
        while True:
            await trio.lowlevel.checkpoint()
            ran += 1

    async with trio.open_nursery() as nursery:
        await output.read(stream_of([b"{}\n" * 1000]))
        nursery.start_soon(other)
        while await output.receive() is not None:
            pass
        nursery.cancel_scope.cancel()
    assert ran >= 20


async def fed(send: MemorySendStream, data: bytes) -> None:
    """Write, and wait until it was read."""
    await send.send_all(data)
    await trio.testing.wait_all_tasks_blocked()


async def test_every_piece_is_a_sign_of_life_and_disturbs_who_expects_none() -> None:
    send, receive = memory_stream_one_way_pair()
    output = Output(None, [].append)
    told = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(output.read, receive)
        assert output.quiet
        await fed(send, b'{"a"')
        assert not output.quiet
        watch = output.watch = Recorder()
        output.disturbed = lambda: told.append(1)
        await fed(send, b": 1}\n")
        assert watch.told == ["touch"]
        assert len(told) == 1
        assert await output.receive() == {"a": 1}
        assert output.quiet
        await send.aclose()
        await output.over.wait()
        assert len(told) == 2
        assert not output.quiet


async def test_dropped_output_is_read_and_forgotten() -> None:
    send, receive = memory_stream_one_way_pair()
    output = Output(None, [].append)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(output.read, receive)
        await fed(send, b'{"half": ')
        output.drop()
        await fed(send, b"1}\n" * 10)
        await send.aclose()
        assert await output.receive() is None
        assert output._spool.size == 0
