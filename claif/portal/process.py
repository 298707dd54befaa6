"""The one portal of this process: started at its first use, anew after a fork, and ended with the interpreter."""

from __future__ import annotations

import atexit
import os
import sys
import threading

from ..errors import ClientClosedError
from .thread import Portal


class _Process:
    """What is known about this process."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Know nothing; a child of a fork begins with it."""
        self.lock = threading.Lock()
        self.portal: Portal | None = None
        self.exiting = False

    def after_fork(self) -> None:
        """Begin anew, and let the parent's portal know that its thread is not here."""
        if self.portal is not None:
            self.portal.forked()
        self.begin()

    def exit(self) -> None:
        """Stop the portal, and start no other."""
        self.exiting = True
        if (portal := running_portal()) is not None:
            portal.stop()


_process = _Process()

# `atexit` functions run when the threads that Python waits for have ended, so that none of them is cut off in a query,
# and before daemon threads freeze. An exit function of `threading` would run before it waits for them.
atexit.register(_process.exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_process.after_fork)


def current_portal() -> Portal:
    """The portal of this process, which is started if there is none.

    Raises:
        ClientClosedError: Python is exiting.
    """
    portal = _process.portal
    if portal is not None and portal.usable:
        return portal
    with _process.lock:
        portal = _process.portal
        if portal is not None and portal.usable:
            return portal
        if _process.exiting:
            raise ClientClosedError("Python is exiting; nothing can be asked any more.", hint="Ask earlier.")
        portal = Portal()
        portal.start()
        _process.portal = portal
        _end_with_worker()
        return portal


def running_portal() -> Portal | None:
    """The portal of this process if one runs."""
    portal = _process.portal
    return portal if portal is not None and portal.usable else None


def _end_with_worker() -> None:
    """A worker process of `multiprocessing` that was forked ends without `atexit`, but by its own list."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, _process.exit, exitpriority=100)
