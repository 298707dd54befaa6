"""`claif providers`."""

from __future__ import annotations

import json

CONFIG = """\
[general]
default_provider = "scripted"
[providers.mine]
type = "scripted"
[providers.odd]
type = "nosuch"
"""


def rows(done):
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in json.loads(done.stdout)}


def test_list_names_each_provider_and_what_serves_it(cli):
    found = rows(cli.config(CONFIG).run("providers", "list", "--json"))
    assert found["scripted"] == {
        "name": "scripted",
        "type": "scripted",
        "plugin": "claif-scripted",
        "version": "1.0",
        "default": True,
    }
    assert (found["mine"]["type"], found["mine"]["plugin"]) == ("scripted", "claif-scripted")
    assert found["odd"]["plugin"] == ""


def test_list_loads_none(cli):
    """The module of the provider would say so."""
    (cli.folder / "trap").mkdir()
    done = cli.run("providers", "list", PYTHONPATH=cli.env["PYTHONPATH"], PYTHONVERBOSE="1")
    assert done.returncode == 0
    assert b"import 'scripted_plugin'" not in done.stderr


def test_list_is_a_table_for_people_and_marks_the_default(cli):
    lines = cli.config(CONFIG).run("providers", "list").stdout.decode().splitlines()
    assert lines[0].split() == ["NAME", "TYPE", "PLUGIN", "VERSION"]
    assert any(line.startswith("*  scripted") for line in lines)


def test_status_tells_capabilities_and_states_with_reasons(cli):
    done = cli.config(CONFIG).run("providers", "status", "--json")
    found = rows(done)
    assert found["scripted"]["state"] == "ready"
    assert "streaming" in found["scripted"]["capabilities"]
    assert found["odd"]["state"] == "broken"
    assert "nosuch" in found["odd"]["detail"]
    text = cli.run("providers", "status").stdout.decode()
    assert "odd: " in text
    assert "CAPABILITIES" in text


def test_status_tells_what_confines_agents(cli):
    found = rows(cli.config(CONFIG).run("providers", "status", "--json"))
    assert found["claude"]["sandbox"] in {"bubblewrap", "landlock", "group"}
    assert found["scripted"]["sandbox"] == ""
    assert found["claude"]["warm"] == 0
    assert "SANDBOX" in cli.run("providers", "status").stdout.decode()
    off = rows(cli.config(CONFIG + "[sandbox]\nlevel = 'off'\n").run("providers", "status", "--json"))
    assert off["claude"]["sandbox"] == "environment"


def test_without_plugins_their_providers_are_disabled(cli):
    found = rows(cli.config(CONFIG).run("--no-plugins", "providers", "status", "--json"))
    assert found["scripted"]["state"] == "disabled"
    assert found["scripted"]["hint"] == "Leave out --no-plugins."


def test_a_configuration_that_cannot_be_read_is_an_error(cli):
    done = cli.config("[general\n").run("providers", "list", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["exit_code"] == 3
