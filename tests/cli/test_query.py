"""`claif query` from end to end, in pipes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time

import pytest

from .test_mime import PNG


def described(done):
    """The query as the provider got it."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["query"]


def prompt_of(query):
    return query["messages"][-1]["content"][-1]["text"]


DESCRIBE = {"type": "describe"}


@pytest.mark.parametrize(
    ("args", "prompt"),
    [
        *(
            (["hi"], "hi"),
            (["query", "hi"], "hi"),
            (["What", "is", "trio"], "What is trio"),
            (["--", "models"], "models"),
        ),
        *((["-p", "scripted", "hi"], "hi"), (["query", "models"], "models"), (["--debug", "-q", "hi"], "hi")),
        *((["-p", "scripted", "--", "-5 + 3?"], "-5 + 3?"), (["hi", "-s", "be terse"], "hi")),
    ],
)
def test_query_is_the_default_command(cli, args, prompt):
    assert prompt_of(described(cli.script(DESCRIBE).run(*args))) == prompt


def test_all_options_reach_the_provider(cli):
    image = cli.folder / "photo.png"
    image.write_bytes(PNG)
    args = [
        "-p",
        "scripted",
        "-m",
        "org/model:1",
        "-s",
        "terse",
        "-t",
        "0.2",
        "-o",
        "top_p=0.9",
        "-o",
        "style=x",
        "--timeout",
        "60",
        "--no-stream",
        "-a",
        "photo.png",
    ]
    query = described(cli.script(DESCRIBE).run(*args, "-a", "https://x/y.png", "hi"))
    assert (query["provider"], query["model"], query["stream"]) == ("scripted", "org/model:1", False)
    assert query["options"]["temperature"] == 0.2
    assert query["options"]["timeout"] == 60
    assert query["options"]["extra"] == {"style": "x"}
    system, user = query["messages"]
    assert system["role"] == "system"
    assert [block["type"] for block in user["content"]] == ["image", "image", "text"]
    assert user["content"][1]["url"] == "https://x/y.png"


def test_piped_text_and_prompt_are_joined(cli):
    assert prompt_of(described(cli.script(DESCRIBE).run("Summarise", stdin=b"notes\n"))) == "notes\n\nSummarise"
    assert prompt_of(described(cli.script(DESCRIBE).run(stdin=b"just this\n"))) == "just this\n"


def test_a_silent_pipe_does_not_hang_the_command(cli):
    """Cron, ssh and editors leave such pipes open."""
    read, write = os.pipe()
    try:
        done = cli.script("Hello").run("hi", stdin=read)
    finally:
        os.close(read)
        os.close(write)
    assert done.stdout == b"Hello\n"
    assert b"a pipe that nobody writes to" in done.stderr


def test_a_slow_writer_of_the_same_pipeline_is_waited_for(cli):
    command = f"(sleep 1.5; echo late) | {subprocess.list2cmdline(cli.command('hi'))}"
    cli.script(DESCRIBE)
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=cli.env, cwd=cli.folder, check=False)
    assert prompt_of(described(done)) == "late\n\nhi"


def test_text_streams_as_it_comes_and_ends_with_a_newline(cli):
    child = cli.script("first ", 0.2, "second", 60, " third").start("hi")
    with child:
        seen = b""
        while seen != b"first second":
            seen += os.read(child.stdout.fileno(), 100)
            assert b"first second".startswith(seen)
        child.terminate()
        rest = child.stdout.read()
    assert rest == b"\n"
    assert child.returncode == 143


def test_nothing_but_the_answer_is_on_stdout_and_nothing_at_all_on_stderr(cli):
    done = cli.script("Hello", " you.\n", {"type": "thinking_delta", "text": "hm"}).run("hi")
    assert (done.stdout, done.stderr) == (b"Hello you.\n", b"")


def test_the_chosen_provider_is_named_once_when_nobody_configured_it(cli):
    del cli.env["CLAIF_DEFAULT_PROVIDER"]
    cli.config('[providers.openai]\nbase_url = "http://127.0.0.1:9/v1"\nconnect_timeout = 1\n')
    done = cli.run("hi", OPENAI_API_KEY="x")
    assert done.stderr.count(b"Asking openai, because OPENAI_API_KEY is set.") == 1
    assert b"Asking" not in cli.run("-q", "hi", OPENAI_API_KEY="x").stderr


def test_several_messages_are_set_apart(cli):
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Two"}], "metadata": {}}
    one = {**message, "content": [{"type": "text", "text": "One"}]}
    assert cli.script("One", one, message).run("hi").stdout == b"One\n\nTwo\n"


def test_what_is_withdrawn_is_said_on_stderr_and_the_new_text_follows(cli):
    done = cli.script("wrong", {"type": "text_reset", "reason": "the agent began again"}, "right").run("hi")
    assert done.stdout == b"wrong\nright\n"
    assert done.stderr == b"claif: The answer starts over: the agent began again\n"


