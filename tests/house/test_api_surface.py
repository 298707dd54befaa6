"""What plugins may rely on changes only on purpose."""

from __future__ import annotations

from difflib import unified_diff
from types import ModuleType

import claif.api
from house.surface import RECORD, describe, fresh_surface


def test_the_surface_of_the_api_is_the_recorded_one() -> None:
    recorded, found = RECORD.read_text(encoding="utf-8"), fresh_surface()
    difference = "\n".join(
        unified_diff(recorded.splitlines(), found.splitlines(), "recorded", "found", lineterm="", n=0)
    )
    assert found == recorded, (
        f"the surface of claif.api has changed:\n{difference}\n"
        "If plugins keep working, record it: python tests/house/surface.py, and say in docs/changelog.d what is new. "
        "If they do not, do not."
    )


def test_every_name_is_recorded() -> None:
    text = RECORD.read_text(encoding="utf-8")
    for name in set(claif.api.__all__) - {"__version__"}:
        assert f"\n{name}" in f"\n{text}"


def test_no_name_is_a_module_that_happens_to_be_called_so() -> None:
    assert not [name for name in claif.api.__all__ if isinstance(getattr(claif.api, name), ModuleType)]


def test_a_change_of_an_argument_a_field_or_a_base_shows() -> None:
    class Before:
        __module__ = "claif.models"

        def ask(self, prompt: str, *, model: str = "") -> None: ...

    class After(Before):
        __module__ = "claif.models"

        def ask(self, prompt: str, *, model: str) -> None: ...

    assert list(describe("X", Before)) == ["X()", "X.ask(self, prompt: str, *, model: str = ) -> None"]
    assert list(describe("X", After)) == ["X(Before)", "X.ask(self, prompt: str, *, model: str) -> None"]
