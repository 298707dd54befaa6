"""Every hook is documented as a contract, and tested."""

from __future__ import annotations

import inspect

import pytest

from claif import hookspecs
from house.tree import ROOT

HOOKS = [function for name, function in vars(hookspecs).items() if name.startswith("claif_") and callable(function)]


def test_there_are_hooks() -> None:
    assert len(HOOKS) >= 5


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)
def test_a_hook_says_when_it_is_called_with_what_and_since_when(hook) -> None:
    text = (inspect.getdoc(hook) or "").lower()
    for part in ("called", "since", "order"):
        assert part in text, f"the docstring of {hook.__name__} does not say: {part}"
    for name in inspect.signature(hook).parameters:
        assert f"{name}:" in text, f"the docstring of {hook.__name__} does not explain {name}"


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)
def test_a_hook_has_a_test(hook) -> None:
    tests = (ROOT / "tests" / "plugin").rglob("*.py")
    assert any(hook.__name__ in path.read_text() for path in tests)
