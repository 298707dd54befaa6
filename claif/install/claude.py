"""Claude Code: its packages and fingerprints. The package of npm and the wheel hold the same program, byte for byte."""

from __future__ import annotations

from ..downloads.wheels import Wheel
from .program import LoginFile, NpmPackage, Program, WheelPackage

VERSION = "2.1.330"
_SDK = "0.2.187"
"""The version of the wheel, which is that of the Python SDK around the program."""

_NPM = {
    "linux-x64": "9Gn+V7DtJ8M1nztP9CeDVl9g3RtrepI7rOFTyPRRnZe8D6zebIHKmC7OvBauucuAP0X0k85SDN/LPVZyjsGezQ==",
    "linux-arm64": "V4yanAY5EA5UpwwRPtjSfqDbNqAlUJeVn3NYZw2AgmRHjdpSsLtHAzbxRXfkAnbjwTXzE0uedjQxUY02ARPcsA==",
    "linux-x64-musl": "OnduSSPY1b59FA8jTbq20Y1XkDUV0S1OVyvYBNslEbpX79P81JF7Ih4lgYvDKiFnnSv75z4Kv6qLE5DQqogYXA==",
    "linux-arm64-musl": "NemfeTqZ30tQDhAeumZgDYoX4ewhAHkN3dbcsyvlgb+yvpKUlcYu5Bor8K+Du5azGe3uy9sftlJxbGhTsCR7zA==",
    "darwin-x64": "XenTNj2zXaFrnLmf47n25vChfFhlfeyaAR/vW5SFsEnLGwd2U1vDUY97+5etHBZu3xWBnlK8HhBVxzRi9YTUDw==",
    "darwin-arm64": "rgzAjrRJJsIdZXGF9CCFFbURxKuJNobRr+krV3dNmqNJWIws74rLD0CABe4+nXlx/9WwRECTrveprWB96mubqw==",
    "win32-x64": "P3aamhGb7lZUsgj6kQzdZAKh3fNFoXvawxZFuUz+pC5HVLwEtX5eWgO6kpxzT9+qfHaPhoepZ9KU8K1sz3b2yw==",
    "win32-arm64": "UBG8oi9gyi2hBGrKYkNfXSAqEyC3wJ2CsmSfQw8XLNWM/GOlUWAqELJOW9eBaAlWsusvwhHKtiQeS0UEQ+skxQ==",
}
_WHEELS = {
    "linux-x64": ("manylinux_2_17_x86_64", "693132296d1ffca857b5d393e449fd138a89bd08024d9a3e519615ba4040d9c3"),
    "linux-arm64": ("manylinux_2_17_aarch64", "3f9f9de8676779af46a0ae49a9dafb9934ea8bd9526a0cd60cc86cde787eee41"),
    "darwin-x64": ("macosx_11_0_x86_64", "dbae79ea1fc4d1ff83f7f5c9bd13ed4674b26ec60aa6ddb2bfc215887425a739"),
    "darwin-arm64": ("macosx_11_0_arm64", "83e3a0471f116e08f31dd2c60d5002ff3ea34943fb4cd72a0f57147d93cb97c2"),
    "win32-x64": ("win_amd64", "53e570a9b20849778cd5a8b8f53ca4881609e25e05a680da00bbc8eaf7e3ae55"),
}


def _file(machine: str) -> str:
    return "claude.exe" if machine.startswith("win32") else "claude"


def _npm(machine: str, integrity: str) -> NpmPackage:
    return NpmPackage(
        name=f"@anthropic-ai/claude-code-{machine}", program=_file(machine), integrity=f"sha512-{integrity}"
    )


def _wheel(machine: str, tag: str, sha256: str) -> WheelPackage:
    file = f"claude_agent_sdk-{_SDK}-py3-none-{tag}.whl"
    return WheelPackage(
        wheel=Wheel(project="claude-agent-sdk", version=_SDK, file=file, sha256=sha256),
        version=VERSION,
        keep=("claude_agent_sdk/_bundled/",),
        program=f"claude_agent_sdk/_bundled/{_file(machine)}",
    )


CLAUDE = Program(
    name="claude",
    title="Claude Code",
    executable="claude",
    version=VERSION,
    megabytes=390,
    npm={machine: _npm(machine, integrity) for machine, integrity in _NPM.items()},
    wheels={machine: _wheel(machine, *rest) for machine, rest in _WHEELS.items()},
    plugin="claif-claude",
    key_variables=(
        *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
        *("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"),  # then the login is the cloud's
    ),
    login_files=(
        LoginFile(path="~/.claude/.credentials.json", keys=("claudeAiOauth",), variable="CLAUDE_CONFIG_DIR"),
        # On macOS the token is in the system's keychain; this file says that there is one.
        LoginFile(
            path="~/.claude.json",
            keys=("oauthAccount", "primaryApiKey"),
            variable="CLAUDE_CONFIG_DIR",
            systems=("darwin",),
        ),
    ),
    login=("auth", "login"),
)
