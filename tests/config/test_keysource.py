"""A key is fetched from where the user's file says, when it is needed, within bounds, and shown to nobody."""

from __future__ import annotations

import sys
import time
import types
from pathlib import Path

import pytest

from claif.config import ConfigLoader, ProviderSettings, Secret, SourceTable, keycommand, keyring
from claif.config.bounded import call_bounded
from claif.config.keyfile import keys_path, store_key
from claif.config.show import as_text, show_one
from claif.errors import ClaifError, DependencyError, InvalidConfigError, MissingAPIKeyError

CANARY = "sk-canary-4f9a1c"


def python(code: str) -> str:
    """A command that runs some Python, as TOML."""
    return f"{{cmd = ['{sys.executable}', '-c', '''{code}''']}}"


def key(read, source: str, name: str = "a") -> Secret:
    found = read(f"[providers.{name}]\napi_key = {source}").build().settings(name, ProviderSettings).api_key
    assert found is not None
    return found


def test_a_stored_key_is_used_by_its_name(read, home: Path) -> None:
    store_key(home, "work", Secret(CANARY))
    found = key(read, '{stored = "work"}')
    assert found.pending
    assert found.reveal() == CANARY
    assert not found.pending


def test_a_stored_key_that_is_not_there_is_missing(read, home: Path) -> None:
    store_key(home, "work", Secret(CANARY))
    with pytest.raises(MissingAPIKeyError, match='did you mean "work"') as caught:
        key(read, '{stored = "wrok"}').reveal()
    assert "claif keys set wrok" in (caught.value.hint or "")


def test_a_provider_without_a_key_uses_the_stored_one_of_its_name(read, home: Path) -> None:
    store_key(home, "openai", Secret(CANARY))
    config = read("").build()
    found = config.settings("openai", ProviderSettings).api_key
    assert found is not None
    assert (found.reveal(), found.fallback) == (CANARY, True)
    assert config.settings("other", ProviderSettings).api_key is None


def test_configuration_from_code_uses_no_stored_key_unless_it_says_so(home: Path) -> None:
    store_key(home, "openai", Secret(CANARY))
    plain = ConfigLoader.from_mapping({}, home=home).build()
    assert plain.settings("openai", ProviderSettings).api_key is None
    assert plain.stored_keys() == {}
    explicit = ConfigLoader.from_mapping({"providers": {"x": {"api_key": {"stored": "openai"}}}}, home=home).build()
    found = explicit.settings("x", ProviderSettings).api_key
    assert found is not None
    assert found.reveal() == CANARY


@pytest.mark.parametrize("setting", [{"base_url": "https://evil.test"}, {"preset": "groq"}, {"type": "other"}])
def test_a_stored_key_does_not_go_where_a_plugins_source_says(read, home: Path, setting: dict[str, str]) -> None:
    store_key(home, "openai", Secret(CANARY))
    config = read("").build([SourceTable("remote", 0, {"providers": {"openai": setting}})])
    assert config.settings("openai", ProviderSettings).api_key is None


def test_a_command_runs_when_its_key_is_needed_and_once(read, tmp_path: Path) -> None:
    log = tmp_path / "log"
    found = key(read, python(f'open("{log}", "a").write("x"); print("  {CANARY}  ")'))
    assert found
    assert found != Secret(CANARY)
    assert not log.exists()
    assert [found.reveal(), found.reveal()] == [CANARY, CANARY]
    assert log.read_text() == "x"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (f'import sys; print("{CANARY}", file=sys.stderr); sys.exit(3)', "ended with exit code 3"),
        (f'print("{CANARY}"); raise SystemExit(1)', "ended with exit code 1"),
        ("print()", "printed nothing"),
        (f'print("{CANARY}\\n{CANARY}")', "more than one line"),
        ('import sys; sys.stdout.buffer.write(b"\\xff")', "no text"),
        ('while True: print("x" * 1000)', "more than 16 KiB"),
        ("input()", "ended with exit code 1"),
    ],
)
def test_a_command_that_gives_no_key_is_an_error_that_shows_nothing_of_its_output(read, capfd, code, what) -> None:
    with pytest.raises(MissingAPIKeyError, match=what) as caught:
        key(read, python(code)).reveal()
    out, err = capfd.readouterr()
    assert "canary" not in str(caught.value.to_dict()) + out + err
    assert "claif config get providers.a.api_key" in (caught.value.hint or "")


def test_a_command_that_takes_too_long_is_killed(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keycommand, "TIMEOUT", 0.3)
    began = time.monotonic()
    with pytest.raises(MissingAPIKeyError, match="took longer than"):
        key(read, python("import time; time.sleep(60)")).reveal()
    assert time.monotonic() - began < 30


def test_a_command_ends_when_nobody_waits_any_more(read) -> None:
    class GoneError(Exception):
        pass

    def alive() -> None:
        raise GoneError

    with pytest.raises(GoneError):
        key(read, python("import time; time.sleep(60)")).fetch(alive)


