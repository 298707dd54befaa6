"""Chat completions: the protocol that OpenAI made and that most servers speak."""

from __future__ import annotations

from .chat import ChatCompletions
from .failures import ErrorSource
from .quirks import NO_QUIRKS, Quirks
from .wire import is_closed_schema

__all__ = ["NO_QUIRKS", "ChatCompletions", "ErrorSource", "Quirks", "is_closed_schema"]
