"""The kit loads lazily and its suite can be narrowed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import claif.testing
from claif.testing import ProviderConformance


def test_everything_that_is_exported_exists() -> None:
    for name in claif.testing.__all__:
        assert getattr(claif.testing, name) is not None


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        _ = claif.testing.nothing


def test_importing_the_kit_imports_neither_hypothesis_nor_trio() -> None:
    code = "import sys, claif.testing; sys.exit(bool({'trio', 'hypothesis', 'h11', 'pytest'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_provider_leaves_out_what_it_lacks() -> None:
    class Narrow(ProviderConformance):
        lacks = frozenset({"connections_are_used_again"})
        settings = None

    assert Narrow.test_connections_are_used_again is None
    assert ProviderConformance.test_connections_are_used_again is not None


def test_a_misspelt_test_is_no_silent_gap() -> None:
    with pytest.raises(TypeError, match="conections"):

        class Wrong(ProviderConformance):
            lacks = frozenset({"conections_are_used_again"})
