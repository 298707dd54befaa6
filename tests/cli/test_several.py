"""`claif parallel`, `claif race` and `claif random` from end to end, with several endpoints of one scripted server."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator

import pytest

from claif.testing import ServerProcess

from .terminal import OWN

HOSTILE = "\x1b]0;owned\x07\x1b[2Jevil\u202etxet\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess() as running:
        yield running


@pytest.fixture
def ask(cli, server):
    """Configures endpoints by name; the keyword arguments are their behaviours, or the script of one without."""

    def table(name: str, behaviour: dict[str, object] | list[object]) -> str:
        if isinstance(behaviour, list):
            cli.script(*behaviour)
            return f'[providers.{name}]\ntype = "scripted"\nmodel = "scripted-1"\n'
        return (
            f'[providers.{name}]\ntype = "openai"\nbase_url = "{server.url(tag=name, **behaviour)}"\n'
            'allow_http = true\napi_key = "sk-dummy"\nmodel = "scripted-1"\n'
        )

    def configure(**endpoints: dict[str, object] | list[object]):
        return cli.config("".join([table(name, behaviour) for name, behaviour in endpoints.items()]))

    return configure


GOOD = {"text": "It is *blue*.\n\nVery blue."}
SLOW = {"text": "It is *blue*.\n\nRather red.", "first": 0.5}
LIMITED = {"error": 429, "message": "Slow down please."}
NEVER = {"stall": "headers"}


def test_each_answer_stands_under_its_name_as_it_completes(ask, cli):
    ask(a=[cli.until_go, "It is *blue*.\n\nRather red."], b=GOOD)
    with cli.start("parallel", "Why?", "-p", "a", "-p", "b") as child:
        begin = b"".join([child.stdout.readline() for _ in range(4)])
        cli.go()
        text, errors = (begin + child.stdout.read()).decode(), child.stderr.read()
    assert child.returncode == 0, errors
    assert re.findall(r"^== (\w) · scripted-1 · .* s ==$", text, re.MULTILINE) == ["b", "a"]
    assert "It is *blue*.\n\nVery blue.\n\n== a" in text
    assert errors == b""


def test_the_exit_code_is_that_of_the_first_failure_in_the_order_given(ask):
    done = ask(a=GOOD, b=LIMITED, c={"error": 401}).run("parallel", "Why?", "-p", "c", "-p", "a", "-p", "b")
    assert done.returncode == 5
    assert b"== a" in done.stdout
    assert b"claif: b answered 429" in done.stderr
    assert b"claif: c answered 401" in done.stderr


def test_a_table_compares_what_each_took(ask):
    done = ask(a=GOOD, b=LIMITED).run("parallel", "Why?", "-p", "b", "-p", "a", "--compare")
    head, *rows = done.stdout.decode().rstrip().splitlines()[-3:]
    assert head.split() == ["provider", "model", "first", "total", "in", "out", "cost", "status"]
    assert re.fullmatch(r"b +- +- +\d\.\d\d s +- +- +- +RateLimitError", rows[0])
    assert re.fullmatch(r"a +scripted-1 +\d\.\d\d s +\d\.\d\d s +1 +5 +- +answered", rows[1])


def test_a_diff_shows_how_each_differs_from_the_first_that_answered(ask):
    done = ask(a=LIMITED, b=GOOD, c=SLOW, d=GOOD).run(
        "parallel", "Why?", "--diff", "-p", "a", "-p", "b", "-p", "c", "-p", "d"
    )
    text = done.stdout.decode()
    assert "== a ==\nfailed: a answered 429" in text
    assert "It is *blue*.\n\nVery blue.\n" in text
    assert "--- b\n+++ c\n@@ -1,3 +1,3 @@\n It is *blue*.\n \n-Very blue.\n+Rather red.\n" in text
    assert text.rstrip().endswith("the same answer")
    assert done.returncode == 8


def test_json_is_one_document_with_replies_and_failures_in_the_order_given(ask):
    done = ask(a=SLOW, b=GOOD, c=LIMITED).run("parallel", "Why?", "--json", "--diff", "-p", "c", "-p", "a", "-p", "b")
    data = json.loads(done.stdout)
    assert data["type"] == "replies"
    assert [one["provider"] for one in data["answers"]] == ["c", "a", "b"]
    limited, slow, good = data["answers"]
    assert limited["error"]["error"] == "RateLimitError"
    assert "reply" not in limited
    assert (slow["reply"]["text"], good["reply"]["text"]) == (SLOW["text"], GOOD["text"])
    assert good["reply"]["usage"]["output_tokens"] == 5
    assert slow["seconds"] >= 0.5
    assert "diff" not in slow
    assert "+Very blue." in good["diff"]
    assert done.returncode == 8


def test_standard_input_and_options_reach_all(ask, server):
    cli = ask(in1=GOOD, in2=GOOD)
    done = cli.run("parallel", "Why?", "-s", "be terse", "-t", "0.5", "-p", "in1", "-p", "in2", stdin=b"a file")
    assert done.returncode == 0, done.stderr
    bodies = [
        json.loads(one["body"])
        for one in server.stats()["requests"]
        if "tag=in1" in one["path"] or "tag=in2" in one["path"]
    ]
    assert len(bodies) == 2
    for body in bodies:
        assert body["temperature"] == 0.5
        assert [message["content"] for message in body["messages"]] == ["be terse", "a file\n\nWhy?"]


def test_without_names_all_are_asked_that_are_ready_and_no_agents(ask):
    done = ask(a=GOOD).run("parallel", "Why?", "--json")
    names = [one["provider"] for one in json.loads(done.stdout)["answers"]]
    assert {"a", "scripted"} <= set(names)
    assert "agent" not in names


@pytest.mark.parametrize(
    ("args", "says"),
    [
        *((["-p", "a", "-p", "a", "hi"], "given twice"), (["-p", "a"], "prompt is empty")),
        (["-p", "--x", "hi"], "cannot be the name"),
    ],
)
def test_what_cannot_be_meant_is_refused(ask, args, says):
    done = ask(a=GOOD).run("parallel", *args)
    assert done.returncode == 2
    assert says in done.stderr.decode()


def test_ctrl_c_ends_all(ask):
    child = ask(a=GOOD, b=NEVER).start("parallel", "Why?", "-p", "a", "-p", "b")
    lines = [child.stdout.readline() for _ in range(4)]
    assert lines[0].startswith(b"== a")
    assert lines[3] == b"Very blue.\n"
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=20)
    assert child.returncode == 130
    assert b"Traceback" not in err


def test_the_first_answer_of_a_race_is_printed_as_a_query_prints_it(ask):
    cli = ask(a=NEVER, b=LIMITED, c=GOOD)
    done = cli.run("race", "Why?", "-p", "a", "-p", "b", "-p", "c")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, GOOD["text"] + "\n", b"")
    reply = json.loads(cli.run("race", "Why?", "--json", "-p", "a", "-p", "b", "-p", "c").stdout)
    assert (reply["provider"], reply["text"]) == ("c", GOOD["text"])


def test_a_race_that_nobody_wins_names_each_failure(ask):
    done = ask(a={"error": 401}, b=LIMITED).run("race", "Why?", "--json", "-p", "a", "-p", "b")
    data = json.loads(done.stdout)
    assert (done.returncode, data["error"]) == (4, "AllFailedError")
    assert [data["errors"][name]["error"] for name in "ab"] == ["AuthenticationError", "RateLimitError"]


def test_one_of_those_that_are_named_is_asked_at_random(ask):
    cli = ask(a=GOOD, b=GOOD)
    reply = json.loads(cli.run("random", "Why?", "--json", "-p", "a", "-p", "b").stdout)
    assert reply["provider"] in {"a", "b"}
    assert reply["text"] == GOOD["text"]


# On a terminal.


def shown(cli, *args: str, columns: int = 80, rows: int = 40) -> tuple[str, int]:
    """What is on the terminal at the end, and the exit code."""
    with cli.terminal(*args, columns=columns, rows=rows) as terminal:
        code = terminal.end()
    assert b"\x1b" not in OWN.sub(b"", terminal.seen)
    return terminal.text.replace("\r", ""), code


@pytest.mark.parametrize("columns", [80, 200])
def test_answers_grow_side_by_side_where_there_is_room(ask, columns):
    text, code = shown(ask(a=GOOD, b=SLOW), "parallel", "Why?", "-p", "a", "-p", "b", "--compare", columns=columns)
    assert code == 0
    assert re.search(r"^a +│ b$", text, re.MULTILINE)
    assert re.search(r"^It is blue\. +│ It is blue\.$", text, re.MULTILINE)
    assert re.search(r"^Very blue\. +│ Rather red\.$", text, re.MULTILINE)
    assert re.search(r"^\d\.\d s · 5 tokens +│ \d\.\d s · 5 tokens$", text, re.MULTILINE)
    assert max(map(len, re.findall(r"^.*│.*$", text, re.MULTILINE))) <= columns
    assert re.search(r"^a +scripted-1 ", text, re.MULTILINE)


def test_a_failure_stands_in_its_column(ask):
    text, code = shown(ask(a=GOOD, b=LIMITED), "parallel", "Why?", "-p", "a", "-p", "b", "--compare")
    assert code == 8
    assert re.search(r"│ b answered 429 Too Many Requests: Slow", text)
    assert re.search(r"│ failed after \d\.\d s$", text, re.MULTILINE)


def test_answers_are_stacked_where_there_is_no_room(ask):
    text, code = shown(ask(a=GOOD, b=SLOW), "parallel", "Why?", "-p", "a", "-p", "b", "--compare", columns=79)
    assert code == 0
    assert "│" not in text
    assert re.search(r"== a · .* ==\nIt is blue\.\n\nVery blue\.\n", text)


def test_stopping_leaves_what_had_come(ask):
    cli = ask(a=GOOD, b=NEVER)
    with cli.terminal("parallel", "Why?", "-p", "a", "-p", "b", "--compare") as terminal:
        terminal.read(b"Very blue")
        terminal.interrupt()
        assert terminal.end() == 130
    assert "stopped after" in terminal.text
    assert terminal.text.rstrip().endswith("s")


def test_a_change_of_size_in_the_middle_draws_the_columns_anew(ask, cli):
    words = [f"word{number} " for number in range(40)]
    ask(a=[*words[:6], cli.until_go, *words[6:]], b=GOOD)
    with cli.terminal("parallel", "Why?", "-p", "a", "-p", "b", "--compare", columns=120) as terminal:
        terminal.read(b"word5")
        terminal.resize(50, 12)
        cli.go()
        assert terminal.end() == 0
    last = terminal.text.replace("\r", "").rpartition(f"a{' ' * 23}│ b\n")[2]
    assert "word39" in last
    assert max(map(len, re.findall(r"^.*│.*$", last, re.MULTILINE))) <= 50
    assert b"\x1b" not in OWN.sub(b"", terminal.seen)


@pytest.mark.parametrize("args", [["--compare"], [], ["--diff"]])
def test_a_hostile_answer_reaches_no_terminal(ask, args):
    cli = ask(a={"text": HOSTILE}, b={"text": HOSTILE, "first": 0.2}, c=LIMITED)
    text, _ = shown(cli, "parallel", "Why?", "-p", "a", "-p", "b", "-p", "c", *args, columns=130)
    assert "\u202e" not in text
    assert "owned" not in text
    assert "evil" in text
