"""Gemini CLI: a script for Node.js, the same on every machine. What its package has optional is left out."""

from __future__ import annotations

from .machines import MACHINES
from .program import LoginFile, NpmPackage, Program

VERSION = "0.61.0"

_PACKAGE = NpmPackage(
    name="@google/gemini-cli",
    program="bundle/gemini.js",
    integrity="sha512-dbQ9A0qBtFJNi6XBkHvfZ6Azpn6PNgH/P8h2MZ67RLlX8hSAVjup39CRWqdRxZv7YXIuhrFaytr8y0jKnkoxnQ==",
    megabytes=100,
)

GEMINI = Program(
    name="gemini",
    title="Gemini CLI",
    executable="gemini",
    version=VERSION,
    npm=dict.fromkeys(MACHINES, _PACKAGE),
    node=20,
    plugin="claif-gemini",
    key_variables=(
        *("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        *("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA"),  # then the login is the cloud's
    ),
    login_files=(
        LoginFile(
            path="~/.gemini/oauth_creds.json",
            keys=("refresh_token", "access_token"),
            variable="GEMINI_CLI_HOME",
            inside=".gemini",
        ),
        # The token may be in the system's keychain, or in a file that only Gemini CLI reads; this names its owner.
        LoginFile(
            path="~/.gemini/google_accounts.json", keys=("active",), variable="GEMINI_CLI_HOME", inside=".gemini"
        ),
    ),
)
