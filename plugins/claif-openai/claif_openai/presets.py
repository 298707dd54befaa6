"""Endpoints that need no more than their name: addresses, keys, differences and capabilities, as data."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from claif.api import EVERYTHING, NO_QUIRKS, EmbeddingLimits, Quirks
from claif.api import Preset as EndpointPreset

_ALL = EVERYTHING | {"embeddings"}
_NO_FILES = EVERYTHING - {"files"}
_LOCAL = _ALL - {"files"}
_TEXT = EVERYTHING - {"images", "image_urls", "files"}


FEW = EmbeddingLimits(texts=256)
"""Vectors as JSON take some 20 bytes a number, and an answer may have 64 MiB."""


@frozen
class Preset(EndpointPreset):
    """What is known about an endpoint.

    Args:
        quirks: what it wants differently.
        encoding: how embeddings are asked for: `base64`, which is a quarter of the size, where it is known to work.
        embedding_limits: the most texts that are embedded at once.
    """

    capabilities: frozenset[str] = _ALL
    quirks: Quirks = NO_QUIRKS
    encoding: str | None = None
    embedding_limits: EmbeddingLimits = FEW


PRESETS: Mapping[str, Preset] = {
    "openai": Preset(
        "https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        needs_key=True,
        model="gpt-5-mini",
        quirks=Quirks(max_tokens="max_completion_tokens"),
        embedding_model="text-embedding-3-small",
        encoding="base64",
        # 2048 texts with at most 300,000 tokens, and a token is a byte at least:
        # https://platform.openai.com/docs/api-reference/embeddings/create
        embedding_limits=EmbeddingLimits(texts=2048, bytes=300_000),
    ),
    "openrouter": Preset(
        "https://openrouter.ai/api/v1",
        key_variable="OPENROUTER_API_KEY",
        needs_key=True,
        model="openrouter/auto",
        quirks=Quirks(file_urls=True),
    ),
    "groq": Preset(
        "https://api.groq.com/openai/v1",
        key_variable="GROQ_API_KEY",
        needs_key=True,
        model="llama-3.3-70b-versatile",
        capabilities=_NO_FILES,
    ),
    "mistral": Preset(
        "https://api.mistral.ai/v1",
        key_variable="MISTRAL_API_KEY",
        needs_key=True,
        model="mistral-small-latest",
        quirks=Quirks(seed="random_seed", stream_usage=False),
        capabilities=_NO_FILES | {"embeddings"},
        embedding_model="mistral-embed",
        # It refuses more than 16,384 tokens at once.
        embedding_limits=EmbeddingLimits(texts=256, bytes=16_000),
    ),
    "deepseek": Preset(
        "https://api.deepseek.com/v1",
        key_variable="DEEPSEEK_API_KEY",
        needs_key=True,
        model="deepseek-chat",
        capabilities=_TEXT - {"schema"},
    ),
    "ollama": Preset("http://127.0.0.1:11434/v1", capabilities=_LOCAL - {"image_urls"}),
    "lmstudio": Preset("http://127.0.0.1:1234/v1", capabilities=_LOCAL - {"image_urls"}),
    "vllm": Preset("http://127.0.0.1:8000/v1", key_variable="VLLM_API_KEY", capabilities=_LOCAL),
    "llamacpp": Preset("http://127.0.0.1:8080/v1", key_variable="LLAMA_API_KEY", capabilities=_LOCAL),
}

CUSTOM = Preset()
"""An address that the user gives: nothing is known about it, so nothing is refused in advance."""