def test_notices_and_thinking_go_to_stderr(cli):
    notice = {"type": "notice", "kind": "retry", "text": "Asking again.", "data": {}}
    script = cli.script({"type": "thinking_delta", "text": "hm"}, notice, "Hi")
    done = script.run("--thinking", "hi")
    assert (done.stdout, done.stderr) == (b"Hi\n", b"hm\nclaif: Asking again.\n")
    done = script.run("-q", "hi")
    assert (done.stdout, done.stderr) == (b"Hi\n", b"")


def test_what_goes_wrong_in_a_plugin_is_told_and_harms_nobody(cli):
    done = cli.script("Hi").run("hi", CLAIF_TEST_HOOKS="fail")
    assert (done.returncode, done.stdout) == (0, b"Hi\n")
    assert b"claif: claif-scripted: claif_process_message() was skipped" in done.stderr
    done = cli.script("Hi").run("hi", CLAIF_TEST_HOOKS="broken")
    assert (done.returncode, done.stdout) == (0, b"Hi\n")
    assert b"half installed" in done.stderr


def test_verbose_shows_tools_and_the_footer(cli):
    use = {"type": "tool_use", "block": {"id": "1", "tool_name": "read", "parameters": {"path": "x"}}}
    result = {"type": "tool_result", "block": {"tool_use_id": "1", "content": "a\nb", "is_error": False}}
    usage = {"type": "usage", "usage": {"input_tokens": 1200, "output_tokens": 5, "cost": 0.25}}
    done = cli.script(use, result, "Hi", usage).run("-v", "hi")
    lines = done.stderr.decode().splitlines()
    assert lines[:2] == ['claif: tool: read {"path":"x"}', "claif: result: a b"]
    assert lines[-1].startswith("scripted · tokens 1,200 in + 5 out · $0.2500 · ")


def test_one_reply_as_json(cli):
    usage = {"type": "usage", "usage": {"input_tokens": 1, "output_tokens": 2}}
    done = cli.script("Hello \u202e\x9b", usage).run("--json", "hi")
    assert done.stdout.count(b"\n") == 1
    reply = json.loads(done.stdout)
    assert (reply["type"], reply["text"]) == ("reply", "Hello \u202e\x9b")
    assert reply["usage"]["output_tokens"] == 2
    assert re.fullmatch("[0-9a-f]{8}", reply["query_id"])
    assert b"\\u202e\\u009b" in done.stdout


def test_events_are_lines_of_json_as_they_arrive(cli):
    child = cli.script("one", cli.until_go, "two").start("--events", "hi")
    with child:
        first = [json.loads(child.stdout.readline()) for _ in range(2)]
        assert [event["type"] for event in first] == ["started", "text_delta"]
        cli.go()
        rest = [json.loads(line)["type"] for line in child.stdout]
    assert rest == ["text_delta", "message", "finished", "reply"]
    assert child.returncode == 0


def test_only_the_first_code_block(cli):
    done = cli.script("Here:\n```py\nprint(", "1)\n```\nand\n```\nx\n```").run("-x", "hi")
    assert done.stdout == b"print(1)\n"
    done = cli.script("No code.").run("-x", "hi")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"no fenced code block" in done.stderr


def test_an_error_in_the_middle_shows_what_came_then_the_error(cli):
    error = {"type": "error", "error": "ConnectionError", "message": "The connection was\x1b[2J lost."}
    done = cli.script("Half an", error).run("hi")
    assert (done.returncode, done.stdout) == (6, b"Half an\n")
    lines = done.stderr.decode().splitlines()
    assert lines[0] == "claif: The connection was lost."
    assert len(lines) == 2


def test_an_error_as_json_has_the_partial_answer(cli):
    script = cli.script("Half", {"type": "error", "error": "RateLimitError", "message": "Slow down."})
    done = script.run("--json", "hi")
    error = json.loads(done.stdout)
    assert (error["error"], error["exit_code"], error["partial"], done.returncode) == ("RateLimitError", 8, "Half", 8)
    last = json.loads(script.run("--events", "hi").stdout.splitlines()[-1])
    assert (last["type"], last["error"]) == ("error", "RateLimitError")


def test_a_crash_of_a_provider_is_one_line_and_a_traceback_only_with_debug(cli):
    script = cli.script({"type": "crash", "message": "boom\nsecond line"})
    done = script.run("hi")
    assert done.returncode == 4
    assert b"Traceback" not in done.stderr
    assert b"boom second line" in done.stderr.splitlines()[0]
    assert b"Traceback" in script.run("--debug", "hi").stderr


