"""Modules that no hook module may import at module level."""

from __future__ import annotations

from collections.abc import Collection

HEAVY = frozenset(
    {
        "aiohttp",
        "anthropic",
        "cattrs",
        "claude_agent_sdk",
        "cohere",
        "google.genai",
        "httpcore",
        "httpcore2",
        "httpx",
        "httpx2",
        "loguru",
        "mcp",
        "mistralai",
        "ollama",
        "openai",
        "pydantic",
        "requests",
        "rich",
        "trio",
    }
)
"""What costs every `claif` command more than all of Claif."""


def heavy_among(modules: Collection[str]) -> tuple[str, ...]:
    """Those of the modules that are heavy, sorted."""
    return tuple(sorted(HEAVY.intersection(modules)))
