"""Qwen Code: its settings, and the reason of an error in its details (seen with 0.15.10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from claif.api import Secret, json_dumps
from claif_acp.own_files import put, put_instructions
from claif_acp.parts import table, text
from claif_acp.preset import Launch, Preset, Setup

_STATUS = re.compile(r"(?:\[API Error: )?([45]\d\d)\b")


def settings_of(launch: Launch) -> dict[str, Any]:
    """The settings in a home of Claif's own."""
    return {
        "$version": 4,
        "general": {"enableAutoUpdate": False},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "security": {"auth": {"selectedType": "openai"}, "folderTrust": {"enabled": not launch.servers}},
    }


def setup(launch: Launch) -> Setup:
    """How it is started: the endpoint is one that speaks Chat Completions."""
    variables: dict[str, str | Secret] = {"QWEN_CODE_NO_RELAUNCH": "true"}
    if launch.own:
        put(launch.folder / ".qwen" / "settings.json", json_dumps(settings_of(launch)).decode())
        variables["HOME"] = str(launch.folder)
    else:
        # The settings are the user's, except that it must not heed those of a project.
        trust = {"$version": 4, "security": {"folderTrust": {"enabled": not launch.servers}}}
        path = put(launch.files / "settings.json", json_dumps(trust).decode())
        variables["QWEN_CODE_SYSTEM_SETTINGS_PATH"] = str(path)
    if launch.key is not None:
        variables["OPENAI_API_KEY"] = launch.key
    if launch.url is not None:
        variables["OPENAI_BASE_URL"] = launch.url
    if launch.model:
        variables["OPENAI_MODEL"] = launch.model
    if launch.system:
        variables["QWEN_SYSTEM_MD"] = str(put_instructions(launch.files, launch.system))
    return Setup(environment=variables)


def status(error: Mapping[str, Any]) -> int | None:
    """`data.details` begins with the status, as in `401 Incorrect API key`."""
    found = _STATUS.match(text(table(error.get("data")).get("details")))
    return int(found[1]) if found else None


QWEN = Preset(
    title="Qwen Code",
    program="qwen",
    installable=True,
    arguments=("--acp",),
    add_dir="--include-directories",
    hosts=frozenset({"dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com", "chat.qwen.ai", "portal.qwen.ai"}),
    places=(".qwen",),
    governing=(
        *(".qwen/settings.json", ".qwen/trustedFolders.json", ".qwen/QWEN.md", ".qwen/commands"),
        *(".qwen/extensions", ".qwen/skills", ".qwen/agents", ".qwen/hooks"),
    ),
    logins=("~/.qwen/oauth_creds.json", "$OPENAI_API_KEY", "$DASHSCOPE_API_KEY"),
    login="Run qwen once and log in",
    variables=("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "DASHSCOPE_API_KEY"),
    takes_key=True,
    tells_commands=True,
    takes_system=True,
    setup=setup,
    status=status,
    mode="default",
)