def test_an_answer_over_the_time_limit(cli):
    done = cli.script("Half", 20).run("--timeout", "3", "hi")
    assert (done.returncode, done.stdout) == (7, b"Half\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_stops_at_once_keeps_what_was_printed_and_lets_the_provider_clean_up(cli, number, code):
    log = cli.folder / "log"
    child = cli.script("Half", 60).start("hi", CLAIF_TEST_LOG=str(log))
    with child:
        assert os.read(child.stdout.fileno(), 100) == b"Half"
        child.send_signal(number)
        rest, errors = child.communicate(timeout=20)
    assert (child.returncode, rest, errors) == (code, b"\n", b"")
    assert log.read_text() == "cleaned up"


def test_a_second_ctrl_c_ends_even_a_stuck_process(cli):
    log = cli.folder / "log"
    child = cli.script("Half", {"type": "block", "seconds": 60}).start("hi", CLAIF_TEST_LOG=str(log))
    with child:
        assert os.read(child.stdout.fileno(), 100) == b"Half"
        deadline = time.monotonic() + 20
        while not log.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        while child.poll() is None and time.monotonic() < deadline:
            child.send_signal(signal.SIGINT)  # two that come at once are one
            time.sleep(0.1)
        ended = child.poll()
        child.kill()
        child.communicate()
    assert ended == 130


def test_a_signal_that_the_parent_ignores_is_ignored(cli):
    child = subprocess.Popen(
        ["sh", "-c", f"trap '' INT; exec {subprocess.list2cmdline(cli.command('hi'))}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=cli.script("one", 1, " two").env,
        cwd=cli.folder,
    )
    with child:
        assert os.read(child.stdout.fileno(), 100) == b"one"
        child.send_signal(signal.SIGINT)
        assert child.stdout.read() == b" two\n"
    assert child.returncode == 0


def test_a_reader_that_goes_away_ends_the_command_quietly(cli):
    cli.script(*["line\n"] * 5, 0.3, *["line\n"] * 20000)
    command = f"({subprocess.list2cmdline(cli.command('hi'))}; echo $? >code) | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=cli.env, cwd=cli.folder, check=False)
    assert (done.stdout, done.stderr) == (b"line\n", b"")
    assert (cli.folder / "code").read_text() == "141\n"


def test_a_reader_that_lags_behind_does_not_keep_ctrl_c_from_working(cli):
    child = cli.script("x" * 1_000_000, 60).start("hi")
    with child:
        os.read(child.stdout.fileno(), 1)
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 130


def test_closed_streams_do_not_matter(cli):
    command = f"{subprocess.list2cmdline(cli.script('Hi').command('hi'))} <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], env=cli.env, cwd=cli.folder, check=False).returncode == 0


def test_progress_of_long_work_is_told_in_lines_where_no_terminal_is(cli):
    done = cli.script({"type": "progress", "what": "Downloading the model"}, "Hi").run("hi")
    assert done.stdout == b"Hi\n"
    assert done.stderr.decode().splitlines() == [
        "claif: Downloading the model (100.0 MiB) …",
        "claif: Downloading the model: done (100.0 MiB)",
    ]


def test_the_encoding_of_an_old_terminal_loses_characters_and_nothing_else(cli):
    script = cli.script("1 € 世")
    assert script.run("hi", PYTHONIOENCODING="latin-1").stdout == b"1 ? ?\n"
    assert json.loads(script.run("--json", "hi", PYTHONIOENCODING="latin-1").stdout)["text"] == "1 € 世"


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ([""], 2, "The prompt is empty."),
        (["-p", "scriptde", "hi"], 4, "scripted"),
        (["--bogus", "hi"], 2, "--help"),
        (["qurey", "hi"], 2, "claif query"),
        (["-p", "scripted", "providers", "list"], 2, "claif providers"),
        (["-o", "top_p", "hi"], 2, "KEY=VALUE"),
        (["-t", "warm", "hi"], 2, "warm"),
        (["-a", "absent.png", "hi"], 2, "cannot be read"),
        (["--json", "--events"], 2, "empty"),
        (["-5 + 3"], 2, "-- before it"),
    ],
)
def test_bad_input_gets_one_line_and_a_hint(cli, args, code, said):
    done = cli.run(*args)
    lines = done.stderr.decode().splitlines()
    text = done.stdout.decode() + done.stderr.decode()
    assert (done.returncode, "Traceback" in text) == (code, False)
    assert said in text
    if "--json" not in args:
        assert done.stdout == b""
        assert lines[0].startswith("claif: ")
        assert len(lines) == 2


def test_usage_errors_are_json_for_programs(cli):
    error = json.loads(cli.run("query", "--json", "--bogus", "hi").stdout)
    assert (error["type"], error["error"], error["exit_code"]) == ("error", "UsageError", 2)


def test_an_output_format_that_nobody_knows_is_refused(cli):
    done = cli.config('[general]\noutput = "pdf"\n').run("hi")
    assert done.returncode == 3
    assert b"auto, plain, markdown" in done.stderr


def test_without_arguments_and_without_input_there_is_an_error(cli):
    assert cli.run().returncode == 2
