"""The Messages API: the protocol that Anthropic made and that a growing number of servers speak."""

from __future__ import annotations

from .api import MessagesAPI

__all__ = ["MessagesAPI"]
