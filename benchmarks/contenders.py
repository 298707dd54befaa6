"""Who is compared: the environment of each and its client program, from the barest to the heaviest."""

from __future__ import annotations

CLAIF = "claif"
CONTENDERS = {
    CLAIF: ("claif", "claif_client"),
    "httpcore2 on trio": ("httpcore2", "raw_httpcore2"),
    "httpx2 on trio": ("httpx2", "raw_httpx2"),
    "openai": ("openai", "openai_sdk"),
    "anthropic": ("anthropic", "anthropic_sdk"),
    "any-llm": ("any-llm", "any_llm_sdk"),
    "pydantic-ai": ("pydantic-ai", "pydantic_ai_direct"),
    "litellm": ("litellm", "litellm_sdk"),
    "llm": ("llm", "llm_api"),
}

OWN_WIRE = "anthropic speaks its own protocol: other bytes on the wire."
