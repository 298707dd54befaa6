"""Plugins and providers in a process of their own: what hangs or dies takes only itself with it."""

from __future__ import annotations

import sys

import pytest
from plugin.sites import Site

from claif.doctor import parts
from claif.doctor.machine import Machine
from claif.doctor.parts import Wishes, ask_child
from claif.testing import ServerProcess
from claif.testing.leaks import child_processes

from .conftest import states

PROVIDER = """
from claif.api import Finding, Provider, ProviderStatus

class {name}(Provider):
    capabilities = frozenset({{"text"}})

    @classmethod
    def diagnose(cls, name, settings, home, *, deep=False):
        {diagnose}

    async def query(self, query, emit):
        pass
"""


@pytest.fixture
def site(tmp_path) -> Site:
    return Site(tmp_path / "site")


@pytest.fixture
def machine(machine, site) -> Machine:
    """One whose only plugins are those of the test, with Claif's own modules beside."""
    environ = {**machine.environ, "CLAIF_DISABLE_PLUGINS": "claif-local"}
    return machine._replace(environ=environ, path=(str(site.folder), *[entry for entry in sys.path if entry]))


def ask(machine, **wishes):
    return ask_child(machine, Wishes(**wishes), patience=60)


def provider(site, name, diagnose="return ()", before=""):
    module = f"{name}_provider"
    site.install(
        f"claif-{name}",
        {"claif.providers": {name: f"{module}:Made"}},
        modules={module: before + PROVIDER.format(name="Made", diagnose=diagnose)},
    )


def test_working_plugins_are_fine(machine, site):
    provider(site, "echo")
    site.hooks("claif-hooks", "@hookimpl\ndef claif_query_finished(record):\n    pass\n")
    found = ask(machine)
    assert states(found)["claif-echo 1.0"] == "ok"
    assert states(found)["claif-hooks 1.0"] == "ok"
    assert states(found)["echo"] == "ok"
    assert {finding.group for finding in found} == {"Plugins", "Providers"}


@pytest.mark.parametrize(
    ("enable", "state", "told"), [("trim", "ok", "trim"), ("trim,nosuch", "fail", 'no processor "nosuch"')]
)
def test_processors_are_checked_and_keep_no_provider_from_being_looked_at(machine, site, enable, state, told):
    provider(site, "echo")
    found = ask(machine._replace(environ={**machine.environ, "CLAIF_PROCESSORS__ENABLE": enable}))
    [processors] = [finding for finding in found if finding.name == "processors"]
    assert (processors.group, processors.state) == ("Plugins", state)
    assert told in processors.detail
    assert states(found)["echo"] == "ok"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import os\nos._exit(3)\n", "exit code 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "signal 9"),
    ],
)
def test_a_plugin_that_ends_python_is_named_and_the_others_are_looked_at(machine, site, source, told):
    provider(site, "echo")
    site.install("claif-deadly", {"claif": {"main": "deadly"}}, modules={"deadly": source})
    found = ask(machine)
    finding = next(finding for finding in found if finding.name == "claif-deadly")
    assert (finding.state, finding.group) == ("fail", "Plugins")
    assert told in finding.detail
    assert states(found)["claif-echo 1.0"] == "ok"
    assert states(found)["echo"] == "ok"


def test_a_provider_that_hangs_is_named_and_the_others_are_looked_at(machine, site):
    provider(site, "echo")
    provider(site, "stuck", before="import time\ntime.sleep(600)\n")
    found = ask_child(machine, Wishes(), patience=4)
    finding = next(finding for finding in found if finding.name == "stuck")
    assert (finding.state, finding.group) == ("fail", "Providers")
    assert "4 s" in finding.detail
    assert states(found)["echo"] == "ok"


def test_a_plugin_that_closes_the_output_and_goes_on_is_named(machine, site, monkeypatch):
    monkeypatch.setattr(parts, "_END", 1.0)
    provider(site, "echo")
    provider(site, "mute", before="import os, time\nos.closerange(3, 100)\ntime.sleep(600)\n")
    found = ask(machine)
    finding = next(finding for finding in found if finding.name == "mute")
    assert (finding.state, "has closed its output" in finding.detail) == ("fail", True)
    assert states(found)["echo"] == "ok"


def test_broken_incompatible_and_contested_plugins_are_failures_with_remedies(machine, site):
    site.install("claif-broken", {"claif": {"main": "broken"}}, modules={"broken": "raise SystemExit(1)"})
    site.install("claif-old", {"claif.providers": {"old": "old:Old"}}, requires=("claif<2",))
    provider(site, "twice")
    site.install("claif-twin", {"claif.providers": {"twice": "twice_provider:Made"}})
    found = [finding for finding in ask(machine) if finding.group == "Plugins" and finding.name != "claif-openai"]
    failed = {finding.name.split()[0]: finding for finding in found if finding.state == "fail"}
    assert set(failed) == {"claif-broken", "claif-old", "claif-twice", "claif-twin"}
    assert all(finding.remedy for finding in failed.values())


