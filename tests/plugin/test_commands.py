"""Commands of plugins: listed without an import, loaded when invoked."""

from __future__ import annotations

import sys

import click
import pytest

from claif.errors import PluginError

from .sites import Site

COMMAND = "import click\n\n@click.command()\ndef hello():\n    click.echo('hello')\n"


def add(site: Site, distribution: str, source: str = COMMAND, **more: object) -> str:
    """Install a distribution with the command `hello`; the name of its module."""
    module = f"{distribution.replace('-', '_')}_command"
    points = {"claif.commands": {"hello": f"{module}:hello"}}
    site.install(distribution, points, modules={module: source}, **more)
    return module


def test_a_command_is_listed_without_an_import_and_loaded_on_demand(site: Site) -> None:
    """Its name and distribution come from the metadata."""
    module = add(site, "claif-hello")
    [entry] = site.manager().commands().values()
    assert (entry.name, entry.distribution, entry.version) == ("hello", "claif-hello", "1.0")
    assert module not in sys.modules
    assert isinstance(entry.load(), click.Command)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise SystemExit(7)", "it called sys.exit(7)"),
        ("hello = 'text'", "it is of type str and no click command"),
        ("import surely_not_installed", "surely_not_installed"),
    ],
)
def test_a_broken_command_is_named_with_a_remedy(site: Site, source: str, reason: str) -> None:
    """It stays in the list: only using it fails."""
    add(site, "claif-bad", source)
    entry = site.manager().commands()["hello"]
    with pytest.raises(PluginError) as caught:
        entry.load()
    assert reason in caught.value.message
    assert "claif-bad" in caught.value.message
    assert "CLAIF_DISABLE_PLUGINS=claif-bad" in (caught.value.hint or "")


def test_a_command_that_two_plugins_claim_is_refused(site: Site) -> None:
    """The user decides by switching one of them off."""
    first, second = add(site, "claif-a"), add(site, "claif-b")
    manager = site.manager()
    entry = manager.commands()["hello"]
    assert entry.distribution == "claif-a, claif-b"
    with pytest.raises(PluginError, match="claif-a and claif-b"):
        entry.load()
    assert [report.state for report in manager.reports()] == ["conflict", "conflict"]
    assert not {first, second} & set(sys.modules)
    assert site.manager(disable=["claif-b"]).commands()["hello"].load().name == "hello"


def test_a_command_of_claif_itself_wins(site: Site) -> None:
    """It is not contested by a plugin's."""
    add(site, "claif", COMMAND)
    add(site, "claif-a", "raise SystemExit")
    assert site.manager().commands()["hello"].distribution == "claif"


def test_a_plugin_s_command_that_claif_has_itself_is_reported(site: Site) -> None:
    """Its author learns that nobody can call it."""
    add(site, "claif-a")
    [report] = site.manager().reports(taken=["hello"])
    assert report.detail == "Its command hello is hidden by Claif's own."


def test_an_incompatible_command_is_not_imported(site: Site) -> None:
    """The error says which version it needs."""
    module = add(site, "claif-new", "raise SystemExit", requires=["claif>=3"])
    with pytest.raises(PluginError, match="needs claif >=3"):
        site.manager().commands()["hello"].load()
    assert module not in sys.modules


def test_disabled_plugins_have_no_commands(site: Site) -> None:
    """They are not offered at all."""
    add(site, "claif-a")
    assert site.manager(disable=["claif-a"]).commands() == {}
    assert site.manager(off=True).commands() == {}
