"""The records of Claude Code that say much and depend on little."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .voice import COST, USAGE

if TYPE_CHECKING:
    from .claude import Claude

CAUSES = {
    401: "authentication_failed",
    403: "authentication_failed",
    404: "model_not_found",
    429: "rate_limit",
    500: "server_error",
    529: "server_error",
}
"""How the `error` of a record calls an HTTP status."""
NOTHING = {"input_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 0}
ONCE = {
    "input_tokens": USAGE["input"],
    "cache_creation_input_tokens": USAGE["created"],
    "cache_read_input_tokens": USAGE["cached"],
    "output_tokens": USAGE["output"],
}


def init(claude: Claude) -> dict[str, Any]:
    """What each turn begins with."""
    return {
        "type": "system",
        "subtype": "init",
        "cwd": os.getcwd(),
        "session_id": claude.session,
        "tools": ["Bash", "Edit", "Write", "TodoWrite"],
        "mcp_servers": [],
        "model": claude.model,
        "permissionMode": claude.mode,
        "slash_commands": ["clear"],
        "apiKeySource": "ANTHROPIC_API_KEY" if "ANTHROPIC_API_KEY" in os.environ else "none",
        "claude_code_version": claude.script["version"],
        "output_style": "default",
        "agents": [],
        "skills": [],
        "plugins": [],
    }


def message(identity: str, model: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    """An answer of the model, or a part of one."""
    return {
        "id": identity,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**ONCE, "output_tokens": 1},
    }


def synthetic(text: str) -> dict[str, Any]:
    """What Claude Code says itself in the model's place."""
    return {
        "type": "assistant",
        "message": {
            "id": str(uuid4()),
            "type": "message",
            "role": "assistant",
            "model": "<synthetic>",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "stop_sequence",
            "stop_sequence": "",
            "usage": NOTHING,
        },
    }


def result(claude: Claude, **more: Any) -> dict[str, Any]:
    """The end of a turn: usage of the turn, but cost and usage by model since the process began."""
    turns = claude.answered
    usage = {
        "inputTokens": turns * USAGE["input"],
        "outputTokens": turns * USAGE["output"],
        "cacheReadInputTokens": turns * USAGE["cached"],
        "cacheCreationInputTokens": turns * USAGE["created"],
        "webSearchRequests": 0,
        "costUSD": turns * COST,
    }
    return {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "duration_ms": 1,
        "duration_api_ms": 1,
        "num_turns": 1,
        "stop_reason": None,
        "session_id": claude.session,
        "total_cost_usd": turns * COST,
        "usage": ONCE if more.get("num_turns", 1) and not more.get("is_error") else NOTHING,
        "modelUsage": {claude.model: usage} if turns else {},
        "permission_denials": claude.denials,
        "terminal_reason": "completed",
        **more,
    }
