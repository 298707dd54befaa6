"""Where completion scripts go, and that nothing else is harmed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claif.cli.complete import install as scripts
from claif.errors import InstallError


@pytest.mark.parametrize("shell", scripts.SHELLS)
def test_installing_twice_is_the_same_as_once_and_uninstalling_removes_it(claif, user, shell):
    done = claif.run("completion", shell, "--install")
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.decode().strip())
    assert path.is_relative_to(user)
    text = path.read_text()
    assert text == claif.run("completion", shell).stdout.decode()
    again = claif.run("completion", shell, "--install")
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert path.read_text() == text
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert claif.run("completion", shell, "--uninstall").stdout == done.stdout
    assert not path.exists()
    assert b"nothing to remove" in claif.run("completion", shell, "--uninstall").stderr


def test_an_old_script_of_ours_is_replaced(tmp_path):
    path = tmp_path / "claif"
    path.write_text(f"{scripts.MARK}\nold")
    assert scripts.install(path, f"{scripts.MARK}\nnew") is True
    assert path.read_text() == f"{scripts.MARK}\nnew"


def test_what_somebody_else_has_written_stays(claif, user):
    path = user / ".config" / "fish" / "completions" / "claif.fish"
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    for action in ("--install", "--uninstall"):
        done = claif.run("completion", "fish", action)
        assert done.returncode == 9
        assert str(path) in done.stderr.decode()
    assert path.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InstallError) as caught:
        scripts.install(tmp_path / "file" / "folder" / "claif", "text")
    assert "cannot be installed" in caught.value.message
    assert "printed" in (caught.value.hint or "")


def test_a_link_is_not_written_through(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text(scripts.MARK)
    (tmp_path / "claif").symlink_to(victim)
    with pytest.raises(InstallError):
        scripts.install(tmp_path / "claif", f"{scripts.MARK}\nnew")
    assert victim.read_text() == scripts.MARK


def test_the_shell_is_that_of_the_user_when_none_is_named(claif):
    assert claif.run("completion", SHELL="/usr/bin/zsh").stdout.startswith(b"#compdef claif\n")
    done = claif.run("completion", SHELL="/bin/tcsh")
    assert done.returncode == 2
    assert b"bash, zsh, fish" in done.stderr


def test_the_folders_of_the_user_are_obeyed(tmp_path):
    environ = {"XDG_DATA_HOME": "/data", "XDG_CONFIG_HOME": "/conf"}
    assert scripts.place("bash", environ, tmp_path).path == Path("/data/bash-completion/completions/claif")
    assert scripts.place("fish", environ, tmp_path).path == Path("/conf/fish/completions/claif.fish")
    environ = {"BASH_COMPLETION_USER_DIR": "/mine", "XDG_CONFIG_HOME": "relative"}
    assert scripts.place("bash", environ, tmp_path).path == Path("/mine/completions/claif")
    assert scripts.place("fish", environ, tmp_path).path == tmp_path / ".config/fish/completions/claif.fish"


def test_without_bash_completion_the_line_for_bashrc_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(scripts, "_LOADERS", ())
    assert "source '" in scripts.place("bash", {}, tmp_path).advice


def test_zsh_gets_it_in_a_folder_of_the_user_that_it_looks_into(claif, user):
    folder = user / ".zfunc"
    folder.mkdir()
    (user / ".zshrc").write_text(f"echo noise\nfpath=(/usr/nowhere {folder} $fpath)\n")
    done = claif.run("completion", "zsh", "--install")
    assert done.stdout.decode().strip() == str(folder / "_claif")
    assert b"fpath" not in done.stderr


def test_zsh_without_such_a_folder_is_told_where_to_look(claif, user):
    done = claif.run("completion", "zsh", "--install")
    assert done.stdout.decode().strip() == str(user / ".local/share/zsh/site-functions/_claif")
    assert b"fpath=(" in done.stderr


def test_a_zsh_that_never_comes_back_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(scripts, "PATIENCE", 0.05)
    program = tmp_path / "zsh"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    assert scripts.zsh_folders({"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}) == []
    assert scripts.zsh_folders({"PATH": ""}) == []
