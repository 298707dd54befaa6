"""The client: the one place from which everything is asked."""

from __future__ import annotations

from .client import Client
from .stream import Stream, Streams

__all__ = ["Client", "Stream", "Streams"]
