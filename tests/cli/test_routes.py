"""`claif routes`, several names after -p, and `--explain`."""

from __future__ import annotations

import json

import pytest

CONFIG = """\
[providers.mine]
type = "scripted"
[providers.odd]
type = "nosuch"
[aliases]
fast = "mine/small"
[routes.safe]
members = ["odd", { provider = "mine", weight = 2 }]
deadline = 60
hedge_after = "p95"
"""


def test_list_tells_routes_and_aliases(cli):
    done = cli.config(CONFIG).run("routes", "list", "--json")
    assert json.loads(done.stdout) == [
        {
            "name": "safe",
            "kind": "route",
            "members": ["odd", "mine"],
            "strategy": "priority",
            "deadline": 60.0,
            "hedge_after": "p95",
        },
        {
            "name": "fast",
            "kind": "alias",
            "members": ["mine/small"],
            "strategy": None,
            "deadline": None,
            "hedge_after": None,
        },
    ]
    lines = cli.run("routes", "list").stdout.decode().splitlines()
    assert lines[0].split() == ["NAME", "MEMBERS", "STRATEGY", "DEADLINE", "HEDGE", "AFTER"]
    assert lines[1].split() == ["safe", "odd,", "mine", "priority", "60", "s", "p95"]


def test_list_says_so_if_there_is_none(cli):
    done = cli.run("routes", "list")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"claif routes --help" in done.stderr
    assert json.loads(cli.run("routes", "list", "--json").stdout) == []


def test_test_asks_each_member(cli):
    done = cli.config(CONFIG).run("routes", "test", "mine,scripted", "--json")
    rows = json.loads(done.stdout)
    assert [(row["member"], row["state"]) for row in rows] == [("mine", "ok"), ("scripted", "ok")]
    assert done.returncode == 0


def test_test_asks_a_member_itself_though_a_route_has_its_name(cli):
    config = '[routes.scripted]\nmembers = ["scripted", "mine"]\n[providers.mine]\ntype = "scripted"\n'
    done = cli.config(config).run("routes", "test", "scripted", "--json", "--timeout", "9")
    assert [(row["member"], row["state"]) for row in json.loads(done.stdout)] == [("scripted", "ok"), ("mine", "ok")]
    reply = cli.run("query", "-p", "scripted/", "--json", "hi")
    assert len(json.loads(reply.stdout)["attempts"]) == 1


def test_test_of_a_name_that_nobody_has(cli):
    done = cli.config(CONFIG).run("routes", "test", "nobody,mine")
    assert done.returncode == 4
    assert b"The provider nobody is not known" in done.stderr


def test_several_are_asked_in_turn_and_explained(cli):
    config = CONFIG + '[providers.down]\ntype = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n'
    done = cli.config(config).run("query", "-p", "down, mine", "--explain", "hi")
    assert done.returncode == 0, done.stderr
    told = done.stderr.decode()
    assert "down did not answer (ConnectionError); mine is asked instead." in told
    assert "Asked of down, mine, because it was asked for." in told
    assert "1. down/m: ConnectionError after" in told
    assert "2. mine" in told
    reply = json.loads(cli.run("query", "-p", "down,mine", "--json", "hi").stdout)
    assert [(one["provider"], one["error"]) for one in reply["attempts"]] == [
        ("down", "ConnectionError"),
        ("mine", None),
    ]


def test_what_failed_is_explained_too(cli):
    config = (
        '[providers.down]\ntype = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n[retry]\nbase = 0.01\n'
    )
    done = cli.config(config).run("query", "-p", "down", "--explain", "hi")
    assert done.returncode == 6
    assert done.stderr.decode().count("down/m: ConnectionError after") == 3


def test_events_do_not_keep_from_being_explained(cli):
    done = cli.config(CONFIG).run("query", "-p", "mine", "--explain", "--events", "hi")
    assert b"Asked of mine, because it was asked for." in done.stderr
    assert cli.run("query", "-p", "mine", "--explain", "-f", "x.md", "hi").returncode == 2


@pytest.mark.parametrize("name", ["mine,", ",", "mine,--yolo", "-x,mine"])
def test_what_is_no_list_of_names_is_refused(cli, name):
    done = cli.config(CONFIG).run("query", f"--provider={name}", "hi")
    assert done.returncode == 2
    assert b"cannot be the name of a provider" in done.stderr
