"""The folder of pulled weights: which are there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from claif.api import DownloadFolder

if TYPE_CHECKING:
    from .weights import Weights


@frozen
class Store(DownloadFolder):
    """The folder `models` in Claif's home."""

    def path(self, weights: Weights) -> Path:
        """Where these weights are, or would be."""
        return self.folder / weights.file

    def has(self, weights: Weights) -> bool:
        """Whether these weights are here; their fingerprint was checked when they came."""
        try:
            return self.path(weights).stat().st_size == weights.size
        except OSError:
            return False
