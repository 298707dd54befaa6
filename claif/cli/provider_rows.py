"""What is known about each provider, as data for `claif providers`."""

from __future__ import annotations

import os
from typing import Any

from ..config import load_config
from ..errors import ClaifError
from ..plugin.manager import PluginManager


def known_providers(*, no_plugins: bool = False) -> list[dict[str, Any]]:
    """Name, type, plugin and version of each provider; none of them is loaded.

    Raises:
        ConfigurationError: the configuration cannot be read.
    """
    from ..routing.default import choose_default

    config = load_config()
    plugins = PluginManager.for_config(config, off=no_plugins)
    plugins.load_hooks()
    made: dict[str, Any] = {}
    plugins.register_providers(lambda name, factory, **_: made.setdefault(name, factory))
    entries = plugins.providers()
    usable = {*made, *[name for name, entry in entries.items() if entry.state == "ready"]}
    try:
        default = choose_default(config.general.default_provider, usable, os.environ, config.stored_keys()).name
    except ClaifError:
        default = ""
    rows = []
    for name in sorted({*config.providers, *entries, *made}):
        kind = config.provider_type(name) if name in config.providers else name
        entry = entries.get(kind)
        rows.append(
            {
                "name": name,
                "type": kind,
                "plugin": entry.distribution if entry else "",
                "version": entry.version if entry else "",
                "default": name == default,
            }
        )
    return rows


def loaded_providers(*, no_plugins: bool = False) -> list[dict[str, Any]]:
    """The same with capabilities and state; each provider is loaded, guarded, to ask it.

    Raises:
        ClaifError: no client can be opened.
    """
    import trio

    return trio.run(_loaded, no_plugins)


async def _loaded(no_plugins: bool) -> list[dict[str, Any]]:
    from ..client import Client
    from .open_client import manager_for

    plugins = manager_for(no_plugins=no_plugins)
    async with Client(plugins=plugins) as client:
        return [
            {
                "name": member.name,
                "type": member.type,
                "plugin": member.distribution,
                "version": member.version,
                "default": member.default,
                "state": member.status.state,
                "detail": member.status.detail,
                "hint": member.status.hint,
                "capabilities": sorted(member.capabilities),
            }
            for member in client.providers()
        ]
