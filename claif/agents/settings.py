"""Settings that all agent providers have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import Attribute, field, frozen

from ..config.schema import ProviderSettings, not_negative, one_of, seconds
from ..models import PermissionMode

MOST_RETRIES = 20
"""More would take hours."""


def _retries(_instance: Any, _attribute: Attribute[Any], value: int) -> None:
    if not 0 <= value <= MOST_RETRIES:
        raise ValueError(f"must be a number from 0 to {MOST_RETRIES}")


@frozen(kw_only=True)
class AgentSettings(ProviderSettings):
    """A table `[providers.NAME]` of an agent.

    Args:
        path: the program; Claif's own installation, then PATH, when not given.
        env: further environment variables for it.
        permission: what it may do: ask, plan, edit or full.
        directory: where it works; the current directory when not given.
        mcp_servers: MCP servers that are passed on to it: name -> `{command, args, env}` or `{type, url, headers}`.
        max_retries: how often the agent itself asks its API again.
        start_timeout: seconds that it may take to start.
        warm: seconds that an idle process is kept for the next query; 0 keeps none.
        first_event_timeout: seconds until the answer must begin; an agent's own retries count.
        idle_timeout: seconds of silence that are tolerated; a tool at work may be silent.
    """

    path: str | None = None
    env: Mapping[str, str] = field(factory=dict)
    permission: str = field(default=PermissionMode.ASK.value, validator=one_of(*PermissionMode))
    directory: str | None = None
    mcp_servers: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    max_retries: int = field(default=2, validator=_retries)
    start_timeout: float = field(default=60.0, validator=seconds)
    warm: float = field(default=300.0, validator=not_negative)
    first_event_timeout: float = field(default=300.0, validator=seconds)
    idle_timeout: float = field(default=600.0, validator=seconds)

    def mode(self, wanted: PermissionMode | None) -> PermissionMode:
        """The permission mode of a query."""
        return wanted or PermissionMode(self.permission)

    def workplace(self, wanted: str | None) -> Path:
        """The absolute directory in which a query works."""
        return Path(wanted or self.directory or ".").expanduser().absolute()
