"""Generate content: the protocol of Google's Gemini API."""

from __future__ import annotations

from .server import GenerateContent

__all__ = ["GenerateContent"]
