"""Variables configure what their names spell, with the types that the schema declares."""

from __future__ import annotations

import pytest
from attrs import frozen

from claif.config import ConfigLoader, ProviderSettings, Secret, SourceTable
from claif.errors import InvalidConfigError


@frozen(kw_only=True)
class Settings(ProviderSettings):
    path: str | None = None
    threads: int | None = None
    names: tuple[str, ...] = ()
    token: Secret | None = None


def test_short_and_long_names_configure_and_long_ones_win(read):
    config = read(environ={"CLAIF_TIMEOUT": "5", "CLAIF_LOG_LEVEL": "debug", "CLAIF_DEFAULT_PROVIDER": "a"}).build()
    assert (config.general.timeout, config.general.log_level, config.general.default_provider) == (5.0, "debug", "a")
    assert config.origin("general.timeout").where == "CLAIF_TIMEOUT"
    both = read(environ={"CLAIF_TIMEOUT": "5", "CLAIF_GENERAL__TIMEOUT": "7"}).build()
    assert both.general.timeout == 7.0
    assert str(both.origin("general.timeout")) == "environment (CLAIF_GENERAL__TIMEOUT)"


def test_texts_become_what_the_schema_declares(read):
    config = read(
        environ={
            "CLAIF_PROVIDERS__A__ALLOW_HTTP": "yes",
            "CLAIF_PROVIDERS__A__MODEL": "5",
            "CLAIF_PROVIDERS__A__API_KEY": "12345",
            "CLAIF_PROVIDERS__A__IDLE_TIMEOUT": "1.5",
            "CLAIF_PLUGINS__DISABLE": "one, two",
            "CLAIF_PLUGINS__CRITICAL": '["one", "two"]',
            "CLAIF_PLUGINS__PROVIDERS__OPENAI": "claif-openai",
        }
    ).build()
    settings = config.settings("a", ProviderSettings)
    assert settings.allow_http is True
    assert settings.model == "5"
    assert settings.api_key == Secret("12345")
    assert settings.idle_timeout == 1.5
    assert config.plugins.disable == config.plugins.critical == ("one", "two")
    assert config.plugins.providers == {"openai": "claif-openai"}


def test_settings_of_a_plugin_are_converted_by_its_own_class(read):
    config = read(
        environ={
            "CLAIF_PROVIDERS__A__PATH": "123",
            "CLAIF_PROVIDERS__A__THREADS": "4",
            "CLAIF_PROVIDERS__A__NAMES": "x,y",
            "CLAIF_PROVIDERS__A__TOKEN": "99",
        }
    ).build()
    assert config.get("providers.a.path") == 123
    settings = config.settings("a", Settings)
    assert (settings.path, settings.threads, settings.names) == ("123", 4, ("x", "y"))
    assert settings.token == Secret("99")


def test_a_text_that_does_not_fit_a_plugins_class_names_the_variable(read):
    config = read(environ={"CLAIF_PROVIDERS__A__THREADS": "many"}).build()
    with pytest.raises(InvalidConfigError, match=r"threads: must be a whole number \[environment \(CLAIF_PROVIDERS__A"):
        config.settings("a", Settings)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5),
        ("true", True),
        ("7", 7),
        ('"7"', "7"),
        ("hello", "hello"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("1979-05-27", "1979-05-27"),
        ("[1]", [1]),
        ("{a=1}", "{a=1}"),
        ("1\nb = 2", "1\nb = 2"),
        ("1 # x", 1),
        ("[" * 5000, "[" * 5000),
    ],
)
def test_unknown_settings_are_what_toml_takes_them_for_or_text(read, text, value):
    config = read(environ={"CLAIF_PROVIDERS__A__OPTIONS__X": text}).build()
    assert config.get("providers.a.options.x") == value


