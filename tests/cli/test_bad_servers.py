"""Whatever a server does, the user gets what had arrived, one line, a hint and an exit code; never a traceback."""

from __future__ import annotations

import pytest
from transport.support import refusing

from claif.testing import ServerProcess


@pytest.fixture(scope="module")
def server():
    with ServerProcess() as process:
        yield process


def ask(cli, url, *args, patience=20):
    """Whom to wait for so many seconds; where the end of the waiting is the point, fewer will do."""
    cli.config(
        "retry.max_attempts = 1\n"
        "[providers.x]\n"
        'type = "openai"\n'
        'api_key = "key"\n'
        f'base_url = "{url}"\n'
        f"first_event_timeout = {patience}\n"
        f"idle_timeout = {patience}\n"
        f"connect_timeout = {patience}\n"
    )
    return cli.run("-p", "x", *args, "hi")


def check(done, code, shown=b""):
    """One line, perhaps with a hint below."""
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (code, shown), done.stderr
    assert lines[0].startswith("claif: ")
    assert len(lines) == 2, lines
    assert lines[1].startswith("  ")


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ({"error": 401}, 5),
        ({"error": 403}, 5),
        ({"error": 404}, 4),
        ({"error": 404, "code": "model_not_found"}, 4),
        ({"error": 429, "retry_after": "3600"}, 8),
        ({"error": 500}, 4),
        ({"error": 503, "body": "html"}, 4),
        ({"error": 400, "body": "empty"}, 4),
        ({"drop": True}, 6),
        ({"stall": "headers"}, 7),
        ({"redirect": 9}, 6),
    ],
)
def test_an_answer_that_does_not_begin(cli, server, behaviour, code):
    check(ask(cli, server.url(**behaviour), patience=2 if "stall" in behaviour else 20), code)


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ({"cut": 3}, 6),
        ({"bad": "json", "after": 3}, 6),
        ({"bad": "line", "after": 3}, 6),
        ({"bad": "list", "after": 3}, 6),
        ({"stall": "stream", "after": 3}, 7),
        ({"fail": "server_error", "after": 3}, 4),
    ],
)
def test_an_answer_that_breaks_off_is_shown_as_far_as_it_came(cli, server, behaviour, code):
    url = server.url(text="one two three four five six", **behaviour)
    done = ask(cli, url, patience=4 if "stall" in behaviour else 20)
    assert done.stdout.startswith(b"one ")
    check(done, code, done.stdout)


def test_an_endpoint_that_is_down(cli):
    with refusing() as port:
        check(ask(cli, f"http://127.0.0.1:{port}/v1"), 6)


def test_an_endpoint_that_speaks_no_tls(cli, server):
    check(ask(cli, server.url().replace("http://", "https://")), 6)


def test_an_endpoint_without_tls_elsewhere_is_refused_unless_it_is_allowed(cli):
    check(ask(cli, "http://192.0.2.1/v1"), 3)


def test_a_key_that_is_missing(cli):
    done = cli.run("-p", "openai", "hi")
    check(done, 3)
    assert b"OPENAI_API_KEY" in done.stderr
