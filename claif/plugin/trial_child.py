"""What a trial runs in its child process: imports one entry point and writes down what came of it."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any

from .entry_points import COMMANDS, HOOKS, PROVIDERS
from .guard import Failed, load

EVERYBODY_HAS = {
    HOOKS: ("claif.hookspecs", "claif.models", "claif.pipeline.types", "claif.plugin.checks"),
    PROVIDERS: ("claif.client", "claif.plugin.entries", "claif.plugin.adapt"),
    COMMANDS: ("click", "claif.plugin.entries"),
}
"""By group: what is loaded anyway when a part is imported, so that its import does not pay for it."""


def try_part(group: str, value: str) -> dict[str, Any]:
    """Import one entry point and look at what it names.

    Returns:
        `seconds` the import took, `loaded` names of modules that came with it, `hooks` that it implements, `problems`.
    """
    for name in EVERYBODY_HAS[group]:
        import_module(name)
    before = set(sys.modules)
    seconds = 0.0
    hooks: list[str] = []
    problems: list[str] = []
    try:
        found, seconds = load(value)
        hooks, problems = _look_at(found, group)
    except Failed as failure:
        problems.append(f"It cannot be used: {failure}.".replace("..", "."))
    loaded = sorted(set(sys.modules) - before)
    return {"seconds": seconds, "loaded": loaded, "hooks": hooks, "problems": problems}


def _look_at(found: object, group: str) -> tuple[list[str], list[str]]:
    if group == HOOKS:
        from .. import hookspecs
        from .checks import hook_arguments, look_over
        from .guard import guarded

        findings = guarded(lambda: look_over(found, hook_arguments(hookspecs)))
        problems = [*findings.problems, *findings.unknown]
        if not findings.hooks and not problems:
            problems.append("It implements no hook: mark a function named like one with @hookimpl.")
        return findings.hooks, problems
    from .entries import as_command, as_provider

    (as_provider if group == PROVIDERS else as_command)(found)
    return [], []


def main() -> None:
    """Arguments: group, value, the file for the report, and a JSON list of folders to search first."""
    group, value, report, path = sys.argv[1:5]
    sys.path[:0] = json.loads(path)
    if sys.platform != "win32":
        import resource

        # A crash is told, not kept.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    text = json.dumps(try_part(group, value))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with open(report, "w", encoding="utf-8") as file:
        file.write(text)
    # A thread that the import has left behind must not keep this process.
    os._exit(0)


if __name__ == "__main__":
    main()
