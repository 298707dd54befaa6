"""Prints every call of a hook to stderr when `CLAIF_TRACE_HOOKS=1` is set."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter_ns


def traced(call: Callable[..., object], hook: str, plugin: str) -> Callable[..., object]:
    """Wrap an implementation: hook, plugin, types of the arguments, microseconds, type of the result. Never values."""

    def trace(*arguments: object) -> object:
        outcome = "?"
        began = perf_counter_ns()
        try:
            result = call(*arguments)
            outcome = f"-> {type(result).__name__}"
        except BaseException as error:
            outcome = f"raised {type(error).__name__}"
            raise
        else:
            return result
        finally:
            took = (perf_counter_ns() - began) / 1000
            types = ", ".join([type(argument).__name__ for argument in arguments])
            print(f"claif: {hook}({types}) of {plugin} {outcome}, {took:.1f} µs", file=sys.stderr)

    return trace
