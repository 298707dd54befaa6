"""Shipped processors are off until they are named; a name that means nothing is refused."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

import claif.api
from claif import Client
from claif.api import InvalidConfigError, Message, hookimpl
from claif.plugin.manager import PluginManager
from claif.processors import shipped
from claif.processors.shipped import SHIPPED
from claif.testing import FakeProvider

ROOM = Path(shipped.__file__).parent


class Mark:
    """An installed processor."""

    @hookimpl
    def claif_process_message(self, message: Message) -> Message:
        return message.replace_text(f"{message.text}!")


async def text(manager: PluginManager | None = None, **processors: Any) -> str:
    config = {"general": {"default_provider": "fake"}, "processors": processors}
    fake = FakeProvider.scripted(" a@b.co ```\nx\n``` ")
    async with Client(config, plugins=manager or PluginManager(), providers={"fake": fake}) as client:
        return (await client.query("hi")).text


async def test_they_are_off_until_they_are_named() -> None:
    assert await text() == " a@b.co ```\nx\n``` "
    assert await text(enable=["trim", "redact-pii"]) == "[email] ```\nx\n```"
    assert await text(enable=["trim", "redact-pii"], disable=["trim"]) == " [email] ```\nx\n``` "


async def test_one_that_is_off_is_not_even_imported() -> None:
    names = {f"claif.processors.{name.replace('-', '_')}" for name in SHIPPED}
    kept = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        await text(enable=["trim"])
        assert names & sys.modules.keys() == {"claif.processors.trim"}
    finally:
        sys.modules.update(kept)


async def test_a_manager_that_two_clients_share_does_not_enable_them_for_both() -> None:
    manager = PluginManager()
    assert await text(manager, enable=["trim", "timestamp"]) == "a@b.co ```\nx\n```"
    assert await text(manager) == " a@b.co ```\nx\n``` "


async def test_installed_ones_are_on_and_can_be_disabled_and_ordered() -> None:
    manager = PluginManager()
    manager.register(Mark(), "mark")
    assert (await text(manager)).endswith(" !")
    assert (await text(manager, disable=["mark"])).endswith(" ")
    assert (await text(manager, enable=["mark", "trim"], order=["mark", "trim"])).endswith("```!")


@pytest.mark.parametrize(
    ("processors", "problem"),
    [
        ({"enable": ["trimm"]}, 'processors.enable: there is no processor "trimm"; did you mean "trim"? [user ('),
        ({"enable": ["claif-nothing"]}, 'processors.enable: there is no processor "claif-nothing"'),
        ({"redact_pii": {"kinds": []}}, "processors.redact_pii: there is no processor of this name; did you mean"),
        ({"timestamp": {"zone": "utc"}}, "processors.timestamp.zone: there is no such setting"),
        ({"save-code": {"directory": 3}}, "processors.save-code.directory: must be text, not a whole number"),
    ],
)
async def test_names_and_settings_that_mean_nothing_are_refused(processors: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        await text(**processors)
    assert problem in caught.value.problems[0]
    assert "claif plugins list" in (caught.value.hint or "")


async def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(InvalidConfigError) as caught:
        await text(**{"enable": ["a", "b"], "timestamp": {"x": 1}, "extract-code": {"blocks": "none"}})
    assert len(caught.value.problems) == 4


async def test_names_of_what_is_not_installed_may_be_disabled_and_ordered() -> None:
    assert await text(disable=["claif-gone"], order=["claif-gone"]) == " a@b.co ```\nx\n``` "


def test_each_is_a_module_that_says_what_it_does() -> None:
    for name in SHIPPED:
        first = (ast.get_docstring(ast.parse((ROOM / f"{name.replace('-', '_')}.py").read_text())) or "").split("\n")[0]
        assert first.startswith(f"`{name}`: ")


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_each_uses_only_what_every_plugin_may_use(name: str) -> None:
    tree = ast.parse((ROOM / f"{name.replace('-', '_')}.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 2:
            for alias in node.names:
                assert alias.name in claif.api.__all__, alias.name
