"""Looks a hook module over before it is registered: what it implements, what is wrong, what nobody will ever call."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple

PREFIX = "claif_"
MARK = "claif_impl"
"""The attribute by which `hookimpl` marks a function."""


class Findings(NamedTuple):
    """What a hook module has.

    Args:
        hooks: names of the hooks that it implements.
        problems: reasons to refuse it.
        unknown: implementations of hooks that this version does not have.
    """

    hooks: list[str]
    problems: list[str]
    unknown: list[str]


def hook_arguments(specification: ModuleType) -> dict[str, tuple[str, ...]]:
    """The hooks of a specification and the names of their arguments."""
    return {
        name: tuple(inspect.signature(function).parameters)
        for name, function in vars(specification).items()
        if name.startswith(PREFIX) and inspect.isfunction(function)
    }


def look_over(plugin: object, hooks: Mapping[str, tuple[str, ...]]) -> Findings:
    """Find the implementations in a hook module, or in an object that stands for one."""
    found = Findings([], [], [])
    if isinstance(plugin, type):
        found.problems.append(f"It names the class {plugin.__name__}; name a module or an object instead.")
        return found
    for name, function in _functions(plugin):
        mark = getattr(function, MARK, None)
        marked = isinstance(mark, dict)
        options: dict[str, Any] = mark if isinstance(mark, dict) else {}
        hook = str(options.get("specname") or name)
        if not marked and not hook.startswith(PREFIX):
            continue
        if hook not in hooks:
            if not options.get("optionalhook"):
                found.unknown.append(_unknown(name, hook, hooks))
        elif not marked:
            found.problems.append(f"{name}() is not marked with @hookimpl.")
        else:
            problem = _problem(function, options, hooks[hook])
            if problem:
                found.problems.append(f"{name}() {problem}.")
            else:
                found.hooks.append(hook)
    return found


def _functions(plugin: object) -> Iterator[tuple[str, Any]]:
    for name in dir(plugin):
        value = inspect.getattr_static(plugin, name, None)
        if inspect.isroutine(value):
            yield name, getattr(plugin, name)


def _unknown(name: str, hook: str, hooks: Mapping[str, tuple[str, ...]]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(hook, hooks, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"{name}() is called by nobody: there is no hook {hook}.{meant}"


def _problem(function: Any, options: Mapping[str, Any], arguments: tuple[str, ...]) -> str:
    if options.get("wrapper") or options.get("hookwrapper"):
        return "is a wrapper; return a Layer from claif_query instead"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "is async; hooks are plain functions, and what they return may be async"
    if inspect.isgeneratorfunction(function):
        return "yields; a hook returns its result"
    for parameter in inspect.signature(function).parameters.values():
        catches_all = parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
        if catches_all or parameter.default is not parameter.empty:
            continue
        if parameter.kind is parameter.KEYWORD_ONLY:
            return f"demands the keyword {parameter.name}; arguments of hooks are positional"
        if parameter.name not in arguments:
            return f"takes {parameter.name!r}, which this hook does not have; it has {', '.join(arguments)}"
    return ""
