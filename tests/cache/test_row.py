"""Rows: what was stored comes back as it was, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cache import row as rows
from claif.cache.row import Row, is_good, seal, unseal
from claif.cache.store import Labels
from claif.models import (
    Finished,
    Message,
    Notice,
    Started,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    Usage,
    UsageReport,
)

KEY, SALT = "a" * 64, b"salt"
LABELS = Labels("openai", "gpt", "tag", 1000.0, 2000.0)
ROW = Row(
    KEY,
    LABELS,
    (
        (0.0, Started("openai", "gpt", "id")),
        (0.1, ThinkingDelta("hm")),
        (0.2, TextDelta("tök0 ")),
        (0.2, TextDelta("")),
        (0.3, Notice("n", "text", {"a": [1, None]})),
        (0.4, UsageReport(Usage(1, 2, 3, 4, 0.5))),
        (0.5, Message.assistant([ThinkingBlock("hm"), TextBlock("tök0 ")])),
        (0.6, Finished("stop")),
    ),
)


def test_a_row_comes_back_as_it_was() -> None:
    data = seal(ROW, SALT)
    assert unseal(KEY, data, SALT) == ROW
    assert is_good(KEY, data, SALT)


def test_data_comes_back_too() -> None:
    row = Row(KEY, LABELS, data=[0.5, -1.25])
    assert unseal(KEY, seal(row, SALT), SALT) == row


events = st.one_of(
    st.builds(TextDelta, st.text()),
    st.builds(ThinkingDelta, st.text()),
    st.builds(Started, st.text(), st.none() | st.text()),
    st.builds(Finished, st.text()),
    st.builds(UsageReport, st.builds(Usage, st.none() | st.integers(0), cost=st.none() | st.floats(0, 9))),
    st.builds(Notice, st.text(), st.text(), st.dictionaries(st.text(), st.integers() | st.text())),
    st.builds(Message.assistant, st.text()),
)


@given(st.lists(st.tuples(st.integers(0, 10**6).map(lambda ms: ms / 1000), events)))
def test_whatever_was_emitted_is_replayed_event_by_event(pairs: list[Any]) -> None:
    row = Row(KEY, LABELS, tuple(pairs))
    assert unseal(KEY, seal(row, SALT), SALT) == row


def test_another_salt_or_key_finds_no_row() -> None:
    data = seal(ROW, SALT)
    assert unseal(KEY, data, b"other") is None
    assert unseal("b" * 64, data, SALT) is None
    assert not is_good(KEY, data, b"other")
    assert not is_good("b" * 64, data, SALT)


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_any_changed_byte_makes_it_none(at: int, change: int) -> None:
    data = bytearray(seal(ROW, SALT))
    data[at % len(data)] ^= change
    assert unseal(KEY, bytes(data), SALT) is None


def test_one_that_was_cut_anywhere_is_none() -> None:
    data = seal(ROW, SALT)
    assert all(unseal(KEY, data[:length], SALT) is None for length in range(len(data)))
    assert unseal(KEY, data + b" ", SALT) is None


@given(st.binary(max_size=200))
def test_whatever_stands_there_is_no_row(data: bytes) -> None:
    assert unseal(KEY, data, SALT) is None


def test_a_row_of_a_later_version_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "VERSION", 2)
    data = seal(ROW, SALT)
    monkeypatch.undo()
    assert unseal(KEY, data, SALT) is None


@pytest.mark.parametrize(
    "table",
    [
        [],
        {},
        {"v": 1, "key": KEY},
        {"v": 1, "key": KEY, "labels": [1], "events": []},
        {"v": 1, "key": KEY, "labels": ["p", "m", "", 1, 2], "events": [[0, {"type": "started", "nosuch": 1}]]},
        {"v": 1, "key": KEY, "labels": ["p", "m", "", 1, 2], "events": [[0, {"no": "type"}]]},
        {"v": 1, "key": KEY, "labels": ["p", "m", "", 1, 2], "events": 7},
        {"v": 1, "key": KEY, "labels": ["p", "m", "", 1, 2], "events": [[0, {"type": "message", "role": "nobody"}]]},
    ],
    ids=str,
)
def test_one_of_another_shape_is_none_though_it_is_signed(table: Any) -> None:
    import json
    from hashlib import sha256
    from hmac import digest

    text = json.dumps(table).encode()
    assert unseal(KEY, digest(SALT, text, sha256).hex().encode() + b"\n" + text, SALT) is None


def test_what_is_no_json_cannot_be_sealed() -> None:
    with pytest.raises((TypeError, ValueError)):
        seal(Row(KEY, LABELS, ((0.0, Notice("n", "t", {"a": object()})),)), SALT)
    with pytest.raises(ValueError, match="JSON"):
        seal(Row(KEY, LABELS, ((0.0, Notice("n", "t", {"a": float("nan")})),)), SALT)
