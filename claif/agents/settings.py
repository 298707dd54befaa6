"""Settings that all agent providers have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import Attribute, field, frozen

from ..config.schema import ProviderSettings
from ..models import PermissionMode


def _mode(_instance: Any, _attribute: Attribute[Any], value: str) -> None:
    if value not in list(PermissionMode):
        raise ValueError(f"must be one of {', '.join(PermissionMode)}")


def _seconds(_instance: Any, _attribute: Attribute[Any], value: float) -> None:
    if not 0 < value < float("inf"):
        raise ValueError("must be a number of seconds greater than 0")


def _not_negative(_instance: Any, _attribute: Attribute[Any], value: float) -> None:
    if not 0 <= value < float("inf"):
        raise ValueError("must be a number from 0 on")


@frozen(kw_only=True)
class AgentSettings(ProviderSettings):
    """A table `[providers.NAME]` of an agent.

    Args:
        path: the program; Claif's own installation, then PATH, when not given.
        env: further environment variables for it.
        permission: what it may do: ask, plan, edit or full.
        directory: where it works; the current directory when not given.
        allowed_tools: tools that it may use without asking, as it names them.
        denied_tools: tools that it may not use.
        mcp_servers: MCP servers that are passed on to it: name -> `{command, args, env}` or `{type, url, headers}`.
        start_timeout: seconds that it may take to start.
        warm: seconds that an idle process is kept for the next query; 0 keeps none.
        first_event_timeout: seconds until the answer must begin; an agent's own retries count.
        idle_timeout: seconds of silence that are tolerated; a tool at work may be silent.
    """

    path: str | None = None
    env: Mapping[str, str] = field(factory=dict)
    permission: str = field(default=PermissionMode.ASK.value, validator=_mode)
    directory: str | None = None
    allowed_tools: tuple[str, ...] = ()
    denied_tools: tuple[str, ...] = ()
    mcp_servers: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    start_timeout: float = field(default=60.0, validator=_seconds)
    warm: float = field(default=300.0, validator=_not_negative)
    first_event_timeout: float = field(default=300.0, validator=_seconds)
    idle_timeout: float = field(default=600.0, validator=_seconds)

    def mode(self, wanted: PermissionMode | None) -> PermissionMode:
        """The permission mode of a query."""
        return wanted or PermissionMode(self.permission)

    def workplace(self, wanted: str | None) -> Path:
        """The absolute directory in which a query works."""
        return Path(wanted or self.directory or ".").expanduser().absolute()
