"""Built-in layers and tests register plugins by hand: once under one name, and whole or not at all."""

from __future__ import annotations

import pytest

from claif.errors import PluginError
from claif.hookspecs import hookimpl
from claif.models import Reply
from claif.pipeline.types import Layer
from claif.plugin.manager import PluginManager

from .support import QUERY, layers


def test_registering_again_is_the_same_as_once() -> None:
    """A manager that two clients share gets the built-in layers twice."""

    class Plugin:
        @hookimpl
        def claif_query(self) -> Layer:
            return Layer(slot=10, wrap=lambda handler: handler, name="x")

    manager, plugin = PluginManager(), Plugin()
    manager.register(plugin, "Some_Plugin")
    manager.register(plugin, "Some_Plugin")
    manager.register(plugin, "another")
    assert layers(manager) == ["some-plugin/x"]
    assert [report.name for report in manager.reports()] == ["some-plugin"]


def test_registering_what_cannot_work_raises_and_leaves_nothing_behind() -> None:
    """Built-in layers and tests hear of it at once."""

    class Plugin:
        @hookimpl
        def claif_query(self, nothing: object) -> None:
            raise AssertionError

    manager = PluginManager()
    with pytest.raises(PluginError, match=r"The hooks of bad were refused: .*'nothing'"):
        manager.register(Plugin(), "bad")
    assert layers(manager) == []
    assert manager.reports() == ()


def test_another_plugin_cannot_be_registered_under_a_name_that_is_taken() -> None:
    """The first one stays."""

    class Plugin:
        def __init__(self, name: str) -> None:
            self.name = name

        @hookimpl
        def claif_query(self) -> Layer:
            return Layer(slot=10, wrap=lambda handler: handler, name=self.name)

    manager = PluginManager()
    manager.register(Plugin("first"), "mine")
    with pytest.raises(PluginError, match="mine"):
        manager.register(Plugin("second"), "mine")
    assert layers(manager) == ["mine/first"]


def test_what_pluggy_refuses_after_having_taken_it_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Older versions of pluggy register a plugin and then look it over."""
    import pluggy

    original = pluggy.PluginManager.register

    def register(self: pluggy.PluginManager, plugin: object, name: str) -> None:
        original(self, plugin, name)
        raise ValueError("too late")

    class Plugin:
        @hookimpl
        def claif_query(self) -> None:
            raise AssertionError

    manager = PluginManager()
    monkeypatch.setattr(pluggy.PluginManager, "register", register)
    with pytest.raises(PluginError, match="too late"):
        manager.register(Plugin(), "odd")
    assert layers(manager) == []
    assert list(manager.warnings) == []


def test_a_plugin_registered_later_is_called_from_then_on() -> None:
    """The bound lists are made anew."""
    manager = PluginManager()
    assert layers(manager) == []
    assert not manager.observed
    seen = []

    class Plugin:
        @hookimpl
        def claif_query_finished(self, record: object) -> None:
            seen.append(record)

    manager.register(Plugin(), "late")
    assert manager.observed
    manager.finished(QUERY, Reply(), None, 1.5)
    [record] = seen
    assert (record.query, record.reply, record.error, record.seconds) == (QUERY, Reply(), None, 1.5)
