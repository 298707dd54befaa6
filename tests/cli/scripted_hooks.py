"""Hooks of the scripted plugin; they exist only where a test asks for them."""

from __future__ import annotations

import os

if os.environ.get("CLAIF_TEST_HOOKS") == "fail":
    from claif.api import hookimpl, keeps_text

    @hookimpl
    @keeps_text
    def claif_process_message(message):
        raise LookupError("nothing\x1b[2J found")

elif os.environ.get("CLAIF_TEST_HOOKS") == "broken":
    raise ImportError("half installed")
