"""Attacks on the command line: prompts and names that are no plain text, and models that would drive the terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

from claif.cli.options import check_name
from claif.errors import InvalidQueryError
from claif.testing import ServerProcess

OWN = re.compile(rb"\x1b\[(?:[0-9;]*m|[0-9]*A|K|J)")
"""Styles, cursor up and erasing: what Claif itself writes to a terminal."""

EVIL = {
    "OSC 52 writes the clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "OSC 0 sets the title": "\x1b]0;evil-title\x1b\\",
    "OSC 8 hides where a link leads": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "DCS": "\x1bP+q544e\x1b\\",
    "CSI 2J clears the screen": "\x1b[2J\x1b[H",
    "C1": "\x9b2J\x9d0;evil-title\x9c",
    "a return overwrites the line": "rm -rf /\rls -l   ",
    "bidi override": "invoice\u202efdp.exe\u2066\u2069",
    "tags": "hello\U000e0065\U000e0076\U000e0069\U000e006c",
    "a bell and a backspace": "\x07\x08\x08",
    "no end": "\x1b]0;evil",
}


@pytest.fixture(scope="module")
def server():
    with ServerProcess() as process:
        yield process


def environment(server, folder, **behaviour):
    return {
        "PATH": os.environ["PATH"],
        "CLAIF_HOME": str(folder / "home"),
        "CLAIF_PROVIDERS__X__TYPE": "openai",
        "CLAIF_PROVIDERS__X__BASE_URL": server.url(**behaviour),
        "CLAIF_PROVIDERS__X__API_KEY": "key",
        "CLAIF_DEFAULT_PROVIDER": "x",
        "PYTHONIOENCODING": "utf-8",
        "TERM": "xterm-256color",
    }


def claif(env, folder, *args, stdin=b""):
    command = [sys.executable, "-m", "claif", *args]
    return subprocess.run(command, input=stdin, capture_output=True, env=env, cwd=folder, check=False, timeout=120)


def on_terminal(env, folder, *args):
    """The bytes that a terminal gets."""
    own, other = pty.openpty()
    command = [sys.executable, "-m", "claif", *args]
    seen = b""
    with subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=env, cwd=folder) as child:
        os.close(other)
        while select.select([own], [], [], 60)[0]:
            try:
                data = os.read(own, 65536)
            except OSError:
                break
            if not data:
                break
            seen += data
        child.wait(60)
    os.close(own)
    return seen


def test_attack_02_ten_megabytes_on_standard_input_are_a_prompt(server, tmp_path):
    env = environment(server, tmp_path, text="Read.")
    done = claif(env, tmp_path, "Summarise", stdin=b"0123456789\n" * 1_000_000)
    assert (done.returncode, done.stdout) == (0, b"Read.\n")
    asked = json.loads(server.stats()["requests"][-1]["body"])["messages"][-1]["content"]
    text = asked if isinstance(asked, str) else asked[0]["text"]
    assert len(text) > 10_000_000
    assert text.endswith("\n\nSummarise")


@pytest.mark.parametrize(
    ("args", "stdin", "said"),
    [
        ([], b"a\0b", b"NUL character at position 1"),
        ([b"a\xff\xfeb"], b"", b"lone surrogate"),
        (["-s", b"\xff", "hi"], b"", b"lone surrogate"),
        ([], b"\xed\xa0\x80", b"not UTF-8"),
    ],
)
def test_attack_02_what_is_no_text_is_refused_before_anybody_is_asked(server, tmp_path, args, stdin, said):
    before = len(server.stats()["requests"])
    done = claif(environment(server, tmp_path), tmp_path, *args, stdin=stdin)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert len(server.stats()["requests"]) == before


@pytest.mark.parametrize("name", ["--yolo", "-m", "--", "-", "a b", "x;$(id)", "x\n--yolo", "", "x" * 201, "\u202ex"])
@pytest.mark.parametrize("option", ["-m", "-p"])
def test_attack_03_a_name_is_never_an_option_in_disguise(name, option):
    with pytest.raises(InvalidQueryError):
        check_name(name, {"-m": "model", "-p": "provider"}[option])


def test_attack_03_the_command_line_refuses_it(server, tmp_path):
    for args in (["--model", "--yolo", "hi"], ["-m", "--", "hi"], ["--provider=-x", "hi"]):
        done = claif(environment(server, tmp_path), tmp_path, *args)
        assert done.returncode == 2
        assert b"cannot be the name of a" in done.stderr


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
@pytest.mark.parametrize("piece", [0, 1])
def test_attack_21_a_model_cannot_drive_the_terminal(server, tmp_path, evil, piece):
    """Whether the sequence comes in one delta or in one a character."""
    env = environment(server, tmp_path, text=f"before {evil} after", piece=piece)
    seen = on_terminal(env, tmp_path, "hi")
    rest = OWN.sub(b"", seen).decode()
    assert "before" in rest
    assert not {char for char in rest if not (char.isprintable() or char in "\r\n\u200d")}
    assert "evil-title" not in rest
    # The only returns are those of line ends and of the spinner's own line.
    assert "rm -rf /\rls" not in seen.decode()


def test_attack_21_an_error_message_cannot_either(server, tmp_path):
    env = environment(server, tmp_path, error=400, message="bad\x1b]0;evil-title\x07 \u202erequest\x9b2J")
    seen = OWN.sub(b"", on_terminal(env, tmp_path, "hi")).decode()
    assert not {char for char in seen if not (char.isprintable() or char in "\r\n")}


def test_attack_21_a_pipe_gets_control_characters_only_with_raw(server, tmp_path):
    """What is piped is often shown on a terminal in the end: `claif … | tee log`."""
    env = environment(server, tmp_path, text="a\x1b[31mb\x9bmc")
    assert claif(env, tmp_path, "hi").stdout == b"abc\n"
    assert claif(env, tmp_path, "--raw", "hi").stdout == "a\x1b[31mb\x9bmc\n".encode()
    for form in ("--json", "--events"):
        done = claif(env, tmp_path, form, "hi")
        assert b"\x1b" not in done.stdout
        assert "\x9b" not in done.stdout.decode()
        assert json.loads(done.stdout.splitlines()[-1])["text"] == "a\x1b[31mb\x9bmc"


def test_attack_21_an_attached_name_cannot_either(tmp_path, server):
    Path(tmp_path / "a\x1b]0;evil\x07.bin").write_bytes(b"")
    done = claif(environment(server, tmp_path), tmp_path, "-a", "a\x1b]0;evil\x07.bin", "hi")
    assert done.returncode == 2
    assert b"\x1b" not in done.stderr