def test_a_command_has_no_shell(read, tmp_path: Path) -> None:
    found = key(read, "{cmd = ['echo', '$HOME;', '`id`', '$(id)']}")
    assert found.reveal() == "$HOME; `id` $(id)"


@pytest.mark.parametrize(("program", "what"), [("./op", "relative path"), ("no-such-program", "is not installed")])
def test_a_command_is_found_on_the_path_only(read, program: str, what: str) -> None:
    with pytest.raises(MissingAPIKeyError, match=what):
        key(read, f"{{cmd = ['{program}']}}").reveal()


def test_a_command_in_the_working_directory_is_not_run(read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / "op"
    planted.write_text("#!/bin/sh\necho stolen\n")
    planted.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".::bin")
    with pytest.raises(MissingAPIKeyError, match="not installed"):
        key(read, "{cmd = ['op']}").reveal()


def test_a_program_that_cannot_be_started_is_a_typed_error(read, tmp_path: Path) -> None:
    broken = tmp_path / "op"
    broken.write_bytes(b"\0")
    broken.chmod(0o755)
    with pytest.raises(MissingAPIKeyError, match="cannot be started"):
        key(read, f"{{cmd = ['{broken}']}}").reveal()


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("{}", "must be a key, or say where it is"),
        ('{file = "x"}', "must be a key, or say where it is"),
        ('{stored = "a", keyring = "b/c"}', "must be a key, or say where it is"),
        ('{stored = "a b"}', "must be the name of a key"),
        ("{stored = 5}", "must be the name of a key"),
        ('{keyring = "openai"}', 'must be "SERVICE/NAME"'),
        ("{keyring = 5}", 'must be "SERVICE/NAME"'),
        ("{cmd = []}", "must be a list of texts"),
        ('{cmd = "op read x"}', "must be a list of texts"),
        ('{cmd = ["op", 5]}', "must be a list of texts"),
        ('{cmd = [""]}', "must be a list of texts"),
        ('{cmd = ["op", "${X}"]}', "may not stand in an address, a path, a command"),
    ],
)
def test_what_says_nothing_about_a_key_is_refused_with_its_place(read, source: str, what: str) -> None:
    with pytest.raises(InvalidConfigError, match=r"providers\.a\.api_key") as caught:
        key(read, source)
    assert what in caught.value.message


def test_only_the_users_own_file_may_name_a_command(read) -> None:
    environ = {"CLAIF_PROVIDERS__A__API_KEY__CMD": '["id"]'}
    with pytest.raises(InvalidConfigError, match="only your own file may say `cmd`"):
        read("", environ=environ).build()
    with pytest.raises(InvalidConfigError, match="only your own file may say `cmd`"):
        read("", cli={"providers.a.api_key.cmd": ["id"]}).build()
    with pytest.raises(InvalidConfigError, match="may never set this"):
        read("[providers.a]", project='[providers.a.api_key]\ncmd = ["id"]')


@pytest.mark.parametrize("source", [{"cmd": ["id"]}, {"stored": "a"}, {"keyring": "a/b"}])
def test_no_plugins_source_may_say_where_a_key_is(read, source: dict[str, object]) -> None:
    table = {"providers": {"a": {"base_url": "https://evil.test", "api_key": source}}}
    with pytest.raises(InvalidConfigError, match="source of configuration may not set this"):
        read("").build([SourceTable("remote", 0, table)])


def test_a_variable_may_name_a_stored_key(read, home: Path) -> None:
    store_key(home, "work", Secret(CANARY))
    config = read("[providers.a]\nmodel = 'm'", environ={"CLAIF_PROVIDERS__A__API_KEY__STORED": "work"}).build()
    found = config.settings("a", ProviderSettings).api_key
    assert found is not None
    assert found.reveal() == CANARY


@pytest.mark.parametrize("variable", ["CLAIF_PROVIDERS__A__API_KEY", "CLAIF_PROVIDERS__A__API_KEY__STORED"])
@pytest.mark.parametrize("file", ['{keyring = "a/b"}', '"sk-in-clear"', '{stored = "other"}'])
def test_a_variable_that_names_a_key_takes_the_place_of_what_the_file_says(
    read, home: Path, variable: str, file: str
) -> None:
    store_key(home, "work", Secret(CANARY))
    text = "work" if variable.endswith("STORED") else '{stored = "work"}'
    config = read(f"[providers.a]\napi_key = {file}", environ={variable: text}).build()
    found = config.settings("a", ProviderSettings).api_key
    assert found is not None
    assert found.reveal() == CANARY
    assert config.origin("providers.a.api_key").kind == "environment"


