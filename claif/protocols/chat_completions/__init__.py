"""Chat completions: the protocol that OpenAI made and that most servers speak."""

from __future__ import annotations

from .chat import ChatCompletions
from .quirks import NO_QUIRKS, Quirks
from .wire import is_closed_schema

__all__ = ["NO_QUIRKS", "ChatCompletions", "Quirks", "is_closed_schema"]
