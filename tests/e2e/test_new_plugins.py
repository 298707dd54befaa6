"""A plugin of each kind, as `claif plugins new` writes it: installed, tested by its own tests, used, uninstalled."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from claif.cli.plugins import KINDS
from claif.testing import ServerProcess
from e2e.installation import ROOT, Installation

BRINGS = {
    "provider": {"providers": ["acme-provider"]},
    "processor": {"hooks": ["claif_process_message"]},
    "middleware": {"hooks": ["claif_query"]},
    "config": {"hooks": ["claif_config_sources"]},
    "command": {"commands": ["acme-command"]},
}


@pytest.fixture(scope="module")
def claif_alone(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Claif, installed from this checkout, with a provider for those kinds that bring none."""
    installation = Installation(tmp_path_factory.mktemp("installation"))
    installation.install_claif()
    installation.install(ROOT / "plugins" / "claif-openai")
    return installation


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """What the providers ask."""
    with ServerProcess() as server:
        yield server


@pytest.fixture(scope="module", params=KINDS)
def plugin(request: pytest.FixtureRequest, claif_alone: Installation) -> Iterator[tuple[str, Path, Installation]]:
    """A new plugin of each kind, installed; gone when its tests are over."""
    kind = request.param
    claif_alone.claif("plugins", "new", f"acme-{kind}", "--kind", kind)
    folder = claif_alone.work / f"claif-acme-{kind}"
    claif_alone.install(folder)
    yield kind, folder, claif_alone
    claif_alone.pip("uninstall", "--quiet", "--yes", f"claif-acme-{kind}")
    assert f"claif-acme-{kind}" not in claif_alone.claif("plugins", "list", "--json")


def test_it_passes_its_own_tests(plugin: tuple[str, Path, Installation]) -> None:
    """Those of a provider include the conformance suite."""
    kind, folder, installation = plugin
    said = installation.check([str(installation.bin / "python"), "-m", "pytest", "-q"], cwd=folder)
    passed = int(re.findall(r"(\d+) passed", said)[0])
    assert passed >= (25 if kind == "provider" else 3), said
    assert not re.search(r"skipped|deselected|failed|warning", said), said


def test_it_is_listed_and_nothing_is_wrong_with_it(plugin: tuple[str, Path, Installation]) -> None:
    """Neither for `claif plugins list` nor for `claif plugins check`."""
    kind, _, installation = plugin
    name = f"claif-acme-{kind}"
    (row,) = [row for row in json.loads(installation.claif("plugins", "list", "--json")) if row["name"] == name]
    assert (row["state"], row["detail"]) == ("ready", "")
    assert {part: row[part] for part in ("hooks", "providers", "commands") if row[part]} == BRINGS[kind]
    (checked,) = json.loads(installation.claif("plugins", "check", name, "--timeout", "60", "--json"))
    assert checked["ok"]


def test_it_works(plugin: tuple[str, Path, Installation], server: ServerProcess) -> None:
    """Used as its README says."""
    kind, folder, installation = plugin
    use = {
        "provider": use_provider,
        "processor": use_processor,
        "middleware": use_middleware,
        "config": use_config,
        "command": use_command,
    }
    use[kind](installation, server, folder)


def use_provider(installation: Installation, server: ServerProcess, folder: Path) -> None:
    assert "acme-provider" in installation.claif("providers", "list", "--json")
    config(installation, f'[providers.acme-provider]\nbase_url = "{server.url()}"\nmodel = "m"\n')
    assert installation.claif("query", "-p", "acme-provider", "hi").strip() == "Hello from the scripted server."


def use_processor(installation: Installation, server: ServerProcess, folder: Path) -> None:
    with_openai(installation, server, text="one  \n\ntwo\t")
    assert installation.claif("query", "hi") == "one\n\ntwo\n"


def use_middleware(installation: Installation, server: ServerProcess, folder: Path) -> None:
    with_openai(installation, server)
    assert "acme-middleware" in installation.claif("config", "chain")
    reply = json.loads(installation.claif("query", "--json", "hi"))
    assert [notice["kind"] for notice in reply["notices"]] == ["timing"]


def use_config(installation: Installation, server: ServerProcess, folder: Path) -> None:
    team = folder / "team.toml"
    team.write_text("[general]\ntimeout = 12.0\n")
    with installation.having(ACME_CONFIG_CONFIG=str(team)):
        shown = installation.claif("config", "show", "--origin")
    (line,) = [line for line in shown.splitlines() if "general.timeout" in line]
    assert "12" in line
    assert "acme-config" in line


def use_command(installation: Installation, server: ServerProcess, folder: Path) -> None:
    with_openai(installation, server)
    assert "acme-command" in installation.claif("--help")
    assert re.fullmatch(r"scripted: \d+\.\d\d s\n", installation.claif("acme-command", "hi", "-p", "scripted"))


def with_openai(installation: Installation, server: ServerProcess, **behaviour: object) -> None:
    """Configure the scripted server as what is asked by default."""
    table = f'[providers.scripted]\ntype = "openai"\nbase_url = "{server.url(**behaviour)}"\nmodel = "m"\n'
    config(installation, f'[general]\ndefault_provider = "scripted"\n{table}')


def config(installation: Installation, text: str) -> None:
    home = Path(installation.environment["CLAIF_HOME"])
    home.mkdir(mode=0o700, exist_ok=True)
    path = home / "config.toml"
    path.write_text(text)
    os.chmod(path, 0o600)
