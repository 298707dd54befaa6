"""A process of several that share what is in a memcached; it says how often it asked itself."""

from __future__ import annotations

import sys
import time

import trio
from claif_memcached.store import MemcachedStore

from claif.testing.conformance.cache_base import key, labels

TIMES = (1, 100_000)
"""How often a row repeats a text of twenty bytes: a small one, and one in chunks."""


async def main(url: str, turns: int) -> int:
    """Be the one who asks, or wait until the answer is there."""
    store = MemcachedStore(url, timeout=20.0)
    mine = f"{time.time_ns():020}"
    asked = 0
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        for turn in range(turns):
            while await store.get(key(turn)) is None:
                if await store.lock(key(turn), mine, 10):
                    if await store.get(key(turn)) is None:
                        asked += 1
                        await store.put(key(turn), mine.encode() * TIMES[turn % 2], labels())
                    await store.unlock(key(turn), mine)
                else:
                    await trio.sleep(0.001)
            row = await store.get(key(turn))
            assert row is not None
            assert row == row[:20] * TIMES[turn % 2]
        nursery.cancel_scope.cancel()
    return asked


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    print(trio.run(main, sys.argv[1], int(sys.argv[2])))
