"""Real shells complete: bash and zsh on a terminal, fish by its own question."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from needs import need

from ..terminal import Terminal

BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")


@pytest.fixture(autouse=True)
def installed(claif):
    """The scripts, where one command puts them."""
    for shell in ("bash", "zsh", "fish"):
        need(shutil.which(shell), shell)
        done = claif.run("completion", shell, "--install")
        assert done.returncode == 0, done.stderr


def on_terminal(claif, *command: str) -> Terminal:
    return Terminal(list(command), {**claif.env, "TERM": "xterm", "PS1": "ready> "}, claif.folder, 200, 24)


def type_into(terminal: Terminal, text: str) -> None:
    os.write(terminal._own, text.encode())


def completed(terminal: Terminal, line: str, wanted: str) -> None:
    """Type a line, press tab, and wait for what it becomes; then drop the line."""
    terminal.seen = b""
    type_into(terminal, line)
    terminal.read(line.encode())
    type_into(terminal, "\t")
    terminal.read(wanted.encode())
    type_into(terminal, "\x15")


CASES = [
    ("claif provid", "claif providers "),
    ("claif -p scri", "claif -p scripted "),
    ("claif -m llam", "claif -m llama3.2:3b "),
    ("claif config set general.log_level deb", "claif config set general.log_level debug "),
    ("claif sho", "claif shout "),
]


def test_bash_completes_a_command_whose_script_was_installed(claif):
    need(BASH_COMPLETION.exists(), "bash-completion")
    with on_terminal(claif, "bash", "--noprofile", "--norc", "-i") as terminal:
        terminal.read(b"ready> ")
        type_into(terminal, f"bind 'set enable-bracketed-paste off'; . {BASH_COMPLETION}; echo load''ed\n")
        terminal.read(b"loaded")
        for line, wanted in CASES:
            completed(terminal, line, wanted[len(line) :])
        completed(terminal, "claif -m llama3.2:", "3b ")
        type_into(terminal, "exit\n")
        terminal.end()


def test_bash_without_bash_completion_completes_after_sourcing_the_printed_script(claif):
    with on_terminal(claif, "bash", "--noprofile", "--norc", "-i") as terminal:
        terminal.read(b"ready> ")
        type_into(terminal, "bind 'set enable-bracketed-paste off'; eval \"$(claif completion bash)\"; echo load''ed\n")
        terminal.read(b"loaded")
        completed(terminal, "claif provid", "ers ")
        (claif.folder / "photo of me.png").write_bytes(b"")
        completed(terminal, "claif -a pho", "to\\ of\\ me.png ")
        type_into(terminal, "exit\n")
        terminal.end()


def test_zsh_completes(claif, user):
    folder = user / ".local/share/zsh/site-functions"
    with on_terminal(claif, "zsh", "-f", "-i") as terminal:
        type_into(terminal, f"unsetopt prompt_cr prompt_sp zle_bracketed_paste; fpath=({folder} $fpath)\n")
        type_into(terminal, "autoload -Uz compinit && compinit -u -D; unset zle_bracketed_paste; echo load''ed\n")
        terminal.read(b"loaded\r\n")
        for line, wanted in CASES:
            completed(terminal, line, wanted[len(line) :].rstrip())
        type_into(terminal, "exit\n")
        terminal.end()


@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_fish_completes(claif, line, wanted):
    done = subprocess.run(
        ["fish", "--private", "-c", f"complete --do-complete '{line}'"],
        env=claif.env,
        cwd=claif.folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split("\t")[0].strip() == wanted.rstrip().rpartition(" ")[2]
