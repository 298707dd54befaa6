"""Claude Code: its packages and fingerprints."""

from __future__ import annotations

from ..downloads.wheels import Wheel
from .program import LoginFile, NpmPackage, Program, WheelPackage, executable_file

VERSION = "2.1.197"
_WHEEL_VERSION = "2.1.330"
"""There is no wheel with the version that npm has here."""
_SDK = "0.2.187"
"""The version of the wheel itself, which is that of the Python SDK around the program."""

_NPM = {
    "linux-x64": "rIlKmrY0QMyHgPRX/MYWNj039vbypICvI9jVe3rs9Xy2RnNklySjyPxqh62QadznzoftEO23uYQ1tFePcQ//bg==",
    "linux-arm64": "sx6SoGj3MNR5CV+YDkNtbLHXa1tn3G8qcYFgm1gnvOi9ODQUKbhiPfankJfkTMDVekOvnKJhm6i9hGFIPzp7cQ==",
    "linux-x64-musl": "/Ij3+inZf96Lb1BLnO0rWArRi1HqIMh6HeGrQoykrp7a8Yj0SA1EQIO42kpNeVxM9z3o3xUaiIf0FRMzLIp6oQ==",
    "linux-arm64-musl": "r3taVK9rDaMahHkrCGV8wF1Sjphs7fqXy2ZEznyDGxUqeW6HxgkbG7dPplXnwwGiMTdYLrtQTQMN21ZTxcVHBA==",
    "darwin-x64": "DOPeGTQqJWVENJsxwMxJtLOx+7OBINEDg9trQldlJR1nBssaYzNj1WWxp37JYSBRjeYLhqLipvDqEA0LMglL7A==",
    "darwin-arm64": "1FOVhJzkKGWgOEEsvaK3ylCEmjKeJiXwfKl7RtNEbiDj7OxhRQ1G1CLN0HGDTTq1QwY+Dm2x1Yscdv5NfobAxQ==",
    "win32-x64": "bH/146HdS+MO2ndTvljKUJQbcKuvOWujH02WiLkhQJmo/YJLTCMnn1P/jxjjv6W9y/+LGxN58SfdHa6zobatTw==",
    "win32-arm64": "P/1y1JcBSKNRt9asd0bhGRwLdD7yLnq9BlXdA0KHC+0zTm/WPqsCHupt8C7f7adb14//dVlkkbRT+9F5Iup/qA==",
}
_WHEELS = {
    "linux-x64": ("manylinux_2_17_x86_64", "693132296d1ffca857b5d393e449fd138a89bd08024d9a3e519615ba4040d9c3"),
    "linux-arm64": ("manylinux_2_17_aarch64", "3f9f9de8676779af46a0ae49a9dafb9934ea8bd9526a0cd60cc86cde787eee41"),
    "darwin-x64": ("macosx_11_0_x86_64", "dbae79ea1fc4d1ff83f7f5c9bd13ed4674b26ec60aa6ddb2bfc215887425a739"),
    "darwin-arm64": ("macosx_11_0_arm64", "83e3a0471f116e08f31dd2c60d5002ff3ea34943fb4cd72a0f57147d93cb97c2"),
    "win32-x64": ("win_amd64", "53e570a9b20849778cd5a8b8f53ca4881609e25e05a680da00bbc8eaf7e3ae55"),
}


def _npm(machine: str, integrity: str) -> NpmPackage:
    return NpmPackage(
        name=f"@anthropic-ai/claude-code-{machine}",
        program=executable_file("claude", machine),
        integrity=f"sha512-{integrity}",
        megabytes=250,
    )


def _wheel(machine: str, tag: str, sha256: str) -> WheelPackage:
    file = f"claude_agent_sdk-{_SDK}-py3-none-{tag}.whl"
    return WheelPackage(
        wheel=Wheel(project="claude-agent-sdk", version=_SDK, file=file, sha256=sha256),
        version=_WHEEL_VERSION,
        keep=("claude_agent_sdk/_bundled/",),
        program=f"claude_agent_sdk/_bundled/{executable_file('claude', machine)}",
        megabytes=390,
    )


CLAUDE = Program(
    name="claude",
    title="Claude Code",
    executable="claude",
    version=VERSION,
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
