"""Logging is silent in a library, and harmless in a program."""

from __future__ import annotations

import subprocess
import sys

LIBRARY = """
import claif.logs, sys
assert "loguru" not in sys.modules
def act(secret="hunter2"):
    from claif.logs import logger
    logger.warning("it happened {}", 1)
    try:
        assert secret is None
    except AssertionError:
        logger.exception("worse")
def main():
    act()
__name__ = "claif.something"
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", LIBRARY + code], capture_output=True, check=True)
    return done.stderr.decode()


def test_a_library_says_nothing_unless_it_is_asked_to():
    assert run("main()") == ""
    assert "it happened 1" in run("from loguru import logger; logger.enable('claif'); main()")


def test_a_program_logs_one_line_a_record_from_its_level_on():
    text = run("claif.logs.start('warning'); main()")
    lines = text.splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("WARNING claif.something: it happened 1")
    assert run("claif.logs.start('critical'); main()") == ""


def test_no_variables_are_logged():
    assert "hunter2" not in run("claif.logs.start('debug'); main()")


def test_a_text_cannot_start_a_line_of_its_own_or_drive_the_terminal():
    text = run(r"claif.logs.start('debug')" + "\n" + r"from claif.logs import logger; logger.info('a\nb\x1b[2J {x.y}')")
    assert text.count("\n") == 1
    assert text.endswith("a\\nb\\x1b[2J {x.y}\n")


def test_there_is_nothing_else_in_the_module():
    import claif.logs

    assert not hasattr(claif.logs, "nothing")
