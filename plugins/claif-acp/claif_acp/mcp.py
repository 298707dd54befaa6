"""MCP servers of the settings, in the shape in which the protocol passes them on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from claif.api import InvalidQueryError, Secret
from claif_acp.parts import rows, table

if TYPE_CHECKING:
    from claif_acp.agent import Agent

REMOTE = ("http", "sse")


def mcp_servers(servers: Mapping[str, Mapping[str, Any]], agent: Agent, name: str) -> list[dict[str, Any]]:
    """The `mcpServers` of a session.

    Args:
        servers: name -> `{command, args, env}` or `{type, url, headers}`.
        agent: what the agent offers.
        name: what the user calls it.

    Raises:
        InvalidQueryError: the agent does not reach servers of a kind, or one is described wrongly.
    """
    return [_server(key, server, agent, name) for key, server in servers.items()]


def _server(key: str, server: Mapping[str, Any], agent: Agent, name: str) -> dict[str, Any]:
    if "command" in server:
        return {
            "name": key,
            "command": str(server["command"]),
            "args": [str(word) for word in rows(server.get("args"))],
            "env": _pairs(server.get("env")),
        }
    kind = str(server.get("type", "http"))
    if kind not in REMOTE or "url" not in server:
        raise InvalidQueryError(
            f"The MCP server {key} has neither a command nor an address.",
            hint="Give it `command` and `args`, or `type` (http or sse) and `url`.",
        )
    if not (agent.http if kind == "http" else agent.sse):
        raise InvalidQueryError(
            f"{name} reaches no MCP servers by {kind}.",
            hint=f"Take {key} out of its mcp_servers, or run it by command.",
        )
    return {"type": kind, "name": key, "url": str(server["url"]), "headers": _pairs(server.get("headers"))}


def _pairs(values: object) -> list[dict[str, str]]:
    return [{"name": str(name), "value": _plain(value)} for name, value in table(values).items()]


def _plain(value: object) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value)
