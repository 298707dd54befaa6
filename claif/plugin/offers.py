"""Collects the providers that plugins offer at run time, and the configuration sources that they add."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from .entries import as_provider
from .entry_points import is_plain_name
from .guard import Failed

if TYPE_CHECKING:
    from ..config import ConfigSource
    from ..provider import ProviderFactory
    from .binding import Implementation
    from .caller import HookCaller
    from .catalog import Catalog


class Offer(NamedTuple):
    """A provider that is made at run time."""

    implementation: Implementation
    name: str
    factory: ProviderFactory
    capabilities: frozenset[str]


def provider_offers(caller: HookCaller, implementations: Iterable[Implementation], catalog: Catalog) -> list[Offer]:
    """Ask all implementations; keep the offers whose names nobody else claims, or that the user has chosen."""
    claims: dict[str, list[Offer]] = {}
    for implementation in implementations:
        for offer in _asked(caller, implementation):
            claims.setdefault(offer.name, []).append(offer)
    kept: list[Offer] = []
    for name, offers in claims.items():
        winner = catalog.admit(name, [offer.implementation.plugin for offer in offers])
        kept += [offer for offer in offers if offer.implementation.plugin is winner][:1]
    return kept


def _asked(caller: HookCaller, implementation: Implementation) -> list[Offer]:
    offers: dict[str, Offer] = {}

    def register(name: str, factory: ProviderFactory, *, capabilities: Iterable[str] = ("text",)) -> None:
        if not isinstance(name, str) or not is_plain_name(name):
            raise Failed(f"{name!r} is not a name for a provider")
        offers[name] = Offer(implementation, name, as_provider(factory), frozenset(capabilities))

    def accept(_result: object) -> list[Offer]:
        return list(offers.values())

    return caller.call(implementation, (register,), accept, [])


def config_sources(caller: HookCaller, implementations: Iterable[Implementation]) -> list[ConfigSource]:
    """Ask all implementations for their sources; one that fails adds none."""
    found: list[ConfigSource] = []
    for implementation in implementations:
        found += _sources(caller, implementation)
    return found


def _sources(caller: HookCaller, implementation: Implementation) -> list[ConfigSource]:
    from ..config import ConfigSource

    sources: list[ConfigSource] = []

    def register(source: ConfigSource) -> None:
        if not isinstance(source, ConfigSource):
            raise Failed(f"it registered a value of type {type(source).__name__}; wanted is a ConfigSource")
        sources.append(source)

    def accept(_result: object) -> list[ConfigSource]:
        return sources

    return caller.call(implementation, (register,), accept, [])
