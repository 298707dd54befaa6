"""Message processors run in the order that the user gives, and one that fails leaves the message as it was."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.config import Processors
from claif.hookspecs import hookimpl
from claif.models import Message, Query
from claif.pipeline.types import Layer, Slot
from claif.plugin.manager import PluginManager
from claif.plugin.processors import Processor, arrange

from .sites import Site

QUERY = Query("hello")
APPEND = "@hookimpl\ndef claif_process_message(message): return message.replace_text(message.text + {mark!r})\n"
names = st.sampled_from(["a", "b", "c", "d"])


def config(**table: Any) -> Any:
    """A configuration with this table `[processors]`."""
    return SimpleNamespace(processors=Processors(**table))


def append(mark: str) -> str:
    """A hook module whose processor appends a mark."""
    return APPEND.replace("{mark!r}", repr(mark))


def text(manager: PluginManager, given: Any) -> str | None:
    """What the processors make of a text."""
    message: Message | None = Message.assistant(">")
    for processor in manager.processors(given):
        assert message is not None
        message = processor.apply(message, QUERY)
    return None if message is None else message.text


def test_processors_run_by_the_name_of_their_distribution_unless_the_user_orders_them(site: Site) -> None:
    """Those that the order does not name come last."""
    for mark in "cab":
        site.hooks(f"claif-{mark}", append(mark))
    manager = site.manager()
    assert text(manager, config()) == ">abc"
    assert text(manager, config(order=("claif_C", "claif-b"))) == ">cba"
    assert text(manager, config(order=("claif-c",))) == ">cab"
    assert text(manager, config(disable=("claif-b",))) == ">ac"
    assert text(manager, config(disable=("claif-a", "claif-b"), enable=("claif-b",))) == ">bc"


def test_two_processors_of_one_distribution_are_told_apart_by_their_entry_points(site: Site) -> None:
    """`distribution` means both, `distribution:name` one."""
    head = "from claif.hookspecs import hookimpl\n"
    modules = {"claif_a_one": head + append("1"), "claif_a_two": head + append("2")}
    site.install("claif-a", {"claif": {"one": "claif_a_one", "two": "claif_a_two"}}, modules=modules)
    manager = site.manager()
    assert text(manager, config()) == ">12"
    assert text(manager, config(order=("claif-a:two",))) == ">21"
    assert text(manager, config(disable=("claif-a:one",))) == ">2"
    assert text(manager, config(disable=("claif-a",))) == ">"


def test_the_list_of_processors_is_made_once_for_a_configuration(site: Site) -> None:
    """Not once per query."""
    site.hooks("claif-a", append("a"))
    manager, given = site.manager(), config()
    assert manager.processors(given) is manager.processors(given)
    assert manager.processors(config(disable=("claif-a",))) == ()


def test_a_processor_may_drop_a_message(site: Site) -> None:
    """By returning `None`."""
    site.hooks("claif-a", "@hookimpl\ndef claif_process_message(message, query): return None")
    assert text(site.manager(), config()) is None


@pytest.mark.parametrize(
    "body", ["raise ValueError", "raise SystemExit", "return 'text'", "return query", "return True"]
)
def test_a_failing_processor_gives_the_message_back_as_it_was(site: Site, body: str) -> None:
    """It is named, and the next ones go on."""
    site.hooks("claif-a", f"@hookimpl\ndef claif_process_message(message, query):\n    {body}")
    site.hooks("claif-b", append("b"))
    manager = site.manager()
    assert text(manager, config()) == ">b"
    [(plugin, message)] = manager.warnings
    assert plugin == "claif-a"
    assert "claif_process_message() was skipped" in message


def test_a_processor_that_keeps_the_text_says_so(site: Site) -> None:
    """The mark may stand above or below `@hookimpl`."""
    body = "def claif_process_message(message): return message.with_metadata(seen=True)"
    site.hooks("claif-a", f"@hookimpl\n@keeps_text\n{body}")
    site.hooks("claif-b", f"@keeps_text\n@hookimpl\n{body}")
    site.hooks("claif-c", append("c"))
    manager = site.manager()
    found = manager.processors(config())
    assert [(each.distribution, each.name, each.keeps_text) for each in found] == [
        ("claif-a", "main", True),
        ("claif-b", "main", True),
        ("claif-c", "main", False),
    ]
    result = found[0].apply(Message.assistant("x"), QUERY)
    assert result is not None
    assert result.metadata == {"seen": True}


@pytest.mark.parametrize("result", ["message.replace_text('other')", "None"])
def test_a_processor_that_breaks_its_promise_to_keep_the_text_is_skipped(site: Site, result: str) -> None:
    """The text has been shown already."""
    site.hooks("claif-a", f"@keeps_text\n@hookimpl\ndef claif_process_message(message): return {result}")
    manager = site.manager()
    assert text(manager, config()) == ">"
    assert "changed the text all the same" in manager.warnings[0][1]


@given(st.lists(names, unique=True), st.lists(names), st.lists(names), st.lists(names))
def test_any_order_keeps_every_processor_that_is_on_once(
    present: list[str], order: list[str], disable: list[str], enable: list[str]
) -> None:
    """Nothing is lost or doubled; the named ones come first, in the order of their first mention."""
    processors = [Processor(name, "main", False, lambda message, _query: message) for name in sorted(present)]
    table = Processors(order=tuple(order), disable=tuple(disable), enable=tuple(enable))
    result = [each.distribution for each in arrange(processors, table)]
    kept = [name for name in sorted(present) if name not in disable or name in enable]
    first = [name for name in dict.fromkeys(order) if name in kept]
    assert result == [*first, *[name for name in kept if name not in first]]


class Loud:
    """A processor as Claif ships them, with a layer too."""

    @hookimpl
    def claif_process_message(self, message: Message) -> Message:
        return message.replace_text(f"{message.text}!")

    @hookimpl
    def claif_query(self) -> Layer:
        return Layer(Slot.GUARD, lambda handler: handler, name="loud")


def layers(manager: PluginManager, given: Any) -> list[str]:
    """The names of the layers that it brings."""
    return [layer.name for layer in manager.query_layers(QUERY, given, None)]


@pytest.mark.parametrize(
    ("table", "on"),
    [
        ({}, False),
        ({"enable": ("loud",)}, True),
        ({"enable": ("claif",)}, False),
        ({"enable": ("loud",), "disable": ("loud",)}, False),
        ({"enable": ("loud",), "order": ("loud",)}, True),
    ],
)
def test_a_shipped_processor_is_off_until_it_is_named(table: dict[str, Any], on: bool) -> None:
    """Its layers too; and its name is all that the user writes."""
    manager = PluginManager()
    manager.register(Loud(), "claif.processors:loud")
    assert text(manager, config(**table)) == (">!" if on else ">")
    assert layers(manager, config(**table)) == (["loud"] if on else [])


def test_shipped_and_installed_processors_are_ordered_together(site: Site) -> None:
    """Shipped ones come first unless the order says otherwise."""
    site.hooks("claif-a", append("a"))
    manager = site.manager()
    manager.register(Loud(), "claif.processors:loud")
    assert text(manager, config(enable=("loud",))) == ">!a"
    assert text(manager, config(enable=("loud",), order=("claif-a",))) == ">a!"


def test_a_processor_is_given_the_configuration(site: Site) -> None:
    """So that it can have settings of its own."""
    site.hooks("claif-a", "@hookimpl\ndef claif_process_message(message, config): return config.mark(message)")
    given = config()
    given.mark = lambda message: message.replace_text("marked")
    assert text(site.manager(), given) == "marked"


def test_the_names_that_can_be_configured_are_those_of_everything_installed(site: Site) -> None:
    """Also of what is switched off, so that a configuration stays valid with `--no-plugins`."""
    site.hooks("claif-a", append("a"))
    site.install("claif-b", {"claif.providers": {"b": "nowhere:B"}})
    manager = site.manager(off=True)
    manager.register(Loud(), "claif.processors:loud")
    assert manager.processor_names() == ["claif-a", "claif-a:main"]
    manager.register(Loud(), "mine")
    assert "mine" in manager.processor_names()
