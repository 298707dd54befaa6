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
from .embeddings import EmbeddingLimits, Embeddings, cosine_similarity
from .events import (
    Diff,
    Event,
    FileChange,
    Finished,
    Notice,
    PermissionDecided,
    Plan,
    PlanStep,
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
from .permission import Decision, PermissionMode, PermissionRequest
from .query import Options, Query, Tool
from .reply import Attempt, CacheHit, ModelInfo, Reply, Timings
from .usage import Usage

__all__ = [
    "Attempt",
    "CacheHit",
    "ContentBlock",
    "Decision",
    "Diff",
    "EmbeddingLimits",
    "Embeddings",
    "Event",
    "FileBlock",
    "FileChange",
    "Finished",
    "ImageBlock",
    "Message",
    "ModelInfo",
    "Notice",
    "Options",
    "PermissionDecided",
    "PermissionMode",
    "PermissionRequest",
    "Plan",
    "PlanStep",
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
    "cosine_similarity",
]
