"""Claif: what was not asked before, kept in the store `sqlite`."""

from __future__ import annotations

from functools import partial

from claif_cached import cached
from on_trio import run

run(partial(cached, store="sqlite", new=True))
