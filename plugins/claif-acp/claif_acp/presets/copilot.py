"""Copilot CLI: its variables, and errors that come as text of the answer (seen with 1.0.102)."""

from __future__ import annotations

import re

from claif.api import ClaifError, ProviderRuntimeError, Secret, error_from_response, redact
from claif_acp.failures import SHOWN
from claif_acp.preset import End, Launch, Preset, Setup
from claif_acp.usage import plain_usage

_STATUS = re.compile(r"\bLast error: ([45]\d\d)\b|\b(?:status|HTTP) ([45]\d\d)\b")


def setup(launch: Launch) -> Setup:
    """How it is started: the endpoint is one that speaks Chat Completions."""
    variables: dict[str, str | Secret] = {}
    if launch.own:
        variables |= {"HOME": str(launch.folder), "COPILOT_PROVIDER_TYPE": "openai", "COPILOT_OFFLINE": "true"}
    if launch.key is not None:
        variables["COPILOT_PROVIDER_API_KEY"] = launch.key
    if launch.url is not None:
        variables["COPILOT_PROVIDER_BASE_URL"] = launch.url
    if launch.model:
        variables["COPILOT_MODEL"] = launch.model
    return Setup(environment=variables)


def failure(end: End) -> ClaifError | None:
    """An end without usage is a failure, whose text came as the answer."""
    if end.result.get("stopReason") != "end_turn" or plain_usage(end.result) is not None:
        return None
    message = redact(end.text.rpartition("Error: ")[2].strip())[:SHOWN] or "it does not say why"
    found = _STATUS.search(message)
    if found is not None:
        number = int(found[1] or found[2])
        return error_from_response(number, (), provider=end.provider, model=end.model, message=message)
    return ProviderRuntimeError(f"{end.provider} failed: {message}", provider=end.provider, model=end.model)


COPILOT = Preset(
    title="Copilot CLI",
    program="copilot",
    arguments=("--acp", "--no-auto-update"),
    hosts=frozenset(
        {"api.github.com", "github.com", "api.githubcopilot.com", "api.individual.githubcopilot.com"}
        | {"api.business.githubcopilot.com", "api.enterprise.githubcopilot.com"}
    ),
    places=(".copilot",),
    governing=(".copilot/config.json", ".copilot/mcp-config.json", ".copilot/agents", ".copilot/skills"),
    logins=("~/.copilot/config.json", "$COPILOT_GITHUB_TOKEN", "$GH_TOKEN", "$GITHUB_TOKEN"),
    login="Run `copilot login`",
    variables=("COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"),
    takes_key=True,
    setup=setup,
    failure=failure,
)
