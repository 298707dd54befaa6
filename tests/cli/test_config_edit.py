"""`claif config edit` gives a private copy to the editor, and loses neither the file nor what was typed."""

from __future__ import annotations

import os
import re
import shlex
import signal
import stat
import sys
import time
from pathlib import Path

import pytest

from claif.cli.editor import editor_command
from claif.errors import ConfigurationError, DependencyError

OLD = "# Mine.\n[general]\ntimeout = 30  # seconds\n"
GOOD = "# Mine.\n[general]\ntimeout = 40  # seconds\n"
BAD = "[general]\ntimeot = 1\n"


@pytest.fixture
def edit(cli, tmp_path):
    """Has the editor run this Python code, with `path` as the copy and `home` as Claif's folder."""

    def prepare(code: str) -> str:
        script = tmp_path / "editor.py"
        script.write_text(
            "import os, sys\nfrom pathlib import Path\npath = Path(sys.argv[1])\n"
            f"home = Path({str(tmp_path / 'home')!r})\nturns = Path({str(tmp_path / 'turns')!r})\n"
            "turn = len(turns.read_text()) if turns.exists() else 0\nturns.write_text('x' * (turn + 1))\n" + code
        )
        cli.env["EDITOR"] = shlex.join([sys.executable, str(script)])
        return cli.env["EDITOR"]

    return prepare


def user_file(cli) -> Path:
    return cli.folder / "home" / "config.toml"


def drafts(cli) -> list[Path]:
    return sorted((cli.folder / "home").glob(".edit-*"))


def kept(cli, done) -> str:
    """What is in the copy that the hint names."""
    found = re.search(r"Your text is kept in (\S+)", done.stderr.decode())
    assert found is not None, done.stderr.decode()
    return Path(found[1]).read_text()


def test_what_was_saved_takes_the_place_of_the_file(cli, edit):
    edit(f"path.write_text({GOOD!r})")
    done = cli.config(OLD).run("config", "edit")
    assert done.returncode == 0, done.stderr.decode()
    assert (done.stdout, user_file(cli).read_text()) == (b"", GOOD)
    assert "was written" in done.stderr.decode()
    assert stat.S_IMODE(user_file(cli).stat().st_mode) == 0o600
    assert drafts(cli) == []


def test_the_copy_is_the_file_and_nobody_else_can_read_it(cli, edit):
    edit(
        f"assert path.read_text() == {OLD!r}\nassert path.name == 'config.toml'\n"
        "assert path.stat().st_mode & 0o777 == 0o600\nassert path.parent.stat().st_mode & 0o777 == 0o700\n"
        "assert path.parent.parent == home"
    )
    done = cli.config(OLD).run("config", "edit")
    assert done.returncode == 0, done.stderr.decode()
    assert "Nothing was changed" in done.stderr.decode()
    assert drafts(cli) == []


def test_without_a_file_the_copy_explains_itself_and_is_written_only_if_it_was_changed(cli, edit):
    edit("assert '# [general]' in path.read_text()")
    assert cli.run("config", "edit").returncode == 0
    assert not user_file(cli).exists()
    edit(
        "text = path.read_text().replace('# [general]', '[general]')\n"
        "path.write_text(text.replace('# timeout', 'timeout'))"
    )
    done = cli.run("config", "edit")
    assert done.returncode == 0, done.stderr.decode()
    assert "\n[general]\n" in user_file(cli).read_text()


def test_an_editor_that_saves_by_renaming_and_leaves_backups_is_fine(cli, edit):
    edit(
        f"new = path.with_name('new')\nnew.write_text({GOOD!r})\n"
        "path.rename(path.with_name('config.toml~'))\nnew.rename(path)"
    )
    done = cli.config(OLD).run("config", "edit")
    assert done.returncode == 0, done.stderr.decode()
    assert user_file(cli).read_text() == GOOD
    assert drafts(cli) == []


@pytest.mark.parametrize(
    ("write", "what"),
    [
        (f"path.write_text({BAD!r})", 'did you mean "timeout"?'),
        ("path.write_text('[general')", "config.toml"),
        ("path.write_bytes(b'\\xff')", "not UTF-8"),
        ("path.write_text('#' * 70_000)", "larger than"),
        ("path.write_text('[providers.scripted]\\nmodle = \"x\"')", 'did you mean "model"?'),
        ("path.write_text('[processors]\\nenable = [\"nosuch\"]')", "there is no processor"),
        ("path.write_text('[providers.a]\\nbase_url = \"${HOST}\"')", "may not stand"),
    ],
)
def test_what_is_wrong_is_not_written_and_not_lost(cli, edit, write, what):
    edit(write)
    done = cli.config(OLD).run("config", "edit")
    assert done.returncode == 3
    assert what in done.stderr.decode()
    assert user_file(cli).read_text() == OLD
    assert len(drafts(cli)) == 1
    assert "Your text is kept in" in done.stderr.decode()


def test_the_text_that_is_kept_is_the_one_that_was_typed(cli, edit):
    edit(f"path.write_text({BAD!r})")
    assert kept(cli, cli.config(OLD).run("config", "edit")) == BAD


def test_a_file_with_two_mistakes_is_mended_one_by_one(cli, edit):
    broken = "[general]\ntimeot = 1\noutptu = 'x'\n"
    edit("path.write_text('[general]\\ntimeot = 1\\n')")
    done = cli.config(broken).run("config", "edit")
    assert done.returncode == 0, done.stderr.decode()
    assert user_file(cli).read_text() == BAD


