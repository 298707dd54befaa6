"""The configuration answers for each value: what it is, and where it came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from claif.config import Config, ConfigLoader, ProviderSettings, Secret, SourceTable, claif_home, load_config
from claif.config.files import read_text
from claif.errors import ConfigurationError, InvalidConfigError

LAYERS = ["default", "plugin", "user", "project", "environment", "cli"]


@frozen(kw_only=True)
class Settings(ProviderSettings):
    path: str | None = None


@given(chosen=st.sets(st.sampled_from(LAYERS[1:])))
def test_the_highest_layer_that_sets_a_value_wins_and_is_named(tmp_path_factory, chosen):
    home = tmp_path_factory.mktemp("home")
    values = {kind: float(10 + index) for index, kind in enumerate(LAYERS)}
    user = '[project]\nallow = ["general.timeout"]\n'
    if "user" in chosen:
        user += f"[general]\ntimeout = {values['user']}\n"
    (home / "config.toml").write_text(user)
    if "project" in chosen:
        (home / ".claif.toml").write_text(f"general.timeout = {values['project']}")
    loader = ConfigLoader.read(
        home=home,
        cwd=home,
        environ={"CLAIF_TIMEOUT": str(values["environment"])} if "environment" in chosen else {},
        cli={"general": {"timeout": values["cli"] if "cli" in chosen else None}},
    )
    tables = [SourceTable("s", 0, {"general": {"timeout": values["plugin"]}})] if "plugin" in chosen else []
    config = loader.build(tables)
    winner = max(chosen, key=LAYERS.index, default="default")
    assert config.origin("general.timeout").kind == winner
    assert config.general.timeout == (600.0 if winner == "default" else values[winner])


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 9)), min_size=1, max_size=5))
def test_of_plugins_sources_the_largest_priority_wins(sources):
    tables = [
        SourceTable(f"s{index}", priority, {"general": {"timeout": value}})
        for index, (priority, value) in enumerate(sources)
    ]
    config = ConfigLoader.from_mapping({}).build(tables)
    best = max(tables, key=lambda table: (table.priority, table.name))
    assert config.general.timeout == best.table["general"]["timeout"]
    assert str(config.origin("general.timeout")) == f"plugin ({best.name})"


def test_a_provider_without_a_table_has_its_defaults(read):
    config = read().build()
    assert config.settings("local", Settings) == Settings()
    assert config.provider_type("local") == "local"


def test_a_table_says_which_plugin_serves_it(read):
    config = read('[providers.home]\ntype = "openai"').build()
    assert config.provider_type("home") == "openai"


def test_a_type_and_a_preset_are_a_provider_without_a_table(tmp_path) -> None:
    config = ConfigLoader.from_mapping({"providers": {"openai": {"model": "mine"}}}, home=tmp_path).build()
    assert config.provider_type("openai:groq") == "openai"
    settings = config.settings("openai:groq", ProviderSettings)
    assert (settings.type, settings.preset, settings.model) == ("openai", "groq", None)
    for name in ("openai:", "openai:../up", "openai:a:b"):
        with pytest.raises(InvalidConfigError, match="name"):
            config.settings(name, ProviderSettings)


def test_settings_that_the_provider_does_not_know_are_named_when_it_is_used(read):
    config = read('[providers.a]\npath = "/x"\nptah = 1\nmodle = 2').build()
    with pytest.raises(InvalidConfigError) as caught:
        config.settings("a", Settings)
    assert len(caught.value.problems) == 2
    assert 'providers.a.ptah: there is no such setting; did you mean "path"? [user (' in caught.value.problems[0]
    assert "2 problems" in caught.value.message


def test_what_is_known_of_every_provider_is_checked_at_once(read):
    with pytest.raises(InvalidConfigError) as caught:
        read('[providers.a]\nmodel = 1\nunknown = 1\n[providers.b]\nidle_timeout = "x"\n[providers."c d"]\n').build()
    names = [problem.partition(": ")[0] for problem in caught.value.problems]
    assert names == ["providers.a.model", "providers.b.idle_timeout", 'providers."c d"']


@pytest.mark.parametrize(
    ("user", "what"),
    [
        ("providers = 5", "providers: must be a table"),
        ("providers.a = 5", "providers.a: must be a table"),
        ("general = 5", "general: must be a table"),
        ("[genral]\nx = 1", 'genral: there is no such setting; did you mean "general"'),
        ("general.log_level = 'loud'", "must be one of trace, debug"),
        ("general.timeout = '30'", "must be a number, not text"),
        ("general.default_provider = 'a b'", "must be a name"),
        ("plugins.disable = 'x'", "plugins.disable: must be a list, not text"),
        ("plugins.providers.x = 1", r"plugins.providers\['x'\]: must be text"),
    ],
)
def test_a_wrong_setting_is_named_with_the_file(read, user, what):
    with pytest.raises(InvalidConfigError, match=what) as caught:
        read(user).build()
    assert "config.toml" in caught.value.problems[0]


def test_many_problems_are_cut_in_the_message_and_whole_in_the_list():
    with pytest.raises(InvalidConfigError) as caught:
        ConfigLoader.from_mapping({f"section{index}": 1 for index in range(40)}).build()
    assert len(caught.value.problems) == 40
    assert "and 28 more" in caught.value.message
    assert len(caught.value.to_dict()["problems"]) == 40


def test_a_setting_is_found_by_its_dotted_name(read):
    config = read('[providers.a]\nmodel = "m"\noptions.x = 1\n[providers."llama.cpp"]\nmodel = "l"').build()
    assert config.get("general.timeout") == 600.0
    assert config.get("general")["output"] == "auto"
    assert config.get("general.default_provider") is None
    assert config.get("providers.a.connect_timeout") == 10.0
    assert config.get("providers.a.options.x") == 1
    assert config.get('providers."llama.cpp".model') == "l"
    assert set(config.get("providers")) == {"a", "llama.cpp"}


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("general.timeot", "timeout"),
        ("genral.timeout", "general"),
        ("providers.opnai", "openai"),
        ("providers.openai.modle", "model"),
        ("providers.openai.options.x", ""),
        ("general.timeout.deeper", ""),
    ],
)
def test_a_name_that_is_not_set_is_an_error_with_the_nearest_one(read, name, near):
    config = read('[providers.openai]\nmodel = "m"').build()
    with pytest.raises(InvalidConfigError, match="is not set") as caught:
        config.get(name)
    assert f'"{near}"' in caught.value.message or not near


def test_every_setting_is_listed_with_its_origin(read):
    config = read('[providers.a]\napi_key = "sk"', environ={"CLAIF_TIMEOUT": "5"}).build()
    rows = {name: (value, origin.kind) for name, value, origin in config.flat()}
    assert rows["general.timeout"] == (5.0, "environment")
    assert rows["general.output"] == ("auto", "default")
    assert rows["providers.a.api_key"] == (Secret("sk"), "user")


def test_a_mapping_given_in_code_is_all_there_is(monkeypatch, tmp_path):
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path))
    monkeypatch.setenv("CLAIF_TIMEOUT", "1")
    monkeypatch.setenv("X", "1")
    (tmp_path / "config.toml").write_text("[general]\ntimeout = 2")
    mapping = {"general": {"log_level": None}, "providers.a.model": "${X}", "providers": {"a": {"api_key": "sk"}}}
    config = ConfigLoader.from_mapping(mapping).build()
    assert config.general.timeout == 600.0
    assert config.get("providers.a.model") == "${X}"
    assert config.providers["a"]["api_key"] == Secret("sk")
    assert config.home == tmp_path


@pytest.mark.parametrize("value", [object(), b"x", {1, 2}, float("nan"), "x" * 20_000, {1: 2}, [[[object()]]]])
def test_a_mapping_with_what_cannot_be_configured_is_refused(value):
    with pytest.raises(InvalidConfigError):
        ConfigLoader.from_mapping({"providers": {"a": {"options": {"x": value}}}})


def test_a_mapping_that_contains_itself_is_refused():
    table: dict = {}
    table["a"] = [table]
    with pytest.raises(InvalidConfigError):
        ConfigLoader.from_mapping({"providers": {"a": {"options": [table]}}})


def test_the_configuration_cannot_be_changed(read):
    config = read('[providers.a]\nmodel = "m"').build()
    with pytest.raises(AttributeError):
        config.general = None
    with pytest.raises(TypeError):
        config.providers["b"] = {}
    with pytest.raises(TypeError):
        config.providers["a"]["model"] = "x"


def test_home_is_where_the_variable_says_or_below_the_users_home(monkeypatch, tmp_path):
    assert claif_home({"CLAIF_HOME": "/x/y"}) == Path("/x/y")
    assert claif_home({"CLAIF_HOME": ""}) == claif_home({}) == Path.home() / ".claif"
    assert claif_home({"CLAIF_HOME": "~/c"}) == Path.home() / "c"
    monkeypatch.chdir(tmp_path)
    assert claif_home({"CLAIF_HOME": "here"}) == tmp_path / "here"


def test_a_system_without_a_home_is_a_typed_error(monkeypatch):
    def nowhere() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(ConfigurationError, match="home folder"):
        claif_home({})


def test_a_working_directory_that_is_gone_has_no_project(monkeypatch, home):
    def gone() -> Path:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "cwd", gone)
    assert load_config(home=home, environ={}).general.timeout == 600.0


def test_a_key_that_goes_where_a_plugins_source_says_is_announced(read):
    table = SourceTable("remote", 0, {"providers": {"a": {"base_url": "https://gateway.test", "preset": "x"}}})
    config = read('[providers.a]\napi_key = "sk"').build([table])
    assert config.notices == ("Your key for a goes to https://gateway.test, as the plugin source remote says.",)
    assert read('[providers.a]\napi_key = "sk"\nbase_url = "https://mine.test"').build([table]).notices == ()


@pytest.mark.parametrize("section", ["plugins", "project", "unheard"])
def test_a_plugins_source_sets_neither_plugins_nor_what_projects_may(section):
    with pytest.raises(InvalidConfigError, match=f"{section}: a plugin's source of configuration may not set this"):
        ConfigLoader.from_mapping({}).build([SourceTable("remote", 0, {section: {}})])


def test_a_plugins_table_beyond_the_limits_is_named():
    with pytest.raises(InvalidConfigError, match=r"longer than .* \[plugin \(remote\)\]"):
        ConfigLoader.from_mapping({}).build([SourceTable("remote", 0, {"general": {"output": "x" * 20_000}})])


def test_a_configuration_can_be_made_by_hand(tmp_path):
    config = Config(home=tmp_path, providers={"a": {"model": "m"}})
    assert config.settings("a", ProviderSettings).model == "m"
    assert config.origin("providers.a.model").kind == "default"


def test_a_configuration_does_not_print_its_secrets(read):
    loader = read('[providers.a]\napi_key = "sk-canary"', environ={"CLAIF_PROVIDERS__B__API_KEY": "sk-canary"})
    config = loader.build()
    assert "canary" not in repr([loader, loader.user, loader.variables, read_text(loader.home / "config.toml")])
    assert "canary" not in repr(config) + str(config.flat()) + repr(config.settings("b", ProviderSettings))
