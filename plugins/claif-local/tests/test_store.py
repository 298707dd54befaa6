"""The folder of weights."""

from __future__ import annotations

from claif_local.store import Store

from .conftest import TINY, TINY_GGUF


def test_weights_are_there_when_their_file_has_their_size(store: Store) -> None:
    store.open()
    assert not store.has(TINY)
    store.path(TINY).write_bytes(TINY_GGUF[:-1])
    assert not store.has(TINY)
    store.path(TINY).write_bytes(TINY_GGUF)
    assert store.has(TINY)
