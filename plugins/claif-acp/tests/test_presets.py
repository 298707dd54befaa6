"""Which agent is meant, how it is started, and that no secret is an argument or in a file."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from claif_acp.own_files import KEPT, MOST, put_instructions
from claif_acp.preset import Launch
from claif_acp.presets import PRESETS, find_preset
from claif_acp.provider import AcpProvider, OpenCodeProvider
from claif_acp.settings import AcpSettings

from claif import Client
from claif.config import ConfigLoader, Secret
from claif.errors import InvalidConfigError, InvalidQueryError, ProviderNotFoundError
from claif.install.catalog import PROGRAMS
from claif.models import Query
from claif.testing import FakeCLI

KEY = "sk-canary"


def launch(folder: Path, **more: object) -> Launch:
    return Launch(folder=folder, files=folder, **more)  # type: ignore[arg-type] # tests give what fits


@pytest.mark.parametrize("name", [name for name, preset in PRESETS.items() if preset.takes_key])
def test_a_key_is_only_in_a_variable_that_hides_it(name: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    asked = launch(tmp_path, key=Secret(KEY), url="http://h/v1", model="m", system="terse", turns=None)
    setup = PRESETS[name].setup(asked)
    assert KEY not in repr(setup)
    held = [name for name, value in setup.environment.items() if isinstance(value, Secret) and value.reveal() == KEY]
    assert len(held) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY in path.read_text()]
    assert str(tmp_path) in {setup.environment.get("HOME"), setup.environment.get("GEMINI_CLI_HOME")}


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_program_and_says_how_to_log_in(name: str) -> None:
    preset = PRESETS[name]
    assert preset.program
    assert preset.login
    assert find_preset("any", name, command=False) is preset
    assert find_preset(name, None, command=False) is preset


def test_settings_without_an_agent_are_wrong() -> None:
    with pytest.raises(InvalidConfigError, match="no agent"):
        find_preset("mine", None, command=False)
    with pytest.raises(InvalidConfigError, match="no preset") as caught:
        find_preset("mine", "opencod", command=False)
    assert "opencode" in (caught.value.hint or "")
    assert find_preset("mine", None, command=True).title == "mine"


def test_gemini_is_quiet_and_trusts_no_project_unless_it_must(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    key = Secret(KEY)
    plain, served = (PRESETS["gemini"].setup(launch(tmp_path, key=key, servers=servers)) for servers in (False, True))
    assert "GEMINI_CLI_TRUST_WORKSPACE" not in plain.environment
    assert served.environment["GEMINI_CLI_TRUST_WORKSPACE"] == "true"
    settings = json.loads((tmp_path / ".gemini" / "settings.json").read_text())
    assert settings["general"]["maxAttempts"] == 3
    assert settings["telemetry"] == {"enabled": False}
    assert settings["security"]["folderTrust"] == {"enabled": True}


def test_qwen_trusts_no_project_wherever_its_settings_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    PRESETS["qwen"].setup(launch(tmp_path, key=Secret(KEY)))
    own = json.loads((tmp_path / ".qwen" / "settings.json").read_text())
    users = PRESETS["qwen"].setup(launch(tmp_path))
    over = json.loads(Path(str(users.environment["QWEN_CODE_SYSTEM_SETTINGS_PATH"])).read_text())
    assert own["security"]["folderTrust"] == over["security"]["folderTrust"] == {"enabled": True}
    assert "HOME" not in users.environment


def test_geminis_turns_are_limited_by_its_own_settings_and_not_by_the_users(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    setup = PRESETS["gemini"].setup(launch(tmp_path, key=Secret(KEY), turns=2))
    assert setup.environment["GEMINI_CLI_HOME"] == str(tmp_path)
    assert json.loads((tmp_path / ".gemini" / "settings.json").read_text())["model"] == {"maxSessionTurns": 2}
    with pytest.raises(InvalidQueryError, match="turns"):
        PRESETS["gemini"].setup(launch(tmp_path, turns=2))


def test_instructions_are_kept_while_they_may_be_in_use_and_then_for_the_latest_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    paths = [put_instructions(tmp_path, f"text {number}") for number in range(MOST + 5)]
    assert all(path.exists() for path in paths)
    assert paths[-1].read_text() == f"text {MOST + 4}"
    assert paths[-1].stat().st_mode & 0o777 == 0o600
    now = time.time()
    for number, path in enumerate(paths):
        os.utime(path, (now, now - KEPT - 60 - number))
    put_instructions(tmp_path, f"text {MOST + 4}")  # asked for again, so that it is the latest
    assert [path for path in paths if path.exists()] == [*paths[: MOST - 1], paths[-1]]


def test_its_state_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert AcpProvider.status("acp", AcpSettings()).detail == "it names no agent"
    assert AcpProvider.status("goose", AcpSettings()).state == "not installed"
    assert AcpProvider.status("x", AcpSettings(preset="nothing")).state == "broken"
    program = tmp_path / "opencode"
    program.write_text("")
    program.chmod(0o755)
    assert OpenCodeProvider.status("opencode", AcpSettings()).state == "no key"
    assert OpenCodeProvider.status("opencode", AcpSettings(api_key=KEY)).state == "ready"
    login = tmp_path / ".local" / "share" / "opencode"
    login.mkdir(parents=True)
    (login / "auth.json").write_text("{}")
    assert OpenCodeProvider.status("opencode", AcpSettings()).state == "ready"
    assert AcpProvider.status("mine", AcpSettings(command=(str(program),))).state == "ready"


async def test_a_preset_is_asked_by_its_type_without_any_configuration(tmp_path: Path) -> None:
    async with Client(ConfigLoader.from_mapping({}, home=tmp_path)) as client:
        provider = client.provider("acp:kimi")
        assert provider.preset.program == "kimi"
        assert provider.agent_home(None) == tmp_path / "agents" / "acp-kimi"
        with pytest.raises(InvalidConfigError, match="no preset"):
            client.provider("acp:nothing")
        with pytest.raises(InvalidConfigError):
            client.provider("acp:../up")
        with pytest.raises(ProviderNotFoundError, match="type nothing of nothing:kimi"):
            client.provider("nothing:kimi")


@pytest.mark.parametrize(
    ("name", "option"), [("gemini", "--include-directories="), ("qwen", "--include-directories="), ("acp", "")]
)
async def test_further_folders_are_named_to_agents_that_take_them(name: str, option: str, tmp_path: Path) -> None:
    fake = FakeCLI.acp(tmp_path)
    table = {"path": str(fake.program)} if name != "acp" else {"command": [str(fake.program)]}
    folders = [tmp_path / "two words", tmp_path / "a,b"]
    for folder in folders:
        folder.mkdir()
    config = {"providers": {name: {**table, "directory": str(tmp_path), "api_key": "sk-x"} if option else table}}
    async with Client(ConfigLoader.from_mapping(config, home=tmp_path / "home")) as client:
        provider = client.provider(name)
        assert isinstance(provider, AcpProvider)
        job = provider.job(Query("hi", directory=str(tmp_path), add_dirs=folders))
    assert job.policy.more == tuple(folders)
    given = [word for word in job.command.arguments if "two words" in word or "a,b" in word]
    assert given == ([f"{option}{folders[0]}"] if option else [])


def test_only_what_claif_installs_is_said_to_be_installable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path / "home"))
    assert {name for name, preset in PRESETS.items() if preset.installable} == set(PROGRAMS) & set(PRESETS)
    for name, preset in PRESETS.items():
        status = AcpProvider.status(name, AcpSettings(preset=name))
        assert status.state == "not installed"
        assert (f"claif install {preset.program}" in status.hint) == preset.installable


def test_the_doctor_tells_the_version_of_the_agent_that_is_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = FakeCLI.acp(tmp_path / "bin", agent="qwen")
    monkeypatch.setenv("PATH", f"{fake.program.parent}:/usr/bin:/bin")
    (by_preset,) = AcpProvider.diagnose("mine", AcpSettings(preset="qwen"), tmp_path / "home")
    (by_command,) = AcpProvider.diagnose("mine", AcpSettings(command=[str(fake.program)]), tmp_path / "home")
    assert by_preset.detail == by_command.detail == f"version 0.15.10, {fake.program}"
