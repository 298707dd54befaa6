"""The command line. Importing this costs little more than importing click; everything else waits until it is needed."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn

BROKEN_PIPE = 141
"""What a shell sees of a program that the signal for a broken pipe has ended."""

INTERRUPTED = 130
"""What a shell sees of a program that Ctrl-C has ended."""

SELDOM = 100_000
"""New containers between two collections; what a query imports makes fewer."""


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and exit.

    Args:
        args: the arguments after the program's name; those of this process when not given.
    """
    _mend_streams()
    _spare_collections()
    sys.exit(execute(list(sys.argv[1:] if args is None else args)))


def _mend_streams() -> None:
    """Give streams that the parent process closed a place to go, and characters that they lack a question mark."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - it lives as long as the process
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _spare_collections() -> None:
    """Let the garbage collector look seldom, and not at all at the end; else it takes a tenth of a short command.

    What is imported is no garbage, however often it is looked at, and at the end nothing needs collecting any more.
    """
    gc.set_threshold(SELDOM)
    atexit.register(gc.freeze)


def execute(args: list[str]) -> int:
    """Run a command line; the exit code."""
    try:
        code = _dispatch(args)
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads any more. The interpreter's own flush at exit must not find the broken pipe again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseExceptionGroup as group:
        if group.subgroup(KeyboardInterrupt) is None:
            raise
        return INTERRUPTED
    return code


def _dispatch(args: list[str]) -> int:
    from click.exceptions import Abort, Exit

    from .root import root

    if instruction := os.environ.get("_CLAIF_COMPLETE"):
        from .complete.answer import answer

        return answer(root, instruction)
    try:
        with root.make_context("claif", args.copy()) as context:  # click takes options out of the list
            from ..config.secret import remember_secrets
            from ..logs import start
            from .session import session

            start(session(context).log_level or "warning")
            # What the last error message must not have in it has to be known until then.
            remember_secrets()
            code = root.invoke(context)
            return code if isinstance(code, int) else 0
    except Exit as finished:
        return finished.exit_code
    except Abort:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        from .report import report

        options = args[: args.index("--")] if "--" in args else args
        return report(error, as_json="--json" in options or "--events" in options, debug="--debug" in options)
