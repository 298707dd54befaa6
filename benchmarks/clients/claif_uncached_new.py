"""Claif: what was not asked before, without a cache."""

from __future__ import annotations

from functools import partial

from claif_cached import cached
from on_trio import run

run(partial(cached, store=None, new=True))