def test_a_variable_may_not_name_a_command_in_either_form(read) -> None:
    with pytest.raises(InvalidConfigError, match="only your own file may say `cmd`"):
        read("", environ={"CLAIF_PROVIDERS__A__API_KEY": '{cmd = ["id"]}'}).build()


def test_the_place_of_a_key_is_shown_as_it_is_written(read) -> None:
    config = read('[providers.a]\napi_key = {cmd = ["op", "read", "x"]}').build()
    assert as_text(show_one(config, "providers.a.api_key")) == '{cmd = ["op", "read", "x"]}'
    assert config.origin("providers.a.api_key").kind == "user"


class Backend:
    """A keyring backend."""

    def __init__(self, module: str, priority: object = 5, answer: object = CANARY) -> None:
        self.__class__ = type("Keyring", (Backend,), {"__module__": module})
        self._priority, self._answer = priority, answer
        self.asked: list[tuple[str, str]] = []

    @property
    def priority(self) -> object:
        if isinstance(self._priority, Exception):
            raise self._priority
        return self._priority

    def get_password(self, service: str, user: str) -> object:
        self.asked.append((service, user))
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


SAFE = "keyring.backends.SecretService"


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch):
    def install(found: object) -> None:
        module = types.ModuleType("keyring")
        module.get_keyring = lambda: found
        monkeypatch.setitem(sys.modules, "keyring", module)

    return install


def test_a_key_comes_from_the_systems_keyring(read, backend) -> None:
    found = Backend(SAFE)
    backend(found)
    secret = key(read, '{keyring = "openai/me@example.com/x"}')
    assert found.asked == []
    assert secret.reveal() == CANARY
    assert found.asked == [("openai", "me@example.com/x")]


@pytest.mark.parametrize(
    "found",
    [
        Backend("keyrings.alt.file", 0.5),
        Backend("keyrings.alt.file", 9),
        Backend("keyring.backends.null", 9),
        Backend("keyring.backends.fail", 0),
        Backend(SAFE, 0.9),
        Backend(SAFE, RuntimeError("no D-Bus")),
    ],
)
def test_a_keyring_that_may_store_in_clear_is_refused(read, backend, found: Backend) -> None:
    backend(found)
    with pytest.raises(DependencyError, match="No keyring here keeps keys encrypted") as caught:
        key(read, '{keyring = "openai/me"}').reveal()
    assert found.asked == []
    assert "claif keys set" in (caught.value.hint or "")


def test_of_several_keyrings_only_the_safe_ones_are_asked(read, backend) -> None:
    clear, safe, empty = (
        Backend("keyrings.alt.file", 9),
        Backend(SAFE),
        Backend("keyring.backends.kwallet", answer=None),
    )
    chainer = Backend("keyring.backends.chainer", 10)
    chainer.backends = [clear, empty, safe]
    backend(chainer)
    assert key(read, '{keyring = "openai/me"}').reveal() == CANARY
    assert (clear.asked, len(empty.asked), len(safe.asked), chainer.asked) == ([], 1, 1, [])


def test_a_keyring_without_the_key_or_in_trouble_is_a_typed_error(read, backend) -> None:
    backend(Backend(SAFE, answer=None))
    with pytest.raises(MissingAPIKeyError, match="has nothing for openai/me") as caught:
        key(read, '{keyring = "openai/me"}').reveal()
    assert caught.value.hint == "Store it there: keyring set openai me"
    backend(Backend(SAFE, answer=RuntimeError(CANARY)))
    with pytest.raises(MissingAPIKeyError, match=r"failed \(RuntimeError\)") as caught:
        key(read, '{keyring = "openai/me"}').reveal()
    assert CANARY not in str(caught.value.to_dict())


def test_a_keyring_that_does_not_answer_is_not_waited_for(read, backend, monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Event

    monkeypatch.setattr(keyring, "TIMEOUT", 0.1)
    release = Event()
    found = Backend(SAFE)
    found.get_password = lambda *_: release.wait(10)
    backend(found)
    with pytest.raises(MissingAPIKeyError, match="did not answer"):
        key(read, '{keyring = "openai/me"}').reveal()
    release.set()


def test_without_the_package_the_extra_is_named(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(DependencyError, match="not installed") as caught:
        key(read, '{keyring = "openai/me"}').reveal()
    assert "claif[keyring]" in (caught.value.hint or "")


def test_what_a_bounded_call_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        call_bounded(lambda: 1 // 0, 5, lambda: None)
    assert call_bounded(lambda: 5, 5, lambda: None) == 5


def test_a_loose_keys_file_stops_who_would_use_it_and_nothing_else(read, home: Path) -> None:
    store_key(home, "openai", Secret(CANARY))
    keys_path(home).chmod(0o644)
    config = read("[providers.x]\napi_key = 'sk-own-key-123'").build()
    assert config.settings("x", ProviderSettings).api_key
    with pytest.raises(ClaifError, match="others can read"):
        config.settings("openai", ProviderSettings)
