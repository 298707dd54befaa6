"""What can be set in the table of the embedded model."""

from __future__ import annotations

import os
import sys
from typing import Any

from attrs import Attribute, field, frozen

from claif.api import ProviderSettings, not_negative, seconds

MOST_THREADS = 4
"""More hardly help a small model, and leave nothing to others."""


def _positive(_instance: Any, _attribute: Attribute[Any], value: int | None) -> None:
    if value is not None and value < 1:
        raise ValueError("must be 1 or more")


@frozen(kw_only=True)
class LocalSettings(ProviderSettings):
    """A table `[providers.NAME]` with `type = "local"`.

    Args:
        path: a GGUF file of your own, asked instead of the model that Claif knows.
        threads: threads to compute with; as many as there are cores, but at most 4, when not given.
        context: size of the window in tokens; memory grows with it.
        start_timeout: seconds that the model may take to load.
        warm: seconds that an idle model stays loaded for the next query; 0 ends it at once.
    """

    path: str | None = None
    threads: int | None = field(default=None, validator=_positive)
    context: int = field(default=8192, validator=_positive)
    start_timeout: float = field(default=120.0, validator=seconds)
    warm: float = field(default=300.0, validator=not_negative)

    @property
    def cores(self) -> int:
        """Threads to compute with."""
        if self.threads is not None:
            return self.threads
        usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
        return min(MOST_THREADS, usable)
