"""The configuration: all that is wrong with it, whatever else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import claif
from claif.config import Secret
from claif.config.keyfile import store_key
from claif.doctor import configuration

from .conftest import states


def write(home: Path, text: str, mode: int = 0o600) -> None:
    (home / "config.toml").write_text(text)
    (home / "config.toml").chmod(mode)


def test_no_file_is_fine(machine):
    (finding,) = configuration.problems(machine)
    assert (finding.state, "no file yet" in finding.detail) == ("ok", True)


def test_all_problems_are_told_at_once_each_with_its_place(machine, home):
    write(home, '[general]\ntimeuot = 1\nlog_level = "loud"\n[providers.openai]\nallow_http = "perhaps"\n')
    found = list(configuration.problems(machine))
    assert [finding.state for finding in found] == ["fail"] * 3
    for finding, name in zip(
        found, ("general.timeuot", "general.log_level", "providers.openai.allow_http"), strict=True
    ):
        assert name in finding.detail
        assert str(home) in finding.detail
        assert "claif config edit" in finding.remedy


def test_what_is_not_toml_is_one_problem_and_the_project_is_checked_all_the_same(machine, home):
    write(home, "[broken")
    (machine.cwd / ".claif.toml").write_text('[providers.openai]\nbase_url = "https://evil.test"\n')
    found = list(configuration.problems(machine))
    assert [finding.name for finding in found] == ["settings", "project"]
    assert "config.toml" in found[0].detail
    assert "base_url" in found[1].detail


def test_a_project_that_sets_only_what_it_may_is_fine(machine, home):
    (machine.cwd / ".claif.toml").write_text('[general]\noutput = "plain"\n')
    assert states(configuration.problems(machine)) == {"settings": "ok", "project": "ok"}


def test_a_working_directory_that_is_gone_is_told(machine):
    assert states(configuration.problems(machine._replace(cwd=None)))["folder"] == "warn"


def test_references_to_variables_that_are_not_set_are_told_with_the_command(machine, home):
    write(home, '[providers.openai]\napi_key = "${MY_KEY}"\n')
    found = list(configuration.problems(machine))
    assert (found[-1].name, found[-1].state, found[-1].remedy) == (
        "providers.openai.api_key",
        "warn",
        "export MY_KEY=…",
    )


def test_a_key_in_clear_that_others_can_read_is_a_warning_with_the_command_and_without_the_key(machine, home):
    write(home, '[providers.openai]\napi_key = "sk-canary-1234567890"\n', 0o644)
    finding = list(configuration.problems(machine))[-1]
    assert (finding.state, finding.remedy) == ("warn", f"chmod 600 {home / 'config.toml'}")
    assert "canary" not in str(finding)


def test_variables_that_mean_nothing_are_told_with_the_nearest_name(machine):
    environ = {**machine.environ, "CLAIF_HOMEE": "x", "CLAIF_ZZZZZZZZZZZZ": "x", "CLAIF_GENERAL__TIMEOUT": "5"}
    found = list(configuration.variables(machine._replace(environ=environ)))
    assert states(found) == {"CLAIF_HOMEE": "warn", "CLAIF_ZZZZZZZZZZZZ": "warn", "variables": "ok"}
    assert 'did you mean "CLAIF_HOME"' in found[0].detail


def test_every_variable_that_the_code_reads_is_known():
    """Documentation uses CLAIF_ names with two underscores; those are settings."""
    names = set()
    for path in Path(claif.__file__).parent.rglob("*.py"):
        names |= set(re.findall(r"(?<![A-Z_])CLAIF_[A-Z_]*[A-Z]", path.read_text()))
    unknown = {name for name in names if "__" not in name} - configuration.VARIABLES.keys()
    assert not {name for name in unknown - configuration.TEST_VARIABLES if not name.startswith("CLAIF_TEST")}


def test_the_default_provider_is_told_with_the_reason(machine, home):
    write(home, '[general]\ndefault_provider = "mine"\n')
    (finding,) = configuration.default(machine)
    assert (finding.state, finding.detail) == ("ok", "mine, because it is the configured default")


def test_no_default_provider_is_a_failure(machine):
    (finding,) = configuration.default(machine._replace(environ={**machine.environ, "CLAIF_PLUGINS": ""}))
    assert finding.state == "fail"
    assert "claif config set" in finding.remedy


@pytest.mark.parametrize("text", ["[broken", "a = 1"])
def test_with_a_broken_configuration_the_default_is_that_of_an_empty_one(machine, home, text):
    write(home, text)
    (finding,) = configuration.default(machine)
    assert finding.name == "default provider"


KEYS = """
[providers.a]
api_key = {cmd = ["no-such-program", "x"]}
[providers.b]
api_key = {stored = "wrok"}
[providers.c]
api_key = {keyring = "a/b"}
[providers.d]
api_key = {cmd = ["sh", "-c", "touch ran"]}
[providers.e]
api_key = {stored = "work"}
[providers.f]
api_key = "${SOME_KEY}"
[providers.g]
"""


def test_keys_that_are_not_where_they_are_said_to_be_are_told_without_fetching_any(machine, home, monkeypatch):
    write(home, KEYS)
    store_key(home, "work", Secret("sk-canary-1234"))
    monkeypatch.setattr(configuration, "find_spec", lambda name: None)
    monkeypatch.chdir(machine.cwd)
    found = {finding.name: finding for finding in configuration.keys(machine)}
    assert {name: finding.state for name, finding in found.items()} == {
        "providers.a.api_key": "fail",
        "providers.b.api_key": "fail",
        "providers.c.api_key": "fail",
        "keys": "ok",
    }
    assert "no-such-program" in found["providers.a.api_key"].detail
    assert 'did you mean "work"' in found["providers.b.api_key"].detail
    assert "claif[keyring]" in found["providers.c.api_key"].remedy
    assert found["keys"].detail.endswith("d (cmd), e (stored)")
    assert "canary" not in str(found)
    assert list(machine.cwd.iterdir()) == []


def test_with_the_package_a_key_in_the_keyring_is_fine(machine, home, monkeypatch):
    write(home, '[providers.c]\napi_key = {keyring = "a/b"}\n')
    monkeypatch.setattr(configuration, "find_spec", lambda name: name)
    assert states(configuration.keys(machine)) == {"keys": "ok"}


def test_without_a_place_of_a_key_nothing_is_said(machine, home):
    write(home, '[providers.f]\napi_key = "{stored = 5}"\n')
    assert list(configuration.keys(machine)) == []
