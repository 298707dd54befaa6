"""Modules that no hook module may import at module level, and a way to find those that do."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence

HEAVY = frozenset(
    {
        "aiohttp",
        "anthropic",
        "cattrs",
        "claude_agent_sdk",
        "cohere",
        "google.genai",
        "httpcore",
        "httpcore2",
        "httpx",
        "httpx2",
        "loguru",
        "mcp",
        "mistralai",
        "ollama",
        "openai",
        "pydantic",
        "requests",
        "rich",
        "trio",
    }
)
"""What costs every `claif` command more than all of Claif."""

_IMPORT = """
import json, sys
sys.path[:0] = json.loads(sys.argv[2])
before = set(sys.modules)
__import__(sys.argv[1])
print("\\n" + json.dumps(sorted(set(sys.modules) - before)))
"""


def heavy_among(modules: Collection[str]) -> tuple[str, ...]:
    """Those of the modules that are heavy, sorted."""
    return tuple(sorted(HEAVY.intersection(modules)))


def heavy_imports(module: str, *, path: Sequence[str] = (), timeout: float = 30.0) -> tuple[str, ...]:
    """Import a hook module in a fresh interpreter and tell which heavy modules come with it.

    Args:
        module: its dotted name.
        path: folders to search before the installed packages.
        timeout: seconds that the import may take.

    Raises:
        PluginError: it cannot be imported, or not in time.
    """
    import json
    import subprocess

    from ..errors import PluginError

    command = [sys.executable, "-c", _IMPORT, module, json.dumps(list(path))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)  # noqa: S603 - us
    except subprocess.TimeoutExpired:
        raise PluginError(f"Importing {module} takes longer than {timeout:g} s.") from None
    if done.returncode:
        reason = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise PluginError(f"{module} cannot be imported ({reason}).")
    return heavy_among(json.loads(done.stdout.splitlines()[-1]))
