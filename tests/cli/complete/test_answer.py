"""What can stand where the cursor is, as bash asks it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cli.complete import known
from claif.cli.complete.answer import torn_off
from claif.config.schema import SECTIONS, ProviderSettings
from claif.config.types import field_types
from claif.models import Options

NOT_LOADED = {"attr", "attrs", "trio", "pluggy", "cattrs", "loguru", "rich", "httpcore2", "tomlkit", "asyncio", "ssl"}


def ask(claif, line: str, word: str | None = None):
    word = line.rpartition(" ")[2] if word is None else word
    done = claif.run(_CLAIF_COMPLETE="bash_complete", COMP_LINE=line, COMP_WORD=word)
    assert done.stderr == b""
    return done.stdout.decode().split()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("claif pro", ["plain,providers"]),
        ("claif sho", ["plain,shout"]),
        ("claif --tim", ["plain,--timeout"]),
        ("claif --verb", ["plain,--verbose"]),
        ("claif -v --verbose --debug mode", ["plain,models"]),
        ("claif -vv models pull --verb", ["plain,--verbose"]),
        ("claif -p sc", ["plain,scripted"]),
        ("claif --provider=sc", ["plain,scripted"]),
        ("claif 'what is it' -p sc", ["plain,scripted"]),
        ("claif query -p ho", ["plain,home"]),
        ("claif models list -p ho", ["plain,home"]),
        ("claif models pull -p home lla", ["plain,llama3.2:3b"]),
        ("claif -m lla", ["plain,llama3.2:3b"]),
        ("claif -p home -m ll", ["plain,llama3.2:3b"]),
        ("claif -p scripted -m ll", []),
        ("claif -o max", ["plain,max_tokens="]),
        ("claif -a ", ["file,"]),
        ("claif --permission ", ["plain,ask", "plain,plan", "plain,edit", "plain,full"]),
        ("claif -p scripted --permission=p", ["plain,plan"]),
        ("claif --sandbox r", ["plain,require"]),
        ("claif query --directory ", ["dir,"]),
        ("claif --con", ["plain,--concurrency", "plain,--continue"]),
        ("claif config set sandbox.lev", ["plain,sandbox.level"]),
        ("claif config set sandbox.network p", ["plain,proxy"]),
        ("claif config set providers.agent.permission f", ["plain,full"]),
        ("claif config se", ["plain,set"]),
        ("claif config get providers.home.m", ["plain,providers.home.model"]),
        ("claif config get providers.ho", ["plain,providers.home.type", "plain,providers.home"]),
        ("claif config unset gen", ["plain,general.timeout", "plain,general"]),
        ("claif config set providers.scripted.mo", ["plain,providers.scripted.model"]),
        ("claif config set general.log_level w", ["plain,warning"]),
        ("claif config set general.default_provider ho", ["plain,home"]),
        ("claif config set providers.home.model l", ["plain,llama3.2:3b"]),
        ("claif config set general.timeout 1", []),
        ("claif completion z", ["plain,zsh"]),
        ("claif keys set ho", ["plain,home"]),
        ("claif plugins check claif-sc", ["plain,claif-scripted"]),
        ("claif nonsense with --no", ["plain,--no-cache", "plain,--no-stream", "plain,--no-plugins"]),
    ],
)
def test_what_is_completed(claif, line, wanted):
    found = ask(claif, line)
    if line.endswith("providers.ho"):
        assert set(wanted) <= set(found)
    else:
        assert found == wanted


def test_bash_keeps_what_stands_before_a_colon(claif):
    assert ask(claif, "claif -m llama3.2:", ":") == ["plain,3b"]
    assert ask(claif, "claif -m llama3.2:3", "3") == ["plain,3b"]
    assert ask(claif, "claif --model=llama3.2:3", "3") == ["plain,3b"]


def test_a_colon_within_quotes_does_not_tear_the_word(claif):
    assert ask(claif, 'claif -m "llama3.2:3', '"llama3.2:3') == ["plain,llama3.2:3b"]


@given(st.text(alphabet="ab:=-", max_size=12))
def test_what_bash_keeps_and_what_it_replaces_make_up_the_value(value):
    """The word that bash replaces is what follows the last colon."""
    before = torn_off(value, value.rpartition(":")[2])
    assert value.endswith(before + value.rpartition(":")[2]) or not before


def test_names_of_stored_keys_are_completed_and_the_keys_are_not_told(claif):
    path = claif.folder / "home" / "keys.json"
    path.write_text('{"work": "sk-canary", "home": "sk-canary"}')
    path.chmod(0o600)
    assert ask(claif, "claif keys delete ") == ["plain,home", "plain,work"]
    for text in ("[1]", "{", ""):
        path.write_text(text)
        assert ask(claif, "claif keys delete ") == []


def test_ids_of_conversations_are_completed_the_latest_first(claif):
    path = claif.folder / "home" / "conversations.json"
    path.write_text(
        json.dumps(
            [
                {"provider": "agent", "directory": "/a", "conversation": "c-1"},
                {"provider": "other", "directory": "/a", "conversation": "c-2"},
                {"provider": "agent", "directory": "/b", "conversation": "c-3"},
                {"provider": "agent", "directory": "/c", "conversation": "$(id)"},
            ]
        )
    )
    path.chmod(0o600)
    assert ask(claif, "claif -p agent --resume ") == ["plain,c-3", "plain,c-1"]
    assert ask(claif, "claif --resume c") == ["plain,c-3", "plain,c-2", "plain,c-1"]
    for text in ("[1]", "{", "", '[{"provider": "agent"}]', '{"a": 1}', "7"):
        path.write_text(text)
        assert ask(claif, "claif -p agent --resume ") == []


def test_names_that_a_shell_would_run_are_not_offered(claif):
    assert not [line for line in ask(claif, "claif -m ") if "evil" in line]
    assert not [line for line in ask(claif, "claif -p ") if "odd" in line]


@pytest.mark.parametrize("text", ["[broken", "x = " + "[" * 500, '[providers]\nhome = "text"\n'])
def test_with_a_broken_configuration_the_rest_is_completed(claif, text):
    claif.config(text)
    assert ask(claif, "claif -p sc") == ["plain,scripted"]
    assert ask(claif, "claif config set general.time") == ["plain,general.timeout"]


@pytest.mark.parametrize("instruction", ["bash_nonsense", "tcsh_complete", "bash", "x"])
def test_what_is_not_understood_is_answered_with_nothing(claif, instruction):
    done = claif.run(_CLAIF_COMPLETE=instruction, COMP_LINE="claif q")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_without_what_the_shell_should_have_told_there_is_no_traceback(claif):
    done = claif.run(_CLAIF_COMPLETE="bash_complete")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_models_that_were_listed_are_completed_until_others_are(claif, monkeypatch):
    monkeypatch.setenv("CLAIF_HOME", claif.env["CLAIF_HOME"])
    known.remember_models([("scripted", "alpha"), ("other", "beta")])
    known.remember_models([("scripted", "gamma")])
    assert ask(claif, "claif -p scripted -m ") == ["plain,gamma"]
    assert ask(claif, "claif -p other -m ") == ["plain,beta"]
    assert (claif.folder / "home" / "listed-models.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["[]", "{", '{"a": 1, "b": [1, "fine"]}', "[" * 9000])
def test_a_damaged_list_of_models_harms_nothing(claif, text):
    path = claif.folder / "home" / "listed-models.json"
    path.write_text(text, encoding="utf-8")
    assert ask(claif, "claif -m lla") == ["plain,llama3.2:3b"]


def test_where_nothing_can_be_kept_listing_models_works_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path / "file"))
    known.remember_models([("scripted", "alpha")])
    assert (tmp_path / "file").read_text() == ""


def test_an_endless_list_of_models_is_cut(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path))
    known.remember_models([("scripted", f"m{number}") for number in range(5000)])
    assert len(known.listed_models()["scripted"]) == 1000
    known.remember_models([("long", "x" * 70_000)])
    assert "long" not in known.listed_models()


def test_every_declared_setting_is_known():
    """The names are written down a second time so that attrs need not be imported; they must not drift."""
    declared = {
        name: [key for key, kind in field_types(cls).items() if "Mapping" not in str(kind)]
        for name, cls in SECTIONS.items()
    }
    assert {name: list(keys) for name, keys in known.SETTINGS.items()} == declared
    declared_provider = [key for key, kind in field_types(ProviderSettings).items() if "Mapping" not in str(kind)]
    assert list(known.PROVIDER_SETTINGS) == declared_provider
    assert set(known.OPTIONS) == {*field_types(Options)} - {"extra"}


@pytest.mark.parametrize("line", ["claif pro", "claif -p s", "claif -m l", "claif config set gen", "claif query --"])
def test_completing_loads_no_heavy_module_and_no_plugin(claif, line):
    code = (
        "import sys, json\nsys.argv = ['claif']\nfrom claif.cli import execute\n"
        "code = execute([])\nprint(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**claif.env, "_CLAIF_COMPLETE": "bash_complete", "COMP_LINE": line, "COMP_WORD": ""},
        capture_output=True,
        timeout=60,
    )
    code, names = json.loads(done.stderr)
    assert code == 0
    assert not NOT_LOADED & {name.partition(".")[0] for name in names}
    assert not [name for name in names if name.startswith("scripted")]


def cpu(claif, *args: str, **env: str) -> float:
    """The least CPU time of some runs, in seconds."""
    found = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        claif.run(*args, **env)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def test_a_press_of_the_tab_key_costs_little_more_than_the_version(claif):
    version = cpu(claif, "--version")
    for line in ("claif pro", "claif -p s", "claif config set gen"):
        assert cpu(claif, _CLAIF_COMPLETE="bash_complete", COMP_LINE=line) <= 2.5 * version + 0.01


def test_zsh_is_asked_with_words_and_completes_the_value_of_a_long_option(claif):
    env = {"_CLAIF_COMPLETE": "zsh_complete", "COMP_WORDS": "claif --provider=sc", "COMP_CWORD": "1"}
    assert claif.run(**env).stdout.decode().splitlines()[:2] == ["plain", "scripted"]
