"""By what names a price is looked up: as the user calls a provider, and as the data set of prices does; pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from attrs import frozen

OWN_MACHINE = frozenset({"local", "ollama", "lmstudio", "vllm", "llamacpp"})
"""The embedded model, and presets of servers that run on one's own machine: nobody sends a bill for them."""

SELLERS = {
    "anthropic": "anthropic",
    "cerebras": "cerebras",
    "deepseek": "deepseek",
    "google": "google",
    "groq": "groq",
    "mistral": "mistral",
    "openai": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together": "together",
    "xai": "x-ai",
}
"""Types and presets of providers -> their names in the data set."""

HOSTS = {
    "api.anthropic.com": "anthropic",
    "api.cerebras.ai": "cerebras",
    "api.deepseek.com": "deepseek",
    "generativelanguage.googleapis.com": "google",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral",
    "api.openai.com": "openai",
    "openrouter.ai": "openrouter",
    "api.perplexity.ai": "perplexity",
    "api.together.xyz": "together",
    "api.x.ai": "x-ai",
}
"""Hosts -> whose they are, in the data set's names."""


@frozen
class Endpoint:
    """What is asked, as far as its prices depend on it.

    Args:
        name: the provider's name.
        type: the plugin that serves it.
        preset: the preset that its settings name.
        base_url: the address that its settings name.
        agent: whether it is an agent: what one costs depends on the user's plan, so that it tells it or nobody does.
    """

    name: str
    type: str = ""
    preset: str | None = None
    base_url: str | None = None
    agent: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """By which the user may call it, the most special first."""
        return tuple(dict.fromkeys([one for one in (self.name, self.preset, self.type) if one]))

    def keys(self, model: str) -> tuple[str, ...]:
        """The names of the tables in `[prices]` that may have the price of a model of it, the most special first."""
        return (*[f"{name}/{model}" for name in self.names], model)

    @property
    def seller(self) -> str | None:
        """Who sells its answers, as the data set calls them; `None` if that is not known, or nobody does."""
        if self.agent or self.on_own_machine:
            return None
        if self.base_url is not None:
            return HOSTS.get(urlsplit(self.base_url).hostname or "")
        return SELLERS.get(self._kind)

    @property
    def on_own_machine(self) -> bool:
        """Whether its models run on the user's machine, so that nobody sends a bill."""
        return not self.agent and self._kind in OWN_MACHINE and self.base_url is None

    @property
    def _kind(self) -> str:
        """The preset that it has, which may be that of its own name; or else its type."""
        if self.preset is not None:
            return self.preset
        return self.name if self.name in OWN_MACHINE | SELLERS.keys() else self.type