def test_unknown_hooks_and_slow_imports_are_warnings(machine, site):
    source = "import time\ntime.sleep(0.3)\n@hookimpl\ndef claif_no_such_hook(query):\n    pass\n"
    site.hooks("claif-odd", source)
    (finding,) = [finding for finding in ask(machine) if finding.name.startswith("claif-odd")]
    assert finding.state == "warn"
    assert "claif_no_such_hook" in finding.detail
    assert "ms" in finding.detail


def test_what_plugins_print_is_not_taken_for_findings(machine, site):
    provider(site, "loud", before="import os\nprint('{\"done\": true}')\nos.system('echo noise')\n")
    assert states(ask(machine))["loud"] == "ok"


def test_providers_tell_what_they_found_and_are_asked_for_depth(machine, site):
    provider(site, "echo", diagnose='return [Finding("runtime", "warn", f"deep={deep}", "mend it")]')
    finding = next(finding for finding in ask(machine, deep=True) if finding.name == "echo: runtime")
    assert (finding.state, finding.detail, finding.remedy, finding.group) == (
        "warn",
        "deep=True",
        "mend it",
        "Providers",
    )


def test_a_diagnosis_that_fails_is_a_failure_of_that_provider(machine, site):
    provider(site, "echo", diagnose="raise LookupError('nothing')")
    assert any("LookupError" in finding.detail and finding.state == "fail" for finding in ask(machine))


def test_with_a_broken_configuration_plugins_are_looked_at_all_the_same(machine, site):
    machine.home.mkdir(mode=0o700)
    (machine.home / "config.toml").write_text("[broken")
    provider(site, "echo")
    assert states(ask(machine))["echo"] == "ok"


def test_critical_plugins_that_are_not_there_and_providers_without_a_key_are_failures(machine):
    machine.home.mkdir(mode=0o700)
    (machine.home / "config.toml").write_text(
        '[general]\ndefault_provider = "openai"\n[plugins]\ncritical = ["claif-guard"]\n'
    )
    found = states(ask(machine))
    assert found["claif-guard"] == "fail"
    assert found["openai (default)"] == "fail"


def test_without_plugins_nothing_is_loaded(machine, site):
    provider(site, "echo", before="raise SystemExit\n")
    assert not [finding for finding in ask(machine, no_plugins=True) if finding.state == "fail"]


@pytest.mark.parametrize("environ", [{"CLAIF_PLUGINS": "other"}, {"CLAIF_DISABLE_PLUGINS": "claif-Marked"}])
def test_plugins_that_are_switched_off_are_not_imported(machine, site, tmp_path, environ):
    source = f"open({str(tmp_path / 'mark')!r}, 'w').close()\n"
    site.install("claif-marked", {"claif": {"main": "marked"}}, modules={"marked": source})
    found = ask(machine._replace(environ={**machine.environ, **environ}))
    assert states(found)["claif-marked 1.0"] == "ok"
    assert not (tmp_path / "mark").exists()


def test_a_child_that_cannot_even_start_is_a_finding(machine, tmp_path):
    (finding,) = ask_child(machine._replace(path=(str(tmp_path),)), Wishes(), patience=15)
    assert (finding.name, finding.state) == ("plugins", "fail")


def test_endpoints_are_asked_together_and_what_they_say_is_told(machine, site):
    with ServerProcess() as server:
        urls = {
            "good": server.url(),
            "locked": server.url(error=401),
            "dumb": server.url(stall="headers"),
            "gone": "http://127.0.0.1:1/v1",
            "sick": server.url(error=500),
        }
        tables = [
            f'[providers.{name}]\ntype = "openai"\napi_key = "sk-canary-123456"\nbase_url = "{url}"\n'
            for name, url in urls.items()
        ]
        machine.home.mkdir(mode=0o700)
        (machine.home / "config.toml").write_text("\n".join(tables))
        (machine.home / "config.toml").chmod(0o600)
        found = [finding for finding in ask(machine, network=True) if finding.group == "Endpoints"]
    assert states(found) == {"good": "ok", "locked": "fail", "dumb": "fail", "gone": "fail", "sick": "warn"}
    by_name = {finding.name: finding for finding in found}
    assert "2 models" in by_name["good"].detail
    assert "refuses the key" in by_name["locked"].detail
    assert "within 5 s" in by_name["dumb"].detail
    assert "refused" in by_name["gone"].detail
    assert all(finding.remedy for finding in found if finding.state == "fail")
    assert "canary" not in str(found)


def test_without_being_wished_nothing_is_connected_to(machine):
    with ServerProcess() as server:
        machine.home.mkdir(mode=0o700)
        (machine.home / "config.toml").write_text(
            f'[providers.x]\ntype = "openai"\napi_key = "key"\nbase_url = "{server.url()}"\n'
        )
        assert not [finding for finding in ask(machine) if finding.group == "Endpoints"]
        assert server.stats()["requests"] == [] or not server.stats()["requests"]


def test_no_child_is_left_behind(machine, site):
    """The leak check of the test kit looks for child processes too; this one says which kind is meant."""
    site.install(
        "claif-threads",
        {"claif": {"main": "threads"}},
        modules={"threads": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"},
    )
    before = child_processes()
    assert ask(machine)
    assert child_processes() == before
