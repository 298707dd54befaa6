"""The provider that is asked when nobody names one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from attrs import frozen

from ..errors import ConfigurationError

KEY_VARIABLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("openai", ("OPENAI_API_KEY",)),
    ("anthropic", ("ANTHROPIC_API_KEY",)),
    ("google", ("GEMINI_API_KEY", "GOOGLE_API_KEY")),
)
"""Providers that a key, in the environment or stored, makes the default; agent CLIs are never chosen silently."""

LAST = "local"
"""The embedded model: it needs neither a key nor a network."""


@frozen
class Choice:
    """The name of the provider, why it was chosen, and whether the user chose it."""

    name: str
    reason: str
    configured: bool = False


def choose_default(
    configured: str | None, available: Collection[str], environ: Mapping[str, str], stored: Collection[str] = ()
) -> Choice:
    """The configured provider, else the first whose key is in the environment or stored, else the embedded model.

    Args:
        configured: the provider that the configuration names.
        available: the providers that can be asked.
        environ: the environment.
        stored: names of the keys in Claif's keys file.

    Raises:
        ConfigurationError: there is none of them.
    """
    if configured:
        return Choice(configured, "it is the configured default", configured=True)
    for name, variables in KEY_VARIABLES:
        for variable in variables:
            if environ.get(variable) and name in available:
                return Choice(name, f"{variable} is set")
        if name in stored and name in available:
            return Choice(name, "a key for it is stored")
    if LAST in available:
        return Choice(LAST, "no other provider is configured")
    raise ConfigurationError(
        "No provider is configured.",
        hint="Choose one with `claif config set general.default_provider NAME`; see `claif providers list`.",
    )
