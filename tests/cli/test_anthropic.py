"""Anthropic's API from the command line: asked, with all that a query can have, and failing in its own ways."""

from __future__ import annotations

import json

import pytest

from claif.testing import ServerProcess

HELLO = b"Hello from the scripted server.\n"


@pytest.fixture(scope="module")
def server():
    with ServerProcess() as process:
        yield process


def ask(cli, url, *args, patience=20):
    cli.config(
        "retry.max_attempts = 1\n"
        f'[providers.anthropic]\nbase_url = "{url}"\napi_key = "sk-canary"\n'
        f"idle_timeout = {patience}\nfirst_event_timeout = {patience}\n"
    )
    return cli.run("query", "-p", "anthropic", *args, "Say hello")


def test_it_answers_in_a_stream_and_in_one_piece(cli, server):
    for args in ((), ("--no-stream",)):
        done = ask(cli, server.root_url(), *args)
        assert (done.returncode, done.stdout, done.stderr) == (0, HELLO, b"")


def test_the_reply_as_json_has_the_tokens_and_the_hidden_thought(cli, server):
    done = ask(cli, server.root_url(reasoning="redacted"), "--json")
    reply = json.loads(done.stdout)
    assert (reply["provider"], reply["model"], reply["finish_reason"]) == ("anthropic", "claude-sonnet-5", "stop")
    assert (reply["usage"]["input_tokens"], reply["usage"]["cached_tokens"]) == (6, 1)
    assert reply["messages"][0]["content"][0] == {"type": "redacted_thinking", "data": "c2VjcmV0"}


def test_thoughts_are_shown_apart_from_the_answer(cli, server):
    done = ask(cli, server.root_url(reasoning="yes"), "--thinking")
    assert (done.returncode, done.stdout) == (0, HELLO)
    assert b"Let me think." in done.stderr


def test_attachments_and_options_arrive_in_the_apis_words(cli, server, tmp_path):
    image, report = tmp_path / "a.png", tmp_path / "a.pdf"
    image.write_bytes(b"\x89PNG\r\n\x1a\n")
    report.write_bytes(b"%PDF-1.4")
    options = ("thinking=2048", "cache=1h", "effort=low", "top_k=4", 'stop=["END"]', "max_tokens=5000")
    given = [word for option in options for word in ("-o", option)]
    url = server.root_url(tag="all")
    done = ask(
        cli, url, "-a", str(image), "-a", str(report), "-a", "https://x.example/b.png", "-s", "Be terse.", *given
    )
    assert (done.returncode, done.stdout) == (0, HELLO)
    (request,) = [seen for seen in server.stats()["requests"] if "tag=all" in seen["path"]]
    assert request["headers"]["x-api-key"] == "sk-canary"
    body = json.loads(request["body"])
    mark = {"type": "ephemeral", "ttl": "1h"}
    assert body["system"] == [{"type": "text", "text": "Be terse.", "cache_control": mark}]
    blocks = body["messages"][0]["content"]
    assert [block["type"] for block in blocks] == ["image", "document", "image", "text"]
    assert blocks[2]["source"] == {"type": "url", "url": "https://x.example/b.png"}
    assert blocks[3] == {"type": "text", "text": "Say hello", "cache_control": mark}
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert body["output_config"] == {"effort": "low"}
    assert (body["top_k"], body["stop_sequences"], body["max_tokens"]) == (4, ["END"], 5000)


@pytest.mark.parametrize(
    ("behaviour", "code", "shown"),
    [
        ({"error": 401}, 5, b""),
        ({"error": 404}, 4, b""),
        ({"error": 413}, 2, b""),
        ({"error": 429, "should_retry": "false"}, 8, b""),
        ({"error": 529}, 4, b""),
        ({"error": 529, "body": "html"}, 4, b""),
        ({"error": 400, "message": "prompt is too long: 208310 tokens > 200000 maximum"}, 4, b""),
        ({"stall": "headers"}, 7, b""),
        ({"stall": "stream"}, 7, b"Hello\n"),
        ({"cut": 2}, 6, b"Hello from\n"),
        ({"short": 2}, 6, b"Hello from\n"),
        ({"bad": "json"}, 6, b"Hello\n"),
        ({"fail": "overloaded_error", "after": 2}, 4, b"Hello from\n"),
        ({"fail": "rate_limit_error", "after": 2}, 8, b"Hello from\n"),
    ],
)
def test_a_failure_keeps_what_had_arrived_and_says_what_to_do(cli, server, behaviour, code, shown):
    done = ask(cli, server.root_url(**behaviour), patience=4 if "stall" in behaviour else 20)
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (code, shown), done.stderr
    assert lines[0].startswith("claif: ")
    assert len(lines) == 2, lines
    assert b"sk-canary" not in done.stderr


def test_an_error_inside_the_stream_is_one_object_with_the_partial_answer(cli, server):
    done = ask(cli, server.root_url(fail="overloaded_error", after=2), "--json")
    error = json.loads(done.stdout)
    assert (done.returncode, error["error"], error["code"]) == (4, "ProviderRuntimeError", "overloaded_error")
    assert (error["partial"], error["retryable"]) == ("Hello from", True)


@pytest.mark.parametrize("option", ["thinking=much", "cache=2h", "system=x"])
def test_a_wrong_option_is_refused_before_anybody_is_asked(cli, server, option):
    done = ask(cli, server.root_url(tag=option), "-o", option)
    assert done.returncode == 2
    assert option.partition("=")[0].encode() in done.stderr
    assert not [seen for seen in server.stats()["requests"] if f"tag={option.partition('=')[0]}" in seen["path"]]
