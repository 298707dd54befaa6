"""What is known about each provider, as data for `claif providers`."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from ..errors import ClaifError, SandboxError
from ..plugin.manager import PluginManager
from ..system import LINUX
from .log import read_config

if TYPE_CHECKING:
    from ..config import Config
    from ..config.schema import Sandbox
    from .session import Session


def known_providers(state: Session) -> list[dict[str, Any]]:
    """Name, type, plugin and version of each provider; none of them is loaded.

    Args:
        state: the switches of the command line.

    Raises:
        ConfigurationError: the configuration cannot be read.
    """
    from ..routing.default import choose_default

    config = read_config(state)
    plugins = PluginManager.for_config(config, off=state.no_plugins)
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


def loaded_providers(state: Session) -> list[dict[str, Any]]:
    """The same with capabilities and state; each provider is loaded, guarded, to ask it.

    Args:
        state: the switches of the command line.

    Raises:
        ClaifError: no client can be opened.
    """
    import trio

    return trio.run(_loaded, state)


async def _loaded(state: Session) -> list[dict[str, Any]]:
    from .open_client import open_client
    from .shared_health import left_alone

    async with open_client(state) as client:
        sandbox = client.config.sandbox
        warm = await _kept_by_broker(client.config)
        members = client.providers()
        alone = await left_alone(client, [member.name for member in members])
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
                "sandbox": _confinement(sandbox) if "agent" in member.capabilities else "",
                "warm": warm.get(member.name, 0),
                "left_alone": alone.get(member.name),
            }
            for member in members
        ]


async def _kept_by_broker(config: Config) -> dict[str, int]:
    """How many idle processes the broker keeps for each provider, if it is used and runs."""
    from ..transport.broker.client import Broker

    if not (config.general.keep_warm and LINUX):
        return {}
    told = await Broker(config.home).tell("status")
    rows = [] if told is None else told["status"]
    return dict(Counter(row["provider"] for row in rows if row["state"] == "idle"))


def _confinement(table: Sandbox) -> str:
    """What confines agents by the configuration."""
    from ..agents.confinement import usual_confinement

    try:
        return usual_confinement(table).level
    except SandboxError:
        return "refused"
