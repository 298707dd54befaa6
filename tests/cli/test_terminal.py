"""`claif query` on a terminal."""

from __future__ import annotations

import pytest

from .terminal import OWN

ANSWER = [
    "# Title\n\nSome **bold",
    0.2,
    "** text.\n\n```python\ndef f():\n",
    0.2,
    "    return 1\n```\n\n1. one\n2",
    0.2,
    ". two\n",
    {"type": "usage", "usage": {"input_tokens": 3, "output_tokens": 4}},
]


def test_an_answer_is_rendered_with_a_spinner_before_and_a_footer_after(cli):
    with cli.script(cli.until_go, *ANSWER).terminal("hi") as terminal:
        terminal.read("⠙".encode())
        cli.go()
        assert terminal.end() == 0
    assert terminal.text.endswith("s\n")
    assert "scripted · tokens 3 in + 4 out · " in terminal.text
    assert b"\x1b[1;4mTitle" in terminal.seen or b"Title" in terminal.seen
    assert "**" not in terminal.text.rpartition("\r")[2]
    assert b"\x1b[1mbold\x1b[0m" in terminal.seen


def test_only_own_sequences_are_written(cli):
    with cli.script(0.3, *ANSWER).terminal("hi") as terminal:
        terminal.end()
    assert b"\x1b" not in OWN.sub(b"", terminal.seen)


def test_an_answer_is_shown_before_it_is_complete(cli):
    with cli.script("Hello ", 30).terminal("hi") as terminal:
        terminal.read(b"Hello")
        terminal.interrupt()
        assert terminal.end() == 130
    assert terminal.seen.rstrip().endswith(b"Hello\r\n\x1b[J") or b"Hello" in terminal.seen


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (7, 3), (20, 4), (300, 100)])
def test_any_size_of_terminal_works(cli, columns, rows):
    with cli.script(*ANSWER, *[f"line {n}\n\n" for n in range(30)]).terminal(
        "hi", columns=columns, rows=rows
    ) as terminal:
        assert terminal.end() == 0


def test_a_change_of_size_in_the_middle_works(cli):
    with cli.script("word " * 100, cli.until_go, "word " * 100, 0.3).terminal("hi", columns=100) as terminal:
        terminal.read(b"word")
        terminal.resize(15, 5)
        cli.go()
        assert terminal.end() == 0
    assert "Traceback" not in terminal.text


def test_a_dumb_terminal_gets_plain_text(cli):
    with cli.script("# T\n\nSome **bold** \x1b[31mtext").terminal("hi", TERM="dumb") as terminal:
        assert terminal.end() == 0
    assert b"\x1b" not in terminal.seen
    assert terminal.text.startswith("# T\n\nSome **bold** text\n")


def test_plain_output_can_be_configured_and_is_still_sanitised(cli):
    with cli.script("**x** \x1b]0;evil\x07y").terminal("--raw", "hi", CLAIF_GENERAL__OUTPUT="plain") as terminal:
        assert terminal.end() == 0
    assert "**x** y\n" in terminal.text
    assert b"evil" not in terminal.seen


def test_markdown_can_be_configured_for_pipes_and_dumb_terminals_too(cli):
    script = cli.script(*ANSWER)
    done = script.run("hi", CLAIF_GENERAL__OUTPUT="markdown")
    expected = "Title\n\nSome bold text.\n\n  def f():\n      return 1\n\n 1 one\n 2 two\n"
    assert done.stdout.decode() == expected
    with script.terminal("hi", TERM="dumb", CLAIF_GENERAL__OUTPUT="markdown") as terminal:
        assert terminal.end() == 0
    assert terminal.text.startswith(expected)
    assert b"\x1b" not in terminal.seen


def test_a_warning_stands_between_blocks_and_destroys_none(cli):
    with cli.script("One", 0.4, " block.").terminal("hi", CLAIF_TEST_HOOKS="fail") as terminal:
        assert terminal.end() == 0
    before, _, after = terminal.text.partition("claif: claif-scripted: claif_process_message() was skipped")
    assert before.endswith("One block.\n")
    assert "LookupError" in after
    assert terminal.seen.count(b"One block.") == 1
    assert b"\x1b[2J" not in terminal.seen


def test_no_color_means_no_color(cli):
    with cli.script(*ANSWER).terminal("hi", NO_COLOR="1") as terminal:
        terminal.end()
    assert b"[3" not in terminal.seen
    assert b"[9" not in terminal.seen


def test_withdrawn_text_that_was_only_live_disappears(cli):
    script = cli.script("wrong", cli.until_go, {"type": "text_reset", "reason": "again"}, "right")
    with script.terminal("hi") as terminal:
        terminal.read(b"wrong")
        cli.go()
        terminal.end()
    after = terminal.seen.partition(b"wrong")[2]
    assert after.index(b"\x1b[1A\r\x1b[J") < after.index(b"starts over: again") < after.index(b"right")


def test_thinking_is_dim_and_before_the_answer(cli):
    with cli.script({"type": "thinking_delta", "text": "hm\x1b[31m"}, 0.4, "Hi").terminal(
        "--thinking", "hi"
    ) as terminal:
        terminal.end()
    assert b"\x1b[2mhm\x1b[0m\r\n" in terminal.seen


def test_progress_is_a_bar_and_then_a_line(cli):
    with cli.script({"type": "progress", "what": "Downloading"}, "Hi").terminal("hi") as terminal:
        assert terminal.end() == 0
    assert "Downloading ━" in terminal.text
    assert "claif: Downloading: done (100.0 MiB)\n" in terminal.text
    assert "Hi" in terminal.text


def test_an_error_comes_after_what_arrived(cli):
    script = cli.script("Half an answer", {"type": "error", "error": "TimeoutError", "message": "Too late."})
    with script.terminal("hi") as terminal:
        assert terminal.end() == 7
    assert terminal.text.index("Half an answer") < terminal.text.index("claif: Too late.")


def test_without_arguments_there_is_help(cli):
    with cli.terminal() as terminal:
        assert terminal.end() == 0
    assert "Usage: claif" in terminal.text


def test_quiet_shows_the_answer_only(cli):
    with cli.script(0.4, "Hi").terminal("-q", "hi") as terminal:
        terminal.end()
    assert terminal.text == "\rHi\n"
