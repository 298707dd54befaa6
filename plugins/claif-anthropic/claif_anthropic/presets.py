"""Endpoints that need no more than their name: addresses, keys, differences and capabilities, as data."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from claif.api import choose_preset

ALL = frozenset(
    ("text", "streaming", "system", "images", "image_urls", "files", "tools", "schema", "thinking", "models")
)
"""Everything that the protocol can say."""

_NO_FILES = ALL - {"files", "image_urls", "schema"}


@frozen
class Preset:
    """What is known about an endpoint.

    Args:
        base_url: where its API is, without `/v1`.
        key_variable: the environment variable in which its key is by convention.
        needs_key: whether it answers nobody without a key.
        model: the model that is asked when nobody names one; `None` asks a local server what it has.
        auth: the header that takes the key: `x-api-key`, or `bearer` for `authorization`.
        capabilities: what it takes and gives.
    """

    base_url: str = ""
    key_variable: str | None = None
    needs_key: bool = False
    model: str | None = None
    auth: str = "x-api-key"
    capabilities: frozenset[str] = ALL


PRESETS: Mapping[str, Preset] = {
    "anthropic": Preset(
        "https://api.anthropic.com", key_variable="ANTHROPIC_API_KEY", needs_key=True, model="claude-sonnet-5"
    ),
    "openrouter": Preset(
        "https://openrouter.ai/api",
        key_variable="OPENROUTER_API_KEY",
        needs_key=True,
        model="openrouter/auto",
        auth="bearer",
    ),
    "deepseek": Preset(
        "https://api.deepseek.com/anthropic",
        key_variable="DEEPSEEK_API_KEY",
        needs_key=True,
        model="deepseek-chat",
        capabilities=_NO_FILES - {"images"},
    ),
    "ollama": Preset("http://127.0.0.1:11434", capabilities=_NO_FILES),
    "lmstudio": Preset("http://127.0.0.1:1234", capabilities=_NO_FILES),
    "vllm": Preset("http://127.0.0.1:8000", key_variable="VLLM_API_KEY", auth="bearer", capabilities=_NO_FILES),
    "llamacpp": Preset("http://127.0.0.1:8080", key_variable="LLAMA_API_KEY", capabilities=_NO_FILES),
}

CUSTOM = Preset()
"""An address that the user gives: nothing is known about it, so nothing is refused in advance."""


def find_preset(provider: str, preset: str | None, base_url: str | None) -> Preset:
    """The preset that the settings of a provider of this name mean; Anthropic if they mean none.

    Raises:
        InvalidConfigError: there is no preset of the name that they give.
    """
    return choose_preset(PRESETS, "anthropic", CUSTOM, provider=provider, preset=preset, base_url=base_url)


def root_of(base_url: str) -> str:
    """An address without `/v1`, which requests add themselves; people copy it with and without."""
    return base_url.rstrip("/").removesuffix("/v1")
