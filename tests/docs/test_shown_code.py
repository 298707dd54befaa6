"""Code of the how-tos that is a part of a program: run as a part of one."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve
from worktree.repo import Repo, leftovers

from claif import Client
from claif.api import Context, Provider, Query, TextDelta
from claif.config import ConfigLoader
from claif.models import PermissionRequest
from claif.plugin.manager import PluginManager
from claif.testing import FakeCLI, FakeProvider
from claif.testing.fake_cli import Change

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


def block(page: str, part: str) -> ModuleType:
    """The Python block of a page that has this in it, as a module."""
    [code] = [
        code for code in re.findall(r"```python\n(.*?)```", (HOW_TO / page).read_text(), re.DOTALL) if part in code
    ]
    module = ModuleType("shown")
    exec(compile(code, page, "exec"), module.__dict__)
    return module


async def answer(module: ModuleType, deltas: list[str], **config: Any) -> tuple[list[str], str]:
    """The deltas that are shown, and the text, of an answer that passes a plugin with this module."""
    plugins = PluginManager()
    plugins.register(module, "claif-shout")
    fake = FakeProvider.scripted(deltas)
    table = {"general": {"default_provider": "fake"}, **config}
    async with Client(table, plugins=plugins, providers={"fake": fake}) as client, client.stream("hi") as stream:
        shown = [event.text async for event in stream if isinstance(event, TextDelta)]
    assert stream.reply is not None
    return shown, stream.reply.text


async def test_the_processor_of_complete_messages_has_its_setting() -> None:
    module = block("processors.md", "def claif_process_message")
    assert await answer(module, ["hel", "lo"]) == ([], "HELLO!")
    assert (await answer(module, ["hi"], processors={"claif-shout": {"sign": "?"}}))[1] == "HI?"


async def test_the_rewriter_streams_and_comes_to_the_same_wherever_the_text_is_cut() -> None:
    module = block("processors.md", "class Dashes")
    shown, text = await answer(module, ["a -", "- b", " -- c-"])
    assert text == "a — b — c-"
    assert "".join(shown) == text
    assert len(shown) > 1


async def test_a_provider_gets_a_new_key() -> None:
    keys: list[str] = []

    class Keyed(Provider):
        capabilities = frozenset({"text", "streaming"})

        def __init__(self, context: Context) -> None:
            super().__init__(context)
            self.key = context.settings.api_key

        async def query(self, query: Query, emit: Any) -> None:
            keys.append(self.key.reveal())
            await emit(TextDelta("hi"))

    table = {"general": {"default_provider": "x"}, "providers": {"x": {"api_key": "the old one"}}}
    async with Client(table, providers={"x": Keyed}) as client:
        await client.query("hi")
        await block("swap-a-provider.md", "def with_key").rotate(client, "x", "the new one")
        await client.query("hi")
    assert keys == ["the old one", "the new one"]


async def test_the_test_of_a_layer_passes() -> None:
    await block("test-a-plugin.md", "FakeProvider.scripted").test_my_layer_survives_a_rate_limit()


async def test_the_test_with_a_bad_network_passes() -> None:
    await block("test-a-plugin.md", "FaultProxy(").test_my_provider_survives_a_bad_network()


async def test_a_source_of_another_kind_configures_a_client(tmp_path: Path) -> None:
    plugins = PluginManager()
    plugins.register(block("remote-configuration.md", "ConfigSource("), "claif-store")
    async with Client(ConfigLoader(home=tmp_path), plugins=plugins) as client:
        assert client.config.general.timeout == 120
        assert str(client.config.origin("general.timeout")) == "plugin (store)"
    assert list((tmp_path / "cache" / "sources").iterdir())


async def test_an_approver_allows_what_it_knows_and_denies_the_rest() -> None:
    approve = block("agents.md", "async def approve").approve
    make = PermissionRequest("1", "Bash", "command", "make test")
    assert (await approve(make)).allowed
    for request in (evolve(make, subject="make; rm -rf /"), evolve(make, kind="edit", subject="make")):
        decision = await approve(request)
        assert not decision.allowed
        assert decision.reason


def test_a_guard_of_a_plugin_denies_what_it_looks_for() -> None:
    plugins = PluginManager()
    plugins.register(block("agents.md", "def claif_approve"), "claif-guard")
    config = ConfigLoader.from_mapping({}).build()
    request = PermissionRequest("1", "Bash", "command", "deploy production")
    assert list(plugins.verdicts(request, Query("hi"), config)) == [("claif-guard", False)]
    assert list(plugins.verdicts(evolve(request, subject="ls"), Query("hi"), config)) == [("claif-guard", None)]


async def test_a_fake_agent_is_asked_as_the_real_one_is(tmp_path: Path) -> None:
    await block("test-a-plugin.md", "test_my_layer_sees").test_my_layer_sees_what_an_agent_does(tmp_path)


async def test_two_agents_attempt_one_task_and_the_shortest_diff_is_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo.make(tmp_path / "greeter", {"a.txt": "one\n"})
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    clis = (
        FakeCLI.claude(tmp_path, [Change("a.txt", "two\nand\nmore\n"), "Done."]),
        FakeCLI.codex(tmp_path, [Change("a.txt", "two\n"), "Done."]),
    )
    tables = [f'[providers.{cli.program.name}]\npath = "{cli.program}"\napi_key = "sk-dummy"\n' for cli in clis]
    (home / "config.toml").write_text("".join(tables))
    (home / "config.toml").chmod(0o600)
    monkeypatch.setenv("CLAIF_HOME", str(home))
    monkeypatch.chdir(repo.path)
    await block("agents.md", "apply_diff").main()
    assert (repo.path / "a.txt").read_text() == "two\n"
    assert leftovers(home) == []
