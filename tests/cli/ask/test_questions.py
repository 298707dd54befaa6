"""An agent asks, and the person at the terminal answers: a real terminal, whatever standard input and output are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest

PROMPT = b"(Enter: no) "
COMMAND = {"kind": "command", "subject": "make", "directory": "/work", "conversation": "c1"}
ASK = {"type": "ask", "request": COMMAND}
DIFF = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n"


def ask(**request):
    return {"type": "ask", "request": {**COMMAND, **request}}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        *[(keys, "[allowed by user]") for keys in ("y", "Y", "yes\n", "y\n", "\x1b[Ay", "x\x7fy", "ye\x7fes\n")],
        *[(keys, "[denied by user]") for keys in ("n", "no\n", "\n", "\r", "\x04")],
    ],
)
def test_a_key_or_a_word_answers(cli, keys, said):
    with cli.script(ASK).terminal("-p", "agent", "hi") as terminal:
        terminal.answer(keys)
        assert terminal.end() == 0
    assert said in terminal.text
    assert "agent wants to run a command (Bash)\n│ make\nin /work\n" in terminal.text
    assert "yes" in terminal.text if "allowed" in said else "no" in terminal.text


def test_what_is_no_answer_is_asked_again(cli):
    with cli.script(ASK).terminal("-p", "agent", "hi") as terminal:
        terminal.answer("x")
        terminal.answer("perhaps\n", times=2)
        terminal.answer("y", times=3)
        assert terminal.end() == 0
    assert terminal.text.count("Allow it?") == 3
    assert "[allowed by user]" in terminal.text


def test_always_holds_for_the_same_and_for_nothing_else(cli):
    with cli.script(ASK, ASK, ask(subject="make install"), ASK).terminal("-p", "agent", "hi") as terminal:
        terminal.answer("a")
        terminal.answer("n", times=2)
        assert terminal.end() == 0
    said = [part.split("]")[0] for part in terminal.text.split("[")[1:] if " by " in part]
    assert said == ["allowed by user", "allowed by always", "denied by user", "allowed by always"]
    assert not list((cli.folder / "home").glob("*always*"))


def test_always_is_no_answer_where_the_agent_tells_no_conversation(cli):
    with cli.script(ask(conversation=None)).terminal("-p", "agent", "hi") as terminal:
        terminal.answer("a")
        terminal.answer("n", times=2)
        assert terminal.end() == 0
    assert "[a]lways" not in terminal.text


def test_a_change_is_shown_in_colour_and_a_long_one_when_it_is_asked_for(cli):
    long = DIFF + "".join([f"+line {number}\n" for number in range(100)])
    request = ask(kind="edit", tool_name="Edit", subject="x", diff=long)
    with cli.script(request).terminal("-p", "agent", "hi") as terminal:
        terminal.read(PROMPT)
        assert b"\x1b[31m-old\x1b[0m" in terminal.seen
        assert b"\x1b[32m+new\x1b[0m" in terminal.seen
        assert b"line 99" not in terminal.seen
        terminal.answer("m")
        terminal.read(b"line 99")
        terminal.answer("y", times=2)
        assert terminal.end() == 0
    assert "agent wants to change a file (Edit)" in terminal.text


def test_no_color_means_no_color(cli):
    with cli.script(ask(kind="edit", diff=DIFF)).terminal("-p", "agent", "hi", NO_COLOR="1") as terminal:
        terminal.answer("y")
        assert terminal.end() == 0
    question = terminal.seen[terminal.seen.index(b"wants to") : terminal.seen.index(PROMPT)]
    assert b"\x1b" not in question


def test_the_answer_is_never_read_from_a_pipe_and_the_question_never_written_to_one(cli):
    read, write = os.pipe()
    os.write(write, b"y\nyes\ny\n")
    os.close(write)
    out_read, out_write = os.pipe()
    streams = {"stdin": read, "stdout": out_write}
    with cli.script(ASK).terminal("-p", "agent", "hi", streams=streams) as terminal:
        os.close(read)
        os.close(out_write)
        terminal.answer("n")
        assert terminal.end() == 0
    with os.fdopen(out_read, "rb") as out:
        assert out.read() == b"[denied by user]\n"
    assert b"claif: denied: Bash make (by you)" in terminal.seen


def test_programs_get_json_while_the_person_is_asked(cli):
    out_read, out_write = os.pipe()
    with cli.script(ASK).terminal("--events", "-p", "agent", "hi", streams={"stdout": out_write}) as terminal:
        os.close(out_write)
        terminal.answer("y")
        assert terminal.end() == 0
    with os.fdopen(out_read, "rb") as out:
        events = [json.loads(line) for line in out]
    [decided] = [event for event in events if event["type"] == "permission"]
    assert decided["decision"] == {"allowed": True, "by": "user", "always": False, "reason": ""}
    assert decided["request"]["subject"] == "make"


def test_what_was_typed_before_the_question_is_no_answer_to_it(cli):
    with cli.script("Working", cli.until_go, ASK).terminal("-p", "agent", "hi") as terminal:
        terminal.read(b"Working")
        terminal.type("y\ny\ny\n")
        terminal.read(b"y\r\ny\r\ny\r\n")
        cli.go()
        terminal.read(PROMPT)
        time.sleep(0.6)
        assert terminal.child.poll() is None
        terminal.answer("n")
        assert terminal.end() == 0
    assert "[denied by user]" in terminal.text


def test_ctrl_c_at_the_question_ends_the_query_and_gives_the_terminal_back(cli):
    log = cli.folder / "log"
    with cli.script("Before. ", ASK, 30).terminal("-p", "agent", "hi", CLAIF_TEST_LOG=str(log)) as terminal:
        before = terminal.modes
        terminal.read(PROMPT)
        assert terminal.modes != before
        terminal.type("\x03")
        assert terminal.end() == 130
        assert terminal.modes == before
    assert log.read_text() == "cleaned up"
    assert terminal.text.rstrip().endswith("(Enter: no)")
    assert terminal.text.endswith("\n")


def test_a_second_ctrl_c_gives_the_terminal_back_too(cli):
    """Also if the provider holds up everything while the question is open."""
    log = cli.folder / "log"
    script = cli.script({"type": "meanwhile", "block": 60, "until": cli.until_go["path"]}, ASK)
    with script.terminal("-p", "agent", "hi", CLAIF_TEST_LOG=str(log)) as terminal:
        before = terminal.modes
        terminal.read(PROMPT)
        assert terminal.modes != before
        cli.go()
        terminal.wait_for(log.exists)
        assert terminal.press_ctrl_c_until_it_ends() == 130
        assert terminal.modes == before


def test_after_a_stop_the_question_goes_on(cli):
    """The shell has given the terminal its own modes in between."""
    import termios

    with cli.script(ASK).terminal("-p", "agent", "hi") as terminal:
        before = terminal.modes
        terminal.read(PROMPT)
        terminal.wait_for(lambda: terminal.modes != before)
        os.kill(terminal.child.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, terminal.child.pid, os.WSTOPPED)
        termios.tcsetattr(terminal._own, termios.TCSANOW, before)
        os.kill(terminal.child.pid, signal.SIGCONT)
        terminal.wait_for(lambda: terminal.modes != before)
        terminal.type("y")
        assert terminal.end() == 0
    assert "[allowed by user]" in terminal.text


def test_the_time_limit_holds_while_a_question_is_open(cli):
    with cli.script(ASK).terminal("--timeout", "4", "-p", "agent", "hi") as terminal:
        before = terminal.modes
        terminal.read(PROMPT)
        assert terminal.end() == 7
        assert terminal.modes == before


def test_a_terminal_that_goes_away_allows_nothing(cli):
    log = cli.folder / "log"
    with cli.script(ASK, 30).terminal("-p", "agent", "hi", CLAIF_TEST_LOG=str(log)) as terminal:
        terminal.read(PROMPT)
        terminal.hang_up()
        assert terminal.child.wait(20) != 0


def test_what_happens_meanwhile_is_shown_afterwards(cli):
    """Of an agent that goes on while it asks."""
    step = {"type": "meanwhile", "text": "SOMETHING ELSE", "until": cli.until_go["path"]}
    with cli.script(step, ASK).terminal("-p", "agent", "hi") as terminal:
        terminal.read(PROMPT)
        cli.go()
        time.sleep(1)
        terminal.wait()
        assert b"SOMETHING ELSE" not in terminal.seen
        terminal.answer("y")
        assert terminal.end() == 0
    assert terminal.text.index("Allow it?") < terminal.text.index("SOMETHING ELSE")
    between = terminal.text.partition("wants to run")[2].partition("(Enter: no)")[0]
    assert not set("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏") & set(between)


def test_without_a_terminal_it_is_denied_with_a_reason(cli):
    done = cli.script(ASK).run("-p", "agent", "hi")
    assert (done.returncode, done.stdout) == (0, b"[denied by nobody]\n")
    assert b"claif: denied: Bash make: Nobody is there to allow this" in done.stderr


@pytest.mark.parametrize("streams", [["stdout", "stderr"], ["stdin", "stdout", "stderr"]])
def test_where_nobody_sees_the_terminal_it_is_denied(cli, streams):
    """Another program runs Claif, and takes all that it writes."""
    read, write = os.pipe()
    with open(os.devnull, "rb") as nothing:
        given = {name: nothing.fileno() if name == "stdin" else write for name in streams}
        with cli.script(ASK).terminal("-p", "agent", "hi", streams=given) as terminal:
            os.close(write)
            assert terminal.end() == 0
    with os.fdopen(read, "rb") as out:
        assert b"[denied by nobody]" in out.read()
    assert terminal.seen == b""


def test_in_the_background_of_a_shell_it_is_denied_and_nothing_is_stopped(cli):
    script = f'set -m; {subprocess.list2cmdline(cli.command("-p", "agent", "hi"))} & wait $!; echo "code $?"'
    with cli.script(ASK).terminal_of("bash", "-c", script) as terminal:
        terminal.end()
    assert "[denied by nobody]" in terminal.text
    assert "code 0" in terminal.text


def test_quiet_asks_too(cli):
    with cli.script(ASK).terminal("-q", "-p", "agent", "hi") as terminal:
        terminal.answer("y")
        assert terminal.end() == 0
    assert "[allowed by user]" in terminal.text


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (10, 3), (300, 100)])
def test_any_size_of_terminal_works(cli, columns, rows):
    with cli.script(ask(diff=DIFF, subject="make " * 50)).terminal(
        "-p", "agent", "hi", columns=columns, rows=rows
    ) as terminal:
        terminal.answer("y")
        assert terminal.end() == 0
    assert "(Enter: no) yes\n" in terminal.text


def test_another_encoding_gets_a_plain_bar(cli):
    with cli.script(ask(subject="echo é")).terminal("-p", "agent", "hi", PYTHONIOENCODING="ascii") as terminal:
        terminal.answer("y")
        assert terminal.end() == 0
    assert b"\r\n| echo ?\r\n" in terminal.seen