def test_on_a_terminal_it_can_be_edited_again(cli, edit):
    edit(f"assert turn == 0 or path.read_text() == {BAD!r}\npath.write_text({GOOD!r} if turn else {BAD!r})")
    with cli.config(OLD).terminal("config", "edit") as terminal:
        terminal.read(b"Edit it again?")
        assert 'did you mean "timeout"?' in terminal.text
        os.write(terminal._own, b"\n")
        assert terminal.end() == 0
    assert user_file(cli).read_text() == GOOD
    assert drafts(cli) == []


@pytest.mark.parametrize("answer", [b"n\n", b"\x04"])
def test_on_a_terminal_it_can_be_left_and_the_text_is_kept(cli, edit, answer):
    edit(f"path.write_text({BAD!r})")
    with cli.config(OLD).terminal("config", "edit") as terminal:
        terminal.read(b"Edit it again?")
        os.write(terminal._own, answer)
        assert terminal.end() == 3
        assert "Your text is kept in" in terminal.text.replace("\n", " ")
    assert user_file(cli).read_text() == OLD
    (draft,) = drafts(cli)
    assert (draft / "config.toml").read_text() == BAD


@pytest.mark.parametrize(
    "meanwhile", [f"(home / 'config.toml').write_text({BAD!r})", "(home / 'config.toml').unlink()"]
)
def test_a_file_that_was_changed_meanwhile_is_not_overwritten(cli, edit, meanwhile):
    edit(f"path.write_text({GOOD!r})\n{meanwhile}")
    done = cli.config(OLD).run("config", "edit")
    assert done.returncode == 3
    assert "changed by somebody else meanwhile" in done.stderr.decode()
    assert not user_file(cli).exists() or user_file(cli).read_text() == BAD
    assert kept(cli, done) == GOOD


def test_two_who_edit_at_once_do_not_overwrite_each_other(cli, edit, tmp_path):
    go = tmp_path / "go"
    edit(
        f"import time\npath.write_text({OLD!r} + f'# {{os.getpid()}}\\n')\n"
        f"while not Path({str(go)!r}).exists(): time.sleep(0.02)"
    )
    cli.config(OLD)
    children = [cli.start("config", "edit") for _ in range(2)]
    deadline = time.monotonic() + 20
    while len(drafts(cli)) < 2 or len((tmp_path / "turns").read_text() if (tmp_path / "turns").exists() else "") < 1:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.3)
    go.touch()
    ends = sorted((child.wait(20), child.communicate()[1].decode()) for child in children)
    assert [code for code, _ in ends] == [0, 3]
    assert "meanwhile" in ends[1][1]
    assert len(drafts(cli)) == 1


@pytest.mark.parametrize("how", ["raise SystemExit(2)", "os.kill(os.getpid(), 15)"])
def test_an_editor_that_fails_writes_nothing(cli, edit, how):
    edit(f"path.write_text({GOOD!r})\n{how}")
    done = cli.config(OLD).run("config", "edit")
    assert done.returncode == 3
    assert "The editor" in done.stderr.decode()
    assert user_file(cli).read_text() == OLD
    assert kept(cli, done) == GOOD


def test_an_editor_that_takes_the_copy_away_changes_nothing(cli, edit):
    edit("path.unlink()")
    done = cli.config(OLD).run("config", "edit")
    assert done.returncode == 0
    assert user_file(cli).read_text() == OLD
    assert drafts(cli) == []


def test_an_editor_that_is_not_there_is_named(cli):
    done = cli.config(OLD).run("config", "edit", EDITOR="/nowhere/ed")
    assert done.returncode == 9
    assert "/nowhere/ed" in done.stderr.decode()
    assert drafts(cli) == []


def test_visual_comes_before_editor_and_may_have_arguments(cli, edit):
    right = edit(f"path.write_text({GOOD!r})")
    done = cli.config(OLD).run("config", "edit", VISUAL=right, EDITOR="false")
    assert done.returncode == 0, done.stderr.decode()
    assert user_file(cli).read_text() == GOOD


def test_ctrl_c_belongs_to_the_editor(cli, edit):
    edit(
        "import time\ntry:\n    print('editing', flush=True)\n    time.sleep(20)\nexcept KeyboardInterrupt:\n"
        f"    path.write_text({GOOD!r})"
    )
    with cli.config(OLD).terminal("config", "edit") as terminal:
        terminal.read(b"editing")
        os.killpg(terminal.child.pid, signal.SIGINT)
        assert terminal.end() == 0
    assert user_file(cli).read_text() == GOOD


def test_a_link_is_refused_before_anything_is_typed(cli, edit, tmp_path):
    edit("(home / 'started').touch()")
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "real.toml").write_text(OLD)
    user_file(cli).symlink_to(tmp_path / "real.toml")
    done = cli.run("config", "edit")
    assert done.returncode == 3
    assert "real.toml" in done.stderr.decode()
    assert not (tmp_path / "home" / "started").exists()


def test_a_key_that_is_newly_in_clear_is_told_once(cli, edit):
    edit("path.write_text('[providers.a]\\napi_key = \"sk-canary\"\\n')")
    done = cli.config(OLD).run("config", "edit")
    assert "providers.a.api_key now stands in the file in clear" in done.stderr.decode()
    assert "canary" not in done.stderr.decode()
    edit("path.write_text(path.read_text() + '# more\\n')")
    assert "in clear" not in cli.run("config", "edit").stderr.decode()


def test_the_editor_is_found(monkeypatch, tmp_path):
    assert editor_command({"VISUAL": " ", "EDITOR": "code --wait"}) == ["code", "--wait"]
    with pytest.raises(ConfigurationError, match="EDITOR"):
        editor_command({"EDITOR": "'unclosed"})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DependencyError):
        editor_command({})
    nano = tmp_path / "nano"
    nano.touch(mode=0o755)
    assert editor_command({}) == [str(nano)]
