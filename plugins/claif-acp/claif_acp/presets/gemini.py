"""Gemini CLI: its settings, what it tells of errors and usage, and an end that is none (seen with 0.61.0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.api import ClaifError, ConnectionError, InvalidQueryError, Secret, Usage, json_dumps
from claif_acp.failures import STATUSES, TERMINATED, UNREACHED
from claif_acp.own_files import put, put_instructions
from claif_acp.parts import number, rows, table, text
from claif_acp.preset import End, Launch, Preset, Setup

QUIET = {
    "GEMINI_CLI_NO_RELAUNCH": "true",  # one process of Node, not two
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
}


def settings_of(launch: Launch) -> dict[str, Any]:
    """The settings in a home of Claif's own."""
    settings: dict[str, Any] = {
        "general": {
            "enableAutoUpdate": False,
            "enableAutoUpdateNotification": False,
            "maxAttempts": launch.retries + 1,
        },
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": True}},
    }
    if launch.turns is not None:
        settings["model"] = {"maxSessionTurns": launch.turns}
    return settings


def environment_of(launch: Launch) -> dict[str, str | Secret]:
    """The variables of a process.

    Raises:
        InvalidQueryError: its turns cannot be limited, since the settings are the user's.
    """
    variables: dict[str, str | Secret] = {**QUIET}
    if launch.own:
        put(launch.folder / ".gemini" / "settings.json", json_dumps(settings_of(launch)).decode())
        variables["GEMINI_CLI_HOME"] = str(launch.folder)
    elif launch.turns is not None:
        raise InvalidQueryError(
            "The turns of Gemini CLI are limited by its settings, which are yours where your login is.",
            hint="Set model.maxSessionTurns in them, or give its provider an api_key.",
        )
    if launch.key is not None:
        variables["GEMINI_API_KEY"] = launch.key
    if launch.url is not None:
        variables["GOOGLE_GEMINI_BASE_URL"] = launch.url
    if launch.servers:
        # It starts no MCP servers in a folder that it does not trust; in one that it trusts, the project's own
        # settings, which may have commands and allow tools, count too.
        variables["GEMINI_CLI_TRUST_WORKSPACE"] = "true"
    if launch.system:
        variables["GEMINI_SYSTEM_MD"] = str(put_instructions(launch.files, launch.system))
    return variables


def setup(launch: Launch) -> Setup:
    """How it is started; without a model it would first ask one which to take."""
    model = ("-m", launch.model) if launch.model else ()
    return Setup(arguments=model, environment=environment_of(launch))


def status(error: Mapping[str, Any]) -> int | None:
    """The code of an error that comes from its API is the HTTP status."""
    code = error.get("code")
    message = text(error.get("message"))
    if message == TERMINATED or UNREACHED in message:  # the connection broke, or there was none; it calls both 500
        return None
    return code if isinstance(code, int) and code in STATUSES else None


def usage(result: Mapping[str, Any]) -> Usage | None:
    """`_meta.quota.token_count`."""
    count = table(_quota(result).get("token_count"))
    given, output = number(count.get("input_tokens")), number(count.get("output_tokens"))
    return None if given is None and output is None else Usage(input_tokens=given, output_tokens=output)


def failure(end: End) -> ClaifError | None:
    """A stream that was cut, and an answer that was stopped because it repeats itself, end as if all were well.

    Neither consumed a token, and no model is named.
    """
    found = usage(end.result)
    quota = _quota(end.result)
    if end.result.get("stopReason") != "end_turn" or found is None or rows(quota.get("model_usage")):
        return None
    if found.input_tokens or found.output_tokens:
        return None
    return ConnectionError(
        f"{end.provider} ended without an answer of its model: the stream was cut, or stopped for repeating itself.",
        provider=end.provider,
        model=end.model,
    )


def _quota(result: Mapping[str, Any]) -> Mapping[str, Any]:
    return table(table(result.get("_meta")).get("quota"))


GEMINI = Preset(
    title="Gemini CLI",
    program="gemini",
    installable=True,
    arguments=("--acp",),
    add_dir="--include-directories",
    hosts=frozenset(
        {
            "generativelanguage.googleapis.com",
            "cloudcode-pa.googleapis.com",
            "oauth2.googleapis.com",
            "accounts.google.com",
            "www.googleapis.com",
        }
    ),
    places=(".gemini",),
    governing=(
        *(".gemini/settings.json", ".gemini/trustedFolders.json", ".gemini/GEMINI.md", ".gemini/commands"),
        *(".gemini/extensions", ".gemini/policies", ".gemini/skills", ".gemini/agents", ".gemini/hooks"),
    ),
    logins=("~/.gemini/oauth_creds.json", "$GEMINI_API_KEY", "$GOOGLE_API_KEY"),
    login="Run gemini once and log in",
    variables=("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_GENAI_USE_VERTEXAI"),
    takes_key=True,
    tells_commands=True,
    takes_system=True,
    takes_turns=True,
    setup=setup,
    status=status,
    failure=failure,
    usage=usage,
    resumes=False,  # session/load failed for every id (0.61.0)
    serves_files=False,  # it takes a file that is not there yet for a failure (0.61.0)
    mode="default",
    most_sessions=10,  # its listeners leak; after 11 sessions it says so
)
