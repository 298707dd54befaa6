"""`claif doctor` from end to end."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from claif.doctor.examine import CHECKS

GROUPS = {*[group for group, _ in CHECKS], "Plugins", "Providers"}
CANARY = "sk-canary-0123456789abcdefghij"
BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
"""


def report(done):
    assert b"Traceback" not in done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def healthy(cli):
    """A machine on which a query would be answered."""
    folder = cli.folder / "bin"
    folder.mkdir()
    (folder / "claif").write_text(f"#!{sys.executable}\nfrom claif.cli import main\nmain()\n")
    (folder / "claif").chmod(0o755)
    cli.env.update(CLAIF_PLUGINS="claif-scripted", LC_ALL="C.UTF-8", PATH=f"{folder}:{os.environ['PATH']}")
    cli.env.pop("CLAIF_DEFAULT_PROVIDER")
    return cli.config('[general]\ndefault_provider = "scripted"\n')


def test_a_healthy_machine_has_no_failures(healthy):
    done = healthy.run("doctor", "--json")
    data = report(done)
    failed = [finding for finding in data["findings"] if finding["state"] == "fail"]
    # The scripted plugin has a command that cannot be loaded, which is nothing that loading its hooks would show.
    assert failed == []
    assert (done.returncode, data["ok"]) == (0, True)
    assert {finding["group"] for finding in data["findings"]} >= GROUPS
    assert all(set(finding) == {"group", "name", "state", "detail", "remedy"} for finding in data["findings"])


def test_people_get_groups_marks_remedies_and_a_summary(healthy):
    healthy.config('[general]\ntimeuot = 1\n[providers.x]\napi_key = "${NOT_THERE}"\n')
    done = healthy.run("doctor")
    text = done.stdout.decode()
    assert done.returncode == 1
    assert "✗ settings" in text
    assert "→ " in text
    assert text.splitlines()[0] == "Python"
    assert "failure" in text.splitlines()[-1]
    assert "\x1b" not in text


def test_marks_are_words_where_the_signs_cannot_be_shown(healthy):
    done = healthy.run("doctor", PYTHONIOENCODING="ascii")
    assert b"  ok   version" in done.stdout
    assert b"WARN characters" in done.stdout


def test_on_a_terminal_it_says_what_it_looks_at_and_colours_the_marks(healthy):
    with healthy.terminal("doctor", columns=120) as terminal:
        assert terminal.end() == 0
    assert b"Looking at Python" in terminal.seen
    assert "✓".encode() in terminal.seen
    assert b"\x1b[32m" in terminal.seen


def test_a_machine_on_which_everything_is_broken_gets_a_full_report(cli):
    cli.config(f'[providers.openai]\napi_key = "{CANARY}"\nbase_url = "http://x:{CANARY}@\n')
    home = cli.folder / "home"
    (home / "keys.json").write_text(f'{{"openai": "{CANARY}"')
    (home / "keys.json").chmod(0o644)
    home.chmod(0o777)
    (cli.folder / ".claif.toml").write_text('[plugins]\ndisable = ["all"]\n')
    done = cli.run(
        "doctor",
        "--json",
        "--network",
        CLAIF_TEST_HOOKS="broken",
        HTTPS_PROXY=f"ftp://user:{CANARY}@proxy",
        OPENAI_API_KEY=CANARY,
        SSL_CERT_FILE="/nowhere",
        CLAIF_TIMEOUT="soon",
        CLAIF_HOMEE="x",
        TERM="dumb",
        LC_ALL="C",
    )
    data = report(done)
    assert (done.returncode, data["ok"]) == (1, False)
    assert {finding["group"] for finding in data["findings"]} >= GROUPS
    failed = {(finding["group"], finding["name"]) for finding in data["findings"] if finding["state"] == "fail"}
    for wanted in (
        ("Files", "folder"),
        ("Files", "keys.json"),
        ("Configuration", "settings"),
        ("Configuration", "project"),
        ("Network", "HTTPS_PROXY"),
        ("Network", "SSL_CERT_FILE"),
        ("Plugins", "claif-scripted 1.0"),
    ):
        assert wanted in failed
    assert CANARY not in done.stdout.decode() + done.stderr.decode()
    home.chmod(0o700)


@pytest.mark.parametrize("names", [{"attr", "attrs"}, {"trio"}, {"pluggy"}, {"httpcore2"}])
def test_without_what_claif_needs_there_is_a_full_report(healthy, names):
    site = healthy.folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(BLOCKED.format(names=names))
    done = healthy.run("doctor", "--json", PYTHONPATH=f"{site}:{healthy.env['PYTHONPATH']}", timeout=100)
    data = report(done)
    assert {finding["group"] for finding in data["findings"]} >= {group for group, _ in CHECKS}
    assert done.returncode == 1
    text = " ".join(finding["detail"] for finding in data["findings"] if finding["state"] == "fail")
    assert any(name in text for name in names)


def test_no_plugins_leaves_them_out(healthy):
    data = report(healthy.run("doctor", "--no-plugins", "--json"))
    assert not [finding for finding in data["findings"] if finding["name"] == "scripted"]


def test_it_loads_no_plugin_itself(healthy):
    code = (
        "import sys, json\nfrom claif.cli import execute\nexecute(['doctor', '--json'])\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=healthy.env, capture_output=True, timeout=100)
    modules = set(json.loads(done.stderr.splitlines()[-1]))
    assert not {"scripted_plugin", "scripted_hooks", "trio"} & modules
