"""Hook modules that import what everybody would have to wait for are found."""

from __future__ import annotations

import pytest

from claif.errors import PluginError
from claif.plugin.heavy import heavy_among, heavy_imports

from .sites import Site


def test_heavy_modules_are_named(site: Site) -> None:
    """Directly imported or not."""
    site.module("claif_a_helper", "import trio")
    site.module("claif_a_hooks", "import claif_a_helper\nprint('noise')")
    found = heavy_imports("claif_a_hooks", path=[str(site.folder)])
    assert "trio" in found


def test_the_hook_contract_and_the_types_of_layers_are_light(site: Site) -> None:
    """What every hook module needs."""
    source = "from claif.hookspecs import hookimpl, keeps_text\nfrom claif.pipeline.types import Layer, Slot\n"
    site.module("claif_a_hooks", source + "from claif.models import Message")
    assert heavy_imports("claif_a_hooks", path=[str(site.folder)]) == ()


@pytest.mark.parametrize(
    ("source", "reason"), [("raise ValueError('boom')", "ValueError: boom"), ("import os; os._exit(3)", "exit code 3")]
)
def test_a_module_that_cannot_be_imported_is_an_error(site: Site, source: str, reason: str) -> None:
    """Even one that ends its process."""
    site.module("claif_a_hooks", source)
    with pytest.raises(PluginError, match=reason):
        heavy_imports("claif_a_hooks", path=[str(site.folder)])


def test_a_module_that_hangs_is_given_up(site: Site) -> None:
    """After the given seconds."""
    site.module("claif_a_hooks", "import threading; threading.Event().wait()")
    with pytest.raises(PluginError, match=r"longer than 0\.5 s"):
        heavy_imports("claif_a_hooks", path=[str(site.folder)], timeout=0.5)


def test_only_the_heavy_ones_are_picked() -> None:
    """Submodules of a heavy package do not repeat it."""
    assert heavy_among(["json", "trio", "trio._core", "cattrs"]) == ("cattrs", "trio")
