"""OpenCode: its native programs. The one for Linux is that which needs no particular processor."""

from __future__ import annotations

from .program import LoginFile, NpmPackage, Program

VERSION = "1.18.33"

_NPM = {
    "linux-x64": NpmPackage(
        name="opencode-linux-x64-baseline",
        program="bin/opencode",
        integrity="sha512-1KQGBiiDDeL/VHHbHkOvvFo8Jr97WT5+C1tear+p7IcDTnXgVHXqIjU4O4jM4mHQzykTP2i884FCnW5LDa+zCA==",
        megabytes=180,
    ),
}
"""Those whose fingerprints are known; there are packages for other machines."""

OPENCODE = Program(
    name="opencode",
    title="OpenCode",
    executable="opencode",
    version=VERSION,
    npm=_NPM,
    plugin="claif-acp",
    key_variables=("OPENCODE_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"),
    login_files=(
        # A table for each provider that it is logged in with.
        LoginFile(path="~/.local/share/opencode/auth.json", variable="XDG_DATA_HOME", inside="opencode"),
    ),
    login=("auth", "login"),
)
