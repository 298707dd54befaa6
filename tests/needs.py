"""What tests need of a machine, and what becomes of those that do not find it."""

from __future__ import annotations

import os

import pytest


def need(found: object, what: str) -> None:
    """A machine without it cannot run this test; where nothing may be missing, it fails."""
    if not found:
        (pytest.fail if os.environ.get("CLAIF_REQUIRE_ALL") else pytest.skip)(f"install {what}, which this test needs")
