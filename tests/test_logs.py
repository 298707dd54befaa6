"""Logging is silent in a library, and harmless in a program."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

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


def test_loguru_is_not_imported_for_records_that_nobody_wants():
    assert run("main(); assert 'loguru' not in sys.modules") == ""
    assert run("claif.logs.start('critical'); main(); assert 'loguru' not in sys.modules") == ""


def test_a_library_adds_and_removes_no_sink():
    code = """
from loguru import logger
before = dict(logger._core.handlers)
main()
assert logger._core.handlers == before
logger.remove()
logger.add(sys.stderr, format="{extra} {message}")
logger.enable("claif")
main()
logger.disable("claif")
main()
"""
    assert run(code).count("it happened 1") == 1


def test_who_has_enabled_the_records_before_the_first_one_gets_them():
    assert "it happened 1" in run("from loguru import logger; logger.enable('claif'); import claif.logs; main()")


PLUGIN = """
claif.logs.start("info")
assert "loguru" not in sys.modules
from loguru import logger
import logging
def work(secret="hunter2"):
    logger.debug("not wanted")
    logger.bind(query="theirs").info("step {}", 1)
    logging.getLogger("their.http").warning("%s at https://user:pass@host", secret[:0])
    logging.getLogger("their.http").log(35, "between the levels")
    logging.getLogger("their.http").warning("it %d", "is no number")
    try:
        assert secret is None
    except AssertionError:
        logger.exception("worse")
work()
claif.logs.start("error")
work()
"""


def test_who_imports_loguru_in_a_program_finds_its_sinks():
    lines = [line.partition(" ")[2] for line in run(PLUGIN).splitlines()]
    assert lines == [
        "INFO claif.something: step 1",
        "WARNING their.http:  at https://********@host",
        "WARNING their.http: between the levels",
        "WARNING their.http: it %d",
        "ERROR claif.something: worse (AssertionError: )",
        "ERROR claif.something: worse (AssertionError: )",
    ]


def test_an_exception_is_a_part_of_its_line_and_variables_are_not():
    text = run("claif.logs.start('debug'); main()")
    assert text.splitlines()[1].endswith("ERROR claif.something: worse (AssertionError: )")


FILE = r"""
from pathlib import Path
from claif.config import Secret
from claif.logs import logger
key = Secret("sk-canary-1234567")
claif.logs.start("info", Path(sys.argv[1]) / "claif.log")
logger.info("a\nb\x1b[2J {}", "{0.secret} {evil} " + key.reveal())
logger.debug("not this")
try:
    raise ValueError(f"with {key.reveal()}")
except ValueError:
    logger.exception("failed at {}", "https://user:pass@host")
"""


def test_a_file_has_a_json_object_a_line_without_secrets(tmp_path):
    run(FILE.replace("sys.argv[1]", repr(str(tmp_path))))
    text = (tmp_path / "claif.log").read_text()
    assert "canary" not in text
    assert "pass@" not in text
    first, second = map(json.loads, text.splitlines())
    assert first["message"] == "a\nb\x1b[2J {0.secret} {evil} ********"
    assert (first["level"], first["module"]) == ("info", "claif.something")
    assert second["message"] == "failed at https://********@host"
    assert second["exception"].startswith("Traceback")
    assert "ValueError: with ********" in second["exception"]


def test_standard_error_has_no_secrets_either(tmp_path):
    text = run(FILE.replace("sys.argv[1]", repr(str(tmp_path))))
    assert len(text.splitlines()) == 2
    assert "canary" not in text
    assert "pass@" not in text


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path):
    (tmp_path / "claif.log").mkdir()
    text = run(FILE.replace("sys.argv[1]", repr(str(tmp_path))))
    assert text.count("The log file") == 1
    assert "claif.something: failed at" in text
    run("claif.logs.start('debug'); import os; os.close(2); main(); os._exit(0)")


async def test_every_record_of_a_query_bears_its_id():
    from loguru import logger

    from claif import Client
    from claif.errors import ClaifError
    from claif.plugin.manager import PluginManager
    from claif.testing import FakeProvider

    records = []
    sink = logger.add(lambda message: records.append(message.record), level=0, format="")
    logger.enable("claif")
    try:
        fake = FakeProvider.scripted("hello", "again")
        config = {"general": {"default_provider": "fake"}}
        async with Client(config, plugins=PluginManager(), providers={"fake": fake}) as client:
            replies = [await client.query("one"), await client.query("two")]
            with pytest.raises(ClaifError) as caught:
                await client.query("three", provider="nobody")
    finally:
        logger.disable("claif")
        logger.remove(sink)
    ids = [record["extra"].get("query") for record in records]
    assert None not in ids
    assert len(set(ids)) == 3
    assert [reply.query_id for reply in replies] == list(dict.fromkeys(ids))[:2]
    assert ids[-1] == caught.value.query_id == caught.value.to_dict()["query_id"]
    assert any("answered in" in record["message"] for record in records)
