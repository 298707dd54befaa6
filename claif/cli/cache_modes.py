"""The modes of the cache, for options; the model that has them is not loaded for `--help`."""

from __future__ import annotations

CACHE_MODES = ("off", "read-write", "read-only", "refresh")
