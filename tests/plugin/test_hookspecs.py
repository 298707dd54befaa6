"""The contract is complete: every hook is documented alike, called by the manager, and named in no other file."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import claif
from claif import hookspecs
from claif.hookspecs import keeps_text
from claif.plugin.checks import hook_arguments

HOOKS = hook_arguments(hookspecs)
SECTIONS = ["Called:", "Args:", "Returns:", "Ordering:", "Raising:", "Since 2.0."]
ROOT = Path(claif.__file__).parent


def test_the_hooks_are_those_whose_rooms_exist() -> None:
    """Others come with what they are for."""
    assert set(HOOKS) == {
        "claif_approve",
        "claif_cache_store",
        "claif_shared_state",
        "claif_register_providers",
        "claif_query",
        "claif_process_message",
        "claif_config_sources",
        "claif_query_finished",
        "claif_route",
    }


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_a_hook_says_all_that_its_implementer_must_know(hook: str) -> None:
    """When it is called, its arguments, its result, the order, what raising does, and since when it exists."""
    function: Callable[..., object] = getattr(hookspecs, hook)
    text = inspect.getdoc(function) or ""
    positions = [text.find(section) for section in SECTIONS]
    assert -1 not in positions
    assert positions == sorted(positions)
    for argument in HOOKS[hook]:
        assert f"    {argument}: " in text
    assert "return" in function.__annotations__
    assert set(HOOKS[hook]) == set(function.__annotations__) - {"return"}


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_a_hook_is_called_by_the_manager(hook: str) -> None:
    """By one typed method."""
    assert f'"{hook}"' in (ROOT / "plugin" / "manager.py").read_text()


def test_pluggy_is_touched_in_two_files_only() -> None:
    """The contract declares its markers, and the manager does the rest."""
    users = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if re.search(r"^\s*(import|from) pluggy", path.read_text(), re.MULTILINE)
    }
    assert users - {"plugin/binding.py"} == {"hookspecs.py", "plugin/manager.py"}


def test_keeps_text_leaves_the_function_as_it_is() -> None:
    """It only marks it."""

    def function() -> int:
        return 3

    assert keeps_text(function) is function
    assert function() == 3
