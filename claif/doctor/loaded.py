"""Findings about plugins, processors and providers, made of what the process that has loaded them knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..finding import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..config import Config
    from ..plugin.manager import PluginManager
    from ..plugin.report import PluginReport
    from ..routing.members import Member


def states(members: Iterable[Member], wanted: set[str]) -> Iterator[Finding]:
    """The state of each provider; those that nobody has configured, and that lack something, in one line."""
    idle = []
    for member in members:
        status = member.status
        name = f"{member.name} (default)" if member.default else member.name
        if status.state == "ready":
            detail = "ready" if member.type == member.name else f"ready, served by {member.type}"
            yield Finding(name, "ok", detail)
        elif member.name not in wanted and status.state in {"no key", "disabled", "not installed"}:
            idle.append(f"{member.name} ({status.state})")
        elif status.state == "not installed":
            yield Finding(name, "warn", f"{status.state}: {status.detail}", status.hint)
        else:
            yield Finding(name, "fail", f"{status.state}: {status.detail}", status.hint)
    if idle:
        yield Finding("not set up", "ok", ", ".join(idle))


def about(report: PluginReport, alone: str) -> Finding:
    """A plugin: whether it works, and what was noted when it was loaded alone and together with the others."""
    name = f"{report.name} {report.version}".strip()
    if report.state == "disabled":
        return Finding(name, "ok", report.detail)
    noted = " ".join(dict.fromkeys(filter(None, (report.detail, alone))))
    state: Verdict = "warn" if noted else "ok"
    if report.state != "ready":
        state = "fail"
    more = "" if state == "ok" else "See more with `claif plugins check`."
    return Finding(name, state, noted or report.brings, report.hint or more)


def processors(config: Config, manager: PluginManager) -> Iterator[Finding]:
    """Those that are enabled, or what is wrong with them."""
    from ..processors.shipped import processor_problems

    problems = processor_problems(config, manager.processor_names())
    for problem in problems:
        yield Finding("processors", "fail", problem, "See what there is with `claif plugins list`.")
    if config.processors.enable and not problems:
        yield Finding("processors", "ok", f"enabled: {', '.join(config.processors.enable)}")


def missing(name: str) -> Finding:
    """A critical plugin that is not there."""
    return Finding(
        name,
        "fail",
        "It is critical and not installed: every query is refused.",
        f"pip install {name}, or take it out of [plugins] critical.",
    )
