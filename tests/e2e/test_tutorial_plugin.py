"""The plugin of the tutorial, installed beside Claif as a user does it, works and goes without a trace."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from e2e.installation import ROOT, Installation

EXAMPLE = ROOT / "docs" / "tutorial" / "example-plugin"
TUTORIAL = ROOT / "docs" / "tutorial" / "your-first-plugin.md"


@pytest.fixture(scope="module")
def claif_alone(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Claif, installed from this checkout."""
    installation = Installation(tmp_path_factory.mktemp("installation"))
    installation.install_claif()
    return installation


@pytest.fixture(scope="module")
def installed(claif_alone: Installation) -> Installation:
    """Claif and the example."""
    claif_alone.install(EXAMPLE)
    return claif_alone


def answers() -> list[tuple[str, str]]:
    """The commands of the tutorial's blocks and what it says that they print."""
    blocks = re.findall(r"```console\n\$ claif (query [^\n]*)\n(.*?)```", TUTORIAL.read_text(), re.DOTALL)
    # The first one comes before the parts that change its answer are written.
    return blocks[1:]


def test_the_environment_runs_its_own_claif(installed: Installation) -> None:
    """Not that of the tests."""
    where = installed.check([str(installed.bin / "python"), "-c", "import claif; print(claif.__file__)"])
    assert Path(where.strip()).is_relative_to(installed.packages)


def test_its_providers_are_listed(installed: Installation) -> None:
    """The one in its metadata."""
    rows = {row["name"]: row for row in json.loads(installed.claif("providers", "list", "--json"))}
    assert (rows["shout"]["plugin"], rows["shout"]["version"]) == ("claif-shout", "0.1.0")
    assert "shout" in installed.claif("providers", "list")


@pytest.mark.parametrize(("command", "printed"), answers())
def test_it_answers_as_the_tutorial_says(installed: Installation, command: str, printed: str) -> None:
    """Provider, processor, layer and source, each with the command that shows it."""
    words = re.findall(r'"[^"]*"|\S+', command)
    done = installed.run(*[word.strip('"') for word in words])
    said = done.stderr if printed.startswith("claif:") else done.stdout
    assert said.strip() == printed.strip()
    assert (done.returncode == 0) is not printed.startswith("claif:")


def test_without_its_other_parts_the_provider_answers_as_the_tutorial_begins(installed: Installation) -> None:
    """The answer before the processor is written."""
    (installed.folder / "home").mkdir(mode=0o700, exist_ok=True)
    installed.claif("config", "set", "processors.disable", '["claif-shout"]')
    try:
        assert installed.claif("query", "-p", "shout", "hello") == "HELLO!\n"
    finally:
        installed.claif("config", "unset", "processors.disable")


def test_it_is_listed_with_what_it_brings(installed: Installation) -> None:
    """Everything works, and nothing is worth a note."""
    [row] = [row for row in json.loads(installed.claif("plugins", "list", "--json")) if row["name"] == "claif-shout"]
    assert 0 <= row.pop("load_seconds") < 60
    assert row == {
        "name": "claif-shout",
        "version": "0.1.0",
        "state": "ready",
        "detail": "",
        "hint": "",
        "hooks": ["claif_config_sources", "claif_process_message", "claif_query"],
        "providers": ["shout"],
        "commands": [],
    }
    line = next(line for line in installed.claif("plugins", "list").splitlines() if line.startswith("claif-shout"))
    assert re.sub(" {2,}", "  ", line).startswith(
        "claif-shout  0.1.0  ready  provider shout; hooks claif_config_sources, claif_process_message, claif_query"
    )


def test_it_can_be_left_out(installed: Installation) -> None:
    """For one command."""
    done = installed.run("--no-plugins", "query", "-p", "shout", "hello")
    assert done.returncode != 0
    assert "Leave out --no-plugins." in done.stderr


def test_it_passes_the_check_of_plugins(installed: Installation) -> None:
    """Its parts can be imported, and none of those that every query waits for imports anything heavy."""
    (row,) = json.loads(installed.claif("plugins", "check", "claif-shout", "--timeout", "60", "--json"))
    assert row["ok"]
    assert {part["name"] for part in row["parts"]} == {"shout", "signature", "guard", "source"}


def test_its_own_tests_pass(installed: Installation) -> None:
    """With the test kit, as the tutorial runs them."""
    shutil.copytree(EXAMPLE / "tests", installed.work / "tests", dirs_exist_ok=True)
    command = [str(installed.bin / "python"), "-m", "pytest", "-q", "-p", "claif.testing.pytest_plugin", "tests"]
    assert "2 passed" in installed.check(command)


def test_uninstalled_it_is_gone(installed: Installation) -> None:
    """No list names it any more, and asking it says so."""
    installed.pip("uninstall", "--quiet", "--yes", "claif-shout")
    assert "claif-shout" not in installed.claif("plugins", "list", "--json")
    assert "shout" not in installed.claif("providers", "list")
    done = installed.run("query", "-p", "shout", "hello")
    assert "The provider shout is not known." in done.stderr
