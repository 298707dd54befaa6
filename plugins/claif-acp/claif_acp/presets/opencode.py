"""OpenCode: its configuration in a variable, and a stream that it begins anew without an end (seen with 1.18.33)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.api import Secret, json_dumps
from claif_acp.failures import STATUSES
from claif_acp.parts import number, table
from claif_acp.preset import Launch, Preset, Setup

KEY_VARIABLE = "CLAIF_OPENCODE_KEY"
ENDPOINT = "claif"
"""How the configured endpoint is called inside of OpenCode."""
_DEFAULT_MODEL = "default"


def configuration(launch: Launch) -> dict[str, Any]:
    """Its configuration, which counts before all others; the key stays in a variable of its own."""
    found: dict[str, Any] = {
        "autoupdate": False,
        "share": "disabled",
        # It would run commands without asking.
        "permission": {"edit": "ask", "bash": "ask", "webfetch": "ask", "external_directory": "ask"},
    }
    if not launch.own:
        return found | ({"model": launch.model} if launch.model else {})
    options: dict[str, Any] = {"baseURL": launch.url} if launch.url else {}
    if launch.key is not None:
        options["apiKey"] = f"{{env:{KEY_VARIABLE}}}"
    model = launch.model or _DEFAULT_MODEL
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "Claif", "options": options, "models": {model: {}}}
    named = f"{ENDPOINT}/{model}"
    return found | {"provider": {ENDPOINT: provider}, "model": named, "small_model": named}


def setup(launch: Launch) -> Setup:
    """How it is started: the endpoint is one that speaks Chat Completions."""
    variables: dict[str, str | Secret] = {
        "OPENCODE_CONFIG_CONTENT": json_dumps(configuration(launch)).decode(),
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_PROJECT_CONFIG": "1",  # a project's settings may have commands
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    }
    if launch.own:
        # It would have a package installed beside its settings; offline it goes on without.
        offline = {"OPENCODE_DISABLE_MODELS_FETCH": "1", "npm_config_offline": "true"}
        variables |= {"HOME": str(launch.folder), **offline}
    if launch.key is not None:
        variables[KEY_VARIABLE] = launch.key
    return Setup(environment=variables)


def status(error: Mapping[str, Any]) -> int | None:
    """The status, in a version that tells it."""
    data = table(error.get("data"))
    found = number(data.get("statusCode")) or number(data.get("status"))
    return found if found in STATUSES else None


OPENCODE = Preset(
    title="OpenCode",
    program="opencode",
    installable=True,
    arguments=("acp",),
    hosts=frozenset({"opencode.ai", "models.dev", "api.anthropic.com", "api.openai.com", "openrouter.ai"}),
    places=(".config/opencode", ".local/share/opencode", ".local/state/opencode", ".cache/opencode"),
    governing=(".config/opencode",),
    logins=("~/.local/share/opencode/auth.json",),
    login="Run `opencode auth login`",
    takes_key=True,
    tells_commands=True,
    setup=setup,
    status=status,
    restarts=True,
)