def test_providers_are_found_whatever_their_case_and_dashes(read):
    user = '[providers.My-Model]\nmodel = "m"\n[providers.other]\nmodel = "o"'
    config = read(user, environ={"CLAIF_PROVIDERS__MY_MODEL__MODEL": "new"}).build()
    assert dict(config.providers["My-Model"]) == {"model": "new"}
    assert "my_model" not in config.providers


def test_providers_known_by_plugins_and_sources_are_found_too(read):
    loader = read(environ={"CLAIF_PROVIDERS__CLAUDE_CODE__MODEL": "x", "CLAIF_PROVIDERS__FAR_AWAY__MODEL": "y"})
    tables = [SourceTable("remote", 0, {"providers": {"far-away": {"model": "z"}}})]
    config = loader.build(tables, provider_names=["claude-code"])
    assert config.providers["claude-code"]["model"] == "x"
    assert config.providers["far-away"]["model"] == "y"
    assert set(loader.build().providers) == {"claude_code", "far_away"}


def test_of_two_providers_that_match_the_one_spelt_alike_is_meant(read):
    user = '[providers.a-b]\nmodel = "dash"\n[providers.a_b]\nmodel = "line"'
    config = read(user, environ={"CLAIF_PROVIDERS__A_B__MODEL": "new"}).build()
    assert config.get("providers.a_b.model") == "new"
    assert config.get("providers.a-b.model") == "dash"


def test_empty_variables_and_those_of_other_programs_configure_nothing(read):
    config = read(environ={"CLAIF_TIMEOUT": "", "CLAIF_OFFLINE": "1", "CLAIF_HOME": "/x", "PATH": "/bin", "X__Y": "1"})
    assert config.variables == ()
    assert config.build().general.timeout == 600.0


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("CLAIF_TIMEOUT", "soon", "CLAIF_TIMEOUT: must be a number"),
        ("CLAIF_TIMEOUT", "nan", "must be a number of seconds"),
        ("CLAIF_TIMEOUT", "-1", "must be a number of seconds"),
        ("CLAIF_GENERAL__TIMEOT", "5", 'did you mean "timeout".*CLAIF_GENERAL__TIMEOT'),
        ("CLAIF_GENRAL__TIMEOUT", "5", 'did you mean "general"'),
        ("CLAIF_PROVIDERS__A", "5", "must be a table"),
        ("CLAIF_PROVIDERS__A__OPTIONS", "5", "is a table; set its keys"),
        ("CLAIF_PROVIDERS__A__ALLOW_HTTP", "maybe", "true or false"),
        ("CLAIF_PROVIDERS____MODEL", "x", "is no name of a provider"),
        ("CLAIF__X", "x", "no such setting"),
        ("CLAIF_PROVIDERS__A__MODEL", "x" * 20_000, "longer than"),
        ("CLAIF_PROVIDERS__A__" + "__".join("x" * 20), "1", "deeper than"),
        ("CLAIF_PLUGINS__DISABLE", "[1", "must be a list"),
        ("CLAIF_PLUGINS__DISABLE", "[1]", "must be text"),
        ("CLAIF_PROVIDERS", "x", None),
    ],
)
def test_a_wrong_variable_is_named(read, name, text, what):
    loader = read(environ={name: text})
    if what is None:
        assert loader.variables == ()
        return
    with pytest.raises(InvalidConfigError, match=what):
        loader.build()


def test_all_wrong_variables_are_named_at_once(read):
    with pytest.raises(InvalidConfigError) as caught:
        read(environ={"CLAIF_TIMEOUT": "x", "CLAIF_GENERAL__OUTPT": "y", "CLAIF_PROVIDERS__A__MODEL": "a b"}).build()
    assert len(caught.value.problems) == 3


def test_the_process_environment_is_the_default(monkeypatch, tmp_path):
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path))
    monkeypatch.setenv("CLAIF_TIMEOUT", "42")
    loader = ConfigLoader.read(cwd=tmp_path)
    assert loader.home == tmp_path
    assert loader.build().general.timeout == 42.0
