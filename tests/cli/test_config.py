"""`claif config` shows, finds and changes settings."""

from __future__ import annotations

import json
import os
import stat
import tomllib

import pytest

USER = """\
# Mine.
[general]
timeout = 30  # seconds

[providers.openai]
api_key = "${OPENAI_API_KEY}"
"""


def out(done) -> str:
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def err(done, code=3) -> str:
    assert done.returncode == code, done.stderr.decode()
    assert done.stdout == b""
    text = done.stderr.decode()
    assert "Traceback" not in text
    return text


def user_file(cli):
    return cli.folder / "home" / "config.toml"


def test_show_is_a_table_for_people(cli):
    lines = out(cli.config(USER).run("config", "show")).splitlines()
    assert lines[0].split() == ["SETTING", "VALUE"]
    assert "general.timeout           30" in lines
    assert "providers.openai.api_key  ${OPENAI_API_KEY} (not set)" in lines


def test_show_tells_where_each_value_came_from(cli):
    (cli.folder / ".claif.toml").write_text('general.output = "json"')
    text = out(cli.config(USER).run("config", "show", "--origin", CLAIF_LOG_LEVEL="debug"))
    rows = {line.split()[0]: line for line in text.splitlines()}
    assert f"user ({user_file(cli)})" in rows["general.timeout"]
    assert "environment (CLAIF_LOG_LEVEL)" in rows["general.log_level"]
    assert f"project ({cli.folder / '.claif.toml'})" in rows["general.output"]
    assert rows["plugins.disable"].endswith("default")


def test_show_is_json_for_programs(cli):
    cli.config(USER)
    data = json.loads(out(cli.run("config", "show", "--json", OPENAI_API_KEY="sk-canary")))
    assert data["general"]["timeout"] == 30
    assert data["providers"]["openai"]["api_key"] == "${OPENAI_API_KEY}"
    data = json.loads(out(cli.run("config", "show", "--origin", "--json")))
    assert data["general.timeout"] == {"value": 30, "origin": "user", "where": str(user_file(cli))}


def test_show_says_what_the_user_should_know_on_stderr(cli):
    cli.config('[providers.a]\napi_key = "sk-canary"')
    user_file(cli).chmod(0o644)
    done = cli.run("config", "show")
    assert f"chmod 600 {user_file(cli)}" in done.stderr.decode()
    assert b"chmod" not in done.stdout
    assert b"canary" not in done.stdout + done.stderr


def test_a_wrong_configuration_is_told_completely(cli):
    text = err(cli.config("[general]\ntimeot = 1\n[providers.a]\nmodel = 5\n").run("config", "show"))
    assert "2 problems" in text
    assert 'general.timeot: there is no such setting; did you mean "timeout"?' in text
    assert "providers.a.model: must be text" in text


def test_get_prints_one_value_or_a_table(cli):
    cli.config(USER)
    assert out(cli.run("config", "get", "general.timeout")) == "30\n"
    assert out(cli.run("config", "get", "general.timeout", "--json")) == "30.0\n"
    assert out(cli.run("config", "get", "project.allow")) == "general.output, providers.*.options.temperature\n"
    assert json.loads(out(cli.run("config", "get", "general")))["timeout"] == 30


def test_get_of_what_is_not_set_suggests_the_nearest_name(cli):
    text = err(cli.config(USER).run("config", "get", "general.timeot"))
    assert 'general.timeot is not set; did you mean "timeout"?' in text


def test_set_changes_one_line_and_keeps_the_comments(cli):
    cli.config(USER)
    out(cli.run("config", "set", "general.timeout", "60"))
    assert user_file(cli).read_text() == USER.replace("timeout = 30", "timeout = 60")


def test_set_creates_a_private_file(cli):
    out(cli.run("config", "set", "providers.openai.model", "gpt-5"))
    assert tomllib.loads(user_file(cli).read_text()) == {"providers": {"openai": {"model": "gpt-5"}}}
    assert stat.S_IMODE(user_file(cli).stat().st_mode) == 0o600
    assert stat.S_IMODE(user_file(cli).parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("general.timeout", "-5", "must be a number of seconds greater than 0"),
        ("general.timeout", "soon", "must be a number"),
        ("general.timeot", "5", 'did you mean "timeout"'),
        ("providers.a.modle.x", "5", None),
        ("providers.openai.base_url", "https://${X}", "may not stand in an address"),
        ("not a name", "5", "not the name of a setting"),
        ("general", "5", "is a table"),
    ],
)
def test_set_checks_the_whole_file_before_it_writes(cli, key, value, what):
    cli.config(USER)
    done = cli.run("config", "set", key, value)
    if what is None:  # settings that only a plugin knows are checked when it is used
        assert done.returncode == 0
        return
    assert what in err(done)
    assert user_file(cli).read_text() == USER


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("providers.scripted.modle", "x", 'did you mean "model"'),
        ("providers.mine.threads", "4", "there is no such setting"),
        ("providers.mine.model", "x", None),
        ("processors.enable", "trim,nosuch", 'there is no processor "nosuch"'),
        ("processors.enable", "trim", None),
        ("processors.save-code.folder", "x", "there is no such setting"),
        ("processors.save-code.directory", "x", None),
        ("processors.redact-pii.kinds", "email", "must be a list"),
        ("processors.redact-pii.kinds", '["email"]', None),
    ],
)
def test_set_asks_those_whose_setting_it_is(cli, key, value, what):
    mine = '[providers.mine]\ntype = "scripted"\n'
    done = cli.config(mine).run("config", "set", key, value)
    if what is None:
        assert done.returncode == 0, done.stderr
    else:
        assert what in err(done)
        assert user_file(cli).read_text() == mine
        assert cli.run("--no-plugins", "config", "set", key, value).returncode == 0
        # What is wrong already does not keep the rest from being set.
        assert cli.run("config", "set", "providers.mine.model", "m").returncode == 0


