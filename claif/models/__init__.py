"""What travels through Claif: messages, content blocks, events, queries and replies, all frozen."""

from __future__ import annotations

from .blocks import (
    ContentBlock,
    FileBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
)
from .events import (
    Event,
    Finished,
    Notice,
    Started,
    TextDelta,
    TextReset,
    ThinkingDelta,
    ToolResult,
    ToolUse,
    UnknownEvent,
    UsageReport,
)
from .message import Message, Role
from .query import Options, Query, Tool
from .reply import ModelInfo, Reply, Timings
from .usage import Usage

__all__ = [
    "ContentBlock",
    "Event",
    "FileBlock",
    "Finished",
    "ImageBlock",
    "Message",
    "ModelInfo",
    "Notice",
    "Options",
    "Query",
    "Reply",
    "Role",
    "Started",
    "TextBlock",
    "TextDelta",
    "TextReset",
    "ThinkingBlock",
    "ThinkingDelta",
    "Timings",
    "Tool",
    "ToolResult",
    "ToolResultBlock",
    "ToolUse",
    "ToolUseBlock",
    "UnknownBlock",
    "UnknownEvent",
    "Usage",
    "UsageReport",
]
