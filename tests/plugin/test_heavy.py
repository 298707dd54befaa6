"""Modules that everybody would have to wait for are told from the others."""

from __future__ import annotations

from claif.plugin.heavy import heavy_among


def test_only_the_heavy_ones_are_picked() -> None:
    """Submodules of a heavy package do not repeat it."""
    assert heavy_among(["json", "trio", "trio._core", "cattrs"]) == ("cattrs", "trio")