def test_set_does_not_mind_what_is_not_there_yet(cli):
    """Keys and variables may come later, and so may the plugin."""
    for key, value in [
        ("providers.openai.api_key", "${NOT_SET_YET}"),
        ("providers.openai.model", "m"),
        ("providers.openai.extra", "x"),
        ("providers.absent.anything", "1"),
    ]:
        done = cli.run("config", "set", key, value)
        assert done.returncode == 0, done.stderr


def test_setting_a_key_in_clear_is_advised_against_and_a_reference_is_not(cli):
    done = cli.run("config", "set", "providers.openai.api_key", "sk-canary")
    assert "'${OPENAI_API_KEY}'" in done.stderr.decode()
    assert "canary" not in done.stderr.decode()
    done = cli.run("config", "set", "providers.openai.api_key", "${OPENAI_API_KEY}")
    assert (done.returncode, done.stderr) == (0, b"")
    assert 'api_key = "${OPENAI_API_KEY}"' in user_file(cli).read_text()


def test_a_dash_reads_the_value_from_stdin(cli):
    done = cli.run("config", "set", "providers.openai.api_key", "-", stdin=b"sk-canary\n")
    assert done.returncode == 0
    assert 'api_key = "sk-canary"' in user_file(cli).read_text()
    assert b"canary" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("stdin", "what", "code"), [(b"\xff", "not UTF-8", 2), (b"x" * 70_000, "more than", 2), (b"x\ny", "control", 3)]
)
def test_a_value_from_stdin_that_is_no_value_is_refused(cli, stdin, what, code):
    assert what in err(cli.run("config", "set", "providers.a.base_url", "-", stdin=stdin), code)


def test_unset_removes_a_value_or_a_table(cli):
    cli.config(USER)
    out(cli.run("config", "unset", "general.timeout"))
    assert user_file(cli).read_text() == USER.replace("timeout = 30  # seconds\n", "")
    out(cli.run("config", "unset", "providers.openai"))
    assert "openai" not in user_file(cli).read_text()
    assert "is not in" in err(cli.run("config", "unset", "providers.openai"))


def test_unset_mends_a_file_that_nothing_else_can_be_done_with(cli):
    cli.config("[general]\ntimeot = 5\n")
    out(cli.run("config", "unset", "general.timeot"))
    out(cli.run("config", "show"))


def test_path_tells_where_the_file_is_even_if_it_is_not_or_is_broken(cli):
    assert out(cli.run("config", "path")) == f"{user_file(cli)}\n"
    assert not user_file(cli).exists()
    assert out(cli.config("[broken").run("config", "path")) == f"{user_file(cli)}\n"


@pytest.mark.parametrize("command", ["show", "get", "set", "unset", "path"])
def test_every_help_teaches_with_an_example(cli, command):
    text = out(cli.run("config", command, "--help"))
    assert "Example" in text
    assert "claif config" in text.partition("Example")[2]


def test_values_cannot_drive_the_terminal(cli):
    cli.config('[providers.a.options]\nx = "\\u001b]0;pwned\\u0007\\u202e"\n"\\u001b[2J" = 1\n')
    for args in (["show"], ["show", "--json"], ["get", "providers.a.options.x"], ["get", "providers"]):
        assert b"\x1b" not in cli.run("config", *args).stdout


def test_a_plugins_source_is_shown_with_its_name(cli, tmp_path):
    folder = tmp_path / "more"
    info = folder / "claif_remote-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: claif-remote\nVersion: 1.0\nRequires-Dist: claif>=2.0.0.dev0,<3\n"
    )
    (info / "entry_points.txt").write_text("[claif]\nremote = claif_remote_hooks\n")
    (folder / "claif_remote_hooks.py").write_text(
        "from claif.api import ConfigSource, hookimpl\n"
        "async def load():\n    return {'general': {'timeout': 7}}\n"
        "def fail():\n    raise OSError('no network')\n"
        "@hookimpl\ndef claif_config_sources(register):\n"
        "    register(ConfigSource('remote', load))\n    register(ConfigSource('other', fail))\n"
    )
    path = os.pathsep.join([cli.env["PYTHONPATH"], str(folder)])
    done = cli.run("config", "show", "--origin", PYTHONPATH=path)
    assert "plugin (remote)" in out(done)
    assert "other" in done.stderr.decode()
    assert "no network" in done.stderr.decode()
    assert "plugin (remote)" not in out(cli.run("--no-plugins", "config", "show", "--origin", PYTHONPATH=path))
