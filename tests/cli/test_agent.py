"""`claif agent`: what stays ready from one command to the next, by whole commands."""

from __future__ import annotations

import json
import os
import signal

import pytest
from broker.support import GUARD, end, pid_of_broker
from processes import gone

from claif.testing import FakeCLI
from claif.transport.broker.place import connected, opened

CONFIG = """
[general]
default_provider = "claude"
keep_warm = true
[providers.claude]
path = "{program}"
api_key = "sk-canary-of-the-test"
directory = "{directory}"
"""


@pytest.fixture
def warm(cli, tmp_path):
    """A command line whose agent is kept warm, and the agent."""
    fake = FakeCLI.claude(tmp_path / "bin")
    cli.config(CONFIG.format(program=fake.program, directory=tmp_path))
    yield cli, fake
    end(cli.folder)
    assert all(gone(pid, GUARD) for pid in fake.processes())  # one of a broker that was killed may just be ending


def status(cli):
    return json.loads(cli.run("agent", "status", "--json").stdout)


def test_the_second_command_finds_the_agent_of_the_first_ready(warm):
    cli, _ = warm
    assert status(cli) == {"running": False, "processes": []}
    assert b"No broker runs." in cli.run("agent", "status").stdout
    pids = set()
    for turns, words in enumerate(("one", "two", "three"), 1):
        assert cli.run("-p", "claude", words).stdout.decode().strip() == words
        (row,) = status(cli)["processes"]
        assert (row["provider"], row["state"], row["turns"]) == ("claude", "idle", turns)
        pids.add(row["pid"])
    assert len(pids) == 1
    text = cli.run("agent", "status").stdout.decode()
    assert "PROVIDER" in text
    assert " MB" in text
    providers = {row["name"]: row for row in json.loads(cli.run("providers", "status", "--json").stdout)}
    assert providers["claude"]["warm"] == 1
    assert "WARM" in cli.run("providers", "status").stdout.decode()


def test_it_is_started_and_stopped_by_hand_and_its_log_tells_no_secret(warm):
    cli, _ = warm
    assert b"The broker runs." in cli.run("agent", "start").stdout
    with opened(cli.folder / "home") as place:
        client = connected(place)
    assert client is not None
    with client:  # without a client, one that keeps nothing ends soon
        assert b"keeps nothing" in cli.run("agent", "status").stdout
    assert cli.run("-p", "claude", "prompt-canary").returncode == 0
    log = cli.run("agent", "logs").stdout.decode()
    assert "begins" in log
    assert "canary" not in log
    pid = status(cli)["processes"][0]["pid"]
    assert b"The broker ends." in cli.run("agent", "stop").stdout
    assert gone(pid, GUARD)
    assert b"No broker runs." in cli.run("agent", "stop").stdout


def test_a_broker_that_was_killed_is_replaced_by_the_next_command(warm):
    cli, _ = warm
    assert cli.run("-p", "claude", "one").returncode == 0
    broker = pid_of_broker(cli.folder)
    os.kill(broker, signal.SIGKILL)
    assert gone(broker, GUARD)
    assert cli.run("-p", "claude", "two").stdout.decode().strip() == "two"
