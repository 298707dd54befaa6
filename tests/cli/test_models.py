"""`claif models` from end to end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import trio

from claif.cli import models as command
from claif.cli.models import _all_models
from claif.errors import ProviderRuntimeError, TimeoutError
from claif.models import ModelInfo
from claif.provider import ProviderStatus

from .conftest import HERE, Cli

METADATA = "Metadata-Version: 2.1\nName: claif-shelf\nVersion: 1.0\nRequires-Dist: claif>=2.0.0.dev0,<3\n"
ENTRY_POINTS = """\
[claif.providers]
shelf = shelf_plugin:ShelfProvider
lists = shelf_plugin:ListProvider
plain = shelf_plugin:PlainProvider
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Cli:
    folder = tmp_path / "plugins"
    info = folder / "claif_shelf-1.0.dist-info"
    info.mkdir(parents=True)
    shutil.copy(HERE / "shelf_plugin.py", folder)
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    cli = Cli(tmp_path, folder)
    cli.env["CLAIF_PLUGINS"] = "claif-shelf"
    return cli


def test_models_of_one_provider_are_listed_in_a_table_without_control_characters(shelf):
    done = shelf.run("models", "list", "-p", "lists")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[0].split("  ")[0] == "provider"
    assert lines[1].split() == ["lists", "tiny", "64", "12", "MB", "yes"]
    assert "\x1b" not in lines[2]


def test_models_are_listed_as_json(shelf):
    done = shelf.run("models", "list", "-p", "lists", "--json")
    tiny, evil = json.loads(done.stdout)
    assert tiny == {
        "id": "tiny",
        "provider": "lists",
        "context": 64,
        "size": 12_345_678,
        "installed": True,
        "metadata": {"licence": "MIT"},
    }
    assert evil["id"] == "evil\x1b[2J"


def test_without_a_provider_all_that_list_models_are_asked_and_who_fails_is_named(shelf):
    done = shelf.run("models", "list")
    assert done.returncode == 0
    assert b"tiny" in done.stdout
    assert b"shelf" in done.stderr
    assert b"plain" not in done.stderr


def test_a_provider_that_lists_nothing_says_so(shelf):
    done = shelf.run("models", "list", "-p", "plain")
    assert done.returncode == 0
    assert done.stdout == b""
    assert b"No provider lists any models" in done.stderr
    assert json.loads(shelf.run("models", "list", "-p", "plain", "--json").stdout) == []


def test_pulling_prints_the_path_alone_and_progress_beside_it(shelf):
    path = shelf.folder / "home" / "models" / "tiny.gguf"
    done = shelf.run("models", "path", "-p", "shelf")
    assert done.returncode == 9
    assert b"claif models pull" in done.stderr
    done = shelf.run("models", "pull", "-p", "shelf")
    assert (done.returncode, done.stdout.decode()) == (0, f"{path}\n")
    assert b"Downloading tiny, MIT" in done.stderr
    assert path.read_bytes() == b"from the network"
    assert shelf.run("models", "path", "tiny", "-p", "shelf").stdout.decode() == f"{path}\n"


def test_a_model_can_be_taken_from_a_file(shelf):
    (shelf.folder / "given.gguf").write_bytes(b"from a file")
    done = shelf.run("models", "pull", "tiny", "-p", "shelf", "--from", "given.gguf")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.decode().strip()).read_bytes() == b"from a file"


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["list", "-p", "nobody"], 4, "nobody is not known"),
        (["list", "-p", "-x"], 2, "cannot be the name of a provider"),
        (["pull", "-p", "nobody"], 4, "nobody is not known"),
        (["pull", "huge", "-p", "shelf"], 4, "There is no model huge"),
        (["pull", "-p", "plain"], 4, "not kept on this machine"),
        (["path", "-p", "plain"], 4, "not kept on this machine"),
        (["pull", "a", "b"], 2, "unexpected extra argument"),
    ],
)
def test_what_cannot_be_done_is_told_with_a_hint_and_no_traceback(shelf, args, code, told):
    done = shelf.run("models", *args)
    assert (done.returncode, done.stdout) == (code, b"")
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) >= 2


def test_without_plugins_there_is_nobody_to_ask(shelf):
    done = shelf.run("--no-plugins", "models", "list")
    assert b"No provider lists any models" in done.stderr


def member(name: str, state="ready", capabilities=frozenset({"models"})) -> SimpleNamespace:
    return SimpleNamespace(name=name, status=ProviderStatus(state), capabilities=capabilities)


class StubClient:
    def __init__(self, *members: SimpleNamespace) -> None:
        self.members = members

    def providers(self):
        return self.members

    async def models(self, name: str):
        if name == "slow":
            await trio.sleep_forever()
        if name == "sulky":
            raise ProviderRuntimeError("I do not want to.")
        return [ModelInfo(f"{name}-1", name)]


async def test_only_providers_that_can_tell_are_asked_and_their_order_is_that_of_their_names(capsys):
    members = [member("b"), member("a"), member("c", "no key"), member("d", capabilities=frozenset({"text"}))]
    found = await _all_models(StubClient(*members, member("sulky")))
    assert [info.id for info in found] == ["a-1", "b-1"]
    assert "sulky: I do not want to." in capsys.readouterr().err


@pytest.mark.mock_clock
async def test_a_provider_that_does_not_answer_is_given_up(capsys):
    started = trio.current_time()
    assert [info.id for info in await _all_models(StubClient(member("slow"), member("a")))] == ["a-1"]
    assert trio.current_time() - started == pytest.approx(command.PATIENCE)
    assert "slow: No list of models within 15 s." in capsys.readouterr().err


@pytest.mark.mock_clock
async def test_when_everybody_fails_the_command_fails_too():
    with pytest.raises(TimeoutError):
        await _all_models(StubClient(member("slow")))
