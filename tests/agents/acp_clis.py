"""The real agents that speak the Agent Client Protocol: how each is run, talking to one server and nobody else.

Facts are those of Gemini CLI 0.61.0, Qwen Code 0.15.10, OpenCode 1.18.33 and Copilot 1.0.102.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from agents.clis import KEY, Run, clean_environment, required, run

MODELS = {"gemini": "gemini-2.5-flash", "qwen": "qwen3-coder-plus", "opencode": "scripted-1", "copilot": "scripted-1"}
"""The model that each is told to ask for."""
JAVASCRIPT = ("gemini", "qwen")
"""Those that are a file which Node.js runs."""
PLACES = {
    "gemini": "@google/gemini-cli/bundle/gemini.js",
    "qwen": "@qwen-code/qwen-code/cli.js",
    "opencode": "opencode-ai/bin/opencode.exe",
    "copilot": "@github/copilot-*/copilot",
}
"""Where each is below `node_modules`."""
ACP = {
    "gemini": ["--acp", "-m", MODELS["gemini"]],
    "qwen": ["--acp"],
    "opencode": ["acp"],
    "copilot": ["--acp", "--no-auto-update"],
}
"""Arguments with which each speaks the protocol on its standard streams."""


@frozen
class AcpCli:
    """One of the agents.

    Args:
        name: of the agent.
        program: its file.
        command: the words with which it is run, before its arguments: a file of JavaScript comes after `node`.
    """

    name: str
    program: Path
    command: list[str]

    def environment(self, home: Path, base_url: str) -> dict[str, str]:
        """Variables with which it asks the server at `base_url` (without `/v1`) and nobody else; `home` is made."""
        return _ENVIRONMENTS[self.name](home, base_url)

    def run(self, arguments: list[str], environment: dict[str, str], prompt: str = "") -> Run:
        """Run it in an empty directory to its end, with a prompt on its standard input."""
        return run(Path(self.command[0]), [*self.command[1:], *arguments], environment, prompt)


def acp_cli(name: str) -> AcpCli:
    """An agent; without it the test is skipped, and fails where nothing may be missing."""
    program = required(PLACES[name], name)
    command = [str(program)]
    if name in JAVASCRIPT:
        command.insert(0, str(required("node/bin/node", "node")))
    return AcpCli(name, program, command)


@pytest.fixture(scope="session")
def gemini_cli() -> AcpCli:
    """The real Gemini CLI."""
    return acp_cli("gemini")


@pytest.fixture(scope="session")
def qwen_cli() -> AcpCli:
    """The real Qwen Code."""
    return acp_cli("qwen")


@pytest.fixture(scope="session")
def opencode_cli() -> AcpCli:
    """The real OpenCode: the native program, not its wrapper for Node."""
    return acp_cli("opencode")


@pytest.fixture(scope="session")
def copilot_cli() -> AcpCli:
    """The real Copilot: the native program, which unpacks 130 MB into each new home."""
    return acp_cli("copilot")


def _write(path: Path, settings: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings), encoding="utf-8")


def _gemini(home: Path, base_url: str) -> dict[str, str]:
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "general": {"enableAutoUpdate": False, "maxAttempts": 1},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
    }
    environment = clean_environment(home)
    _write(home / ".gemini" / "settings.json", settings)
    return {
        **environment,
        "GOOGLE_GEMINI_BASE_URL": base_url,
        "GEMINI_API_KEY": KEY,
        # Without trust in the directory it ends with 55; without the other it starts a second process of itself.
        "GEMINI_CLI_TRUST_WORKSPACE": "true",
        "GEMINI_CLI_NO_RELAUNCH": "true",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }


def _qwen(home: Path, base_url: str) -> dict[str, str]:
    settings = {
        "security": {"auth": {"selectedType": "openai"}},
        "general": {"enableAutoUpdate": False},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
    }
    environment = clean_environment(home)
    _write(home / ".qwen" / "settings.json", settings)
    server = {"OPENAI_BASE_URL": f"{base_url}/v1", "OPENAI_API_KEY": KEY, "OPENAI_MODEL": MODELS["qwen"]}
    return {**environment, **server}


def _opencode(home: Path, base_url: str) -> dict[str, str]:
    model = f"scripted/{MODELS['opencode']}"
    provider = {
        "npm": "@ai-sdk/openai-compatible",  # part of the program
        "options": {"baseURL": f"{base_url}/v1", "apiKey": KEY},
        "models": {MODELS["opencode"]: {}},
    }
    settings = {
        "provider": {"scripted": provider},
        "model": model,
        "small_model": model,
        "autoupdate": False,
        "share": "disabled",
    }
    environment = clean_environment(home)
    _write(home / ".config" / "opencode" / "opencode.json", settings)
    return {
        **environment,
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        # It has a package installed beside its settings; offline it goes on without.
        "npm_config_offline": "true",
    }


def _copilot(home: Path, base_url: str) -> dict[str, str]:
    return {
        **clean_environment(home),
        "COPILOT_PROVIDER_BASE_URL": f"{base_url}/v1",
        "COPILOT_PROVIDER_TYPE": "openai",
        "COPILOT_PROVIDER_API_KEY": KEY,
        "COPILOT_MODEL": MODELS["copilot"],
        "COPILOT_OFFLINE": "true",
    }


_ENVIRONMENTS = {"gemini": _gemini, "qwen": _qwen, "opencode": _opencode, "copilot": _copilot}
