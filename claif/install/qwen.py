"""Qwen Code: a script for Node.js, the same on every machine. What its package has optional is left out."""

from __future__ import annotations

from .machines import MACHINES
from .program import LoginFile, NpmPackage, Program

VERSION = "0.15.10"

_PACKAGE = NpmPackage(
    name="@qwen-code/qwen-code",
    program="cli.js",
    integrity="sha512-A1rAUg7TTO62yuwogzEstMWLVxQ4n4JO26k9t6s93Ed14svp7W+7WEAAZhUMmxPf/q9xQQW7LwX48cuQcgKDBQ==",
    megabytes=60,
)

QWEN = Program(
    name="qwen",
    title="Qwen Code",
    executable="qwen",
    version=VERSION,
    npm=dict.fromkeys(MACHINES, _PACKAGE),
    node=20,
    plugin="claif-acp",
    key_variables=("OPENAI_API_KEY", "DASHSCOPE_API_KEY", "BAILIAN_CODING_PLAN_API_KEY", "BAILIAN_TOKEN_PLAN_API_KEY"),
    login_files=(
        LoginFile(path="~/.qwen/oauth_creds.json", keys=("refresh_token", "access_token"), variable="QWEN_HOME"),
        LoginFile(
            path="~/.qwen/settings.json",
            keys=("security.auth.apiKey", "env.OPENAI_API_KEY", "env.DASHSCOPE_API_KEY"),
            variable="QWEN_HOME",
        ),
    ),
    login=("auth",),
)
