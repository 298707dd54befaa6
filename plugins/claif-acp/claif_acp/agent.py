"""The agent as it presents itself in its answer to `initialize`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from claif.api import ProtocolError
from claif_acp.parts import table, tables, text

VERSION = 1
"""The version of the protocol that is spoken: https://agentclientprotocol.com/protocol/initialization"""


@frozen(kw_only=True)
class Agent:
    """What an agent offers.

    Args:
        name: its own name, and its version.
        images: whether a prompt may have images.
        embedded: whether a prompt may have the content of files.
        http: whether it reaches MCP servers by HTTP.
        sse: whether it reaches MCP servers by server-sent events.
        load: whether `session/load` is there.
        resume: whether `session/resume` is there, which does not tell again what was said.
        folders: whether a session can have further folders.
        logins: how one can log in: names with what they say about themselves.
    """

    name: str = ""
    images: bool = False
    embedded: bool = False
    http: bool = False
    sse: bool = False
    load: bool = False
    resume: bool = False
    folders: bool = False
    logins: tuple[str, ...] = ()


def agent_of(result: Mapping[str, Any], name: str) -> Agent:
    """The agent that has answered `initialize` so.

    Args:
        result: of the answer.
        name: what the user calls it.

    Raises:
        ProtocolError: it speaks another version of the protocol.
    """
    version = result.get("protocolVersion")
    if version != VERSION or isinstance(version, bool):
        raise ProtocolError(
            f"{name} speaks version {version!r} of the Agent Client Protocol, and Claif version {VERSION}.",
            hint="Install a version of the agent, or of Claif, that fits.",
        )
    able = table(result.get("agentCapabilities"))
    prompt, mcp = table(able.get("promptCapabilities")), table(able.get("mcpCapabilities"))
    sessions, info = table(able.get("sessionCapabilities")), table(result.get("agentInfo"))
    return Agent(
        name=" ".join(filter(None, (text(info.get("title")) or text(info.get("name")), text(info.get("version"))))),
        images=prompt.get("image") is True,
        embedded=prompt.get("embeddedContext") is True,
        http=mcp.get("http") is True,
        sse=mcp.get("sse") is True,
        load=able.get("loadSession") is True,
        resume=isinstance(sessions.get("resume"), Mapping),
        folders=isinstance(sessions.get("additionalDirectories"), Mapping),
        logins=tuple(filter(None, map(_login, tables(result.get("authMethods"))))),
    )


def _login(method: Mapping[str, Any]) -> str:
    name, more = text(method.get("name")) or text(method.get("id")), text(method.get("description"))
    return f"{name} ({more})" if name and more else name
