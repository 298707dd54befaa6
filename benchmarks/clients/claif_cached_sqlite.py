"""Claif: what was asked before, from the store `sqlite`."""

from __future__ import annotations

from functools import partial

from claif_cached import cached
from on_trio import run

run(partial(cached, store="sqlite"))
