"""The layers are checked as a whole: what may come from where, what is not set, and what is announced."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from claif.config import ConfigLoader, ProviderSettings, SourceTable
from claif.config.keyfile import store_key
from claif.config.secret import Secret
from claif.config.show import show
from claif.config.toml import parse_toml
from claif.errors import InvalidConfigError


def source(table: Mapping[str, Any], name: str = "s") -> SourceTable:
    return SourceTable(name, 0, table)


def problems_of(loader: ConfigLoader, *tables: SourceTable) -> list[str]:
    """All that is wrong."""
    with pytest.raises(InvalidConfigError) as caught:
        loader.build(tables)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"general": {"log_file": "/tmp/x"}}, "general.log_file"),
        ({"providers": {"a": {"api_key": {"cmd": ["x"]}}}}, "providers.a.api_key"),
        ({"providers": {"a": {"model": "m"}, "b": {"api_key": {"stored": "x"}}}}, "providers.b.api_key"),
        ({"plugins": {}}, "plugins"),
        ({"project": {"allow": []}, "plugins": {}}, "plugins"),
    ],
)
def test_a_plugins_source_may_not_say_where_to_write_what_to_run_or_which_key(table, place):
    (problem,) = problems_of(ConfigLoader.from_mapping({}), source(table, "remote"))
    assert problem.startswith(f"{place}: a plugin's source of configuration may not set")
    assert problem.endswith("[plugin (remote)]")


@pytest.mark.parametrize(
    "table",
    [{"general": {"timeout": 5}}, {"providers": {"a": {"api_key": "k"}}}, {"processors": {"enable": ["x"]}}, {}],
)
def test_and_it_may_set_the_rest(table):
    ConfigLoader.from_mapping({}).build([source(table)])


def test_one_bad_source_does_not_hide_another_and_a_good_one_is_laid():
    found = problems_of(
        ConfigLoader.from_mapping({"general": {"timeout": -1}}),
        source({"plugins": {}}, "one"),
        source({"project": {}}, "two"),
    )
    assert [problem.partition(":")[0] for problem in found] == ["plugins", "project", "general.timeout"]


def test_an_unknown_section_is_named_with_the_nearest_one():
    (problem,) = problems_of(ConfigLoader.from_mapping({"provider": {}}))
    assert problem == 'provider: there is no such setting; did you mean "providers"? [user (given in code)]'
    (problem,) = problems_of(ConfigLoader.from_mapping({"genral": {}}))
    assert 'did you mean "general"?' in problem


def test_the_log_file_is_the_users_own_to_say(read, tmp_path):
    (problem,) = problems_of(read(environ={"CLAIF_GENERAL__LOG_FILE": str(tmp_path / "log")}))
    assert problem.startswith("general.log_file: only your own file may say where the log is written")
    path = str(tmp_path / "log")
    assert read(f'[general]\nlog_file = "{path}"').build().general.log_file == path


def test_a_variable_that_is_not_set_is_a_problem_at_its_place(read):
    (problem,) = problems_of(read('[general]\ndefault_provider = "${NOT_SET}"'))
    assert problem.startswith("general.default_provider: the environment variable NOT_SET is not set")
    (problem,) = problems_of(read('[general]\ndefault_provider = "${NOT_SET}-${NOR_THIS}"'))
    assert problem.startswith("general.default_provider: the environment variable NOT_SET, NOR_THIS is not set")


def test_a_missing_variable_of_a_provider_is_a_problem_only_when_the_provider_is_used(read):
    config = read('[providers.a]\napi_key = "${NOT_SET}"\nmodel = "m"\n[providers.b]\nmodel = "n"').build()
    assert config.settings("b", ProviderSettings).model == "n"
    with pytest.raises(Exception, match="NOT_SET"):
        config.settings("a", ProviderSettings)


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ({"providers": 5}, "providers: must be a table"),
        ({"providers": {"a": 5}}, "providers.a: must be a table"),
        ({"providers": {"a b": {}}}, 'providers."a b": is no name of a provider: letters, digits'),
        ({"providers": {"x" * 65: {}}}, "at most 64 characters"),
        ({"providers": {"a": {"model": 5}}}, "providers.a.model: "),
    ],
)
def test_what_is_no_table_of_a_provider_is_named(table, what):
    (problem,) = problems_of(ConfigLoader.from_mapping(table))
    assert what in problem
    assert problem.endswith("[user (given in code)]")


def test_a_stored_key_is_fetched_when_it_is_used_and_written_as_its_source(read, home):
    store_key(home, "work", Secret("sk-work-4711"))
    config = read(
        '[providers.c]\nmodel = "x"\n[providers.a]\nmodel = "m"\napi_key = {stored = "work"}\n'
        '[providers.b]\nmodel = "n"\napi_key = {stored = "work"}'
    ).build()
    for name, model in (("a", "m"), ("b", "n")):
        settings = config.settings(name, ProviderSettings)
        assert settings.model == model
        assert settings.api_key is not None
        assert settings.api_key.reveal() == "sk-work-4711"
        assert config.written(("providers", name, "api_key")) == '{stored = "work"}'
        assert {row.name: row.value for row in show(config)}[f"providers.{name}.api_key"] == '{stored = "work"}'
    assert config.settings("c", ProviderSettings).api_key is None


def test_a_provider_without_a_key_has_the_stored_one_of_its_name_unless_the_configuration_is_given_in_code(read, home):
    store_key(home, "a", Secret("sk-mine-4711"))
    table = {"providers": {"a": {"model": "m"}}}
    key = read('[providers.a]\nmodel = "m"').build().settings("a", ProviderSettings).api_key
    assert key is not None
    assert key.reveal() == "sk-mine-4711"
    assert ConfigLoader.from_mapping(table, home=home).build().settings("a", ProviderSettings).api_key is None


def test_the_tables_of_processors_are_checked_with_the_rest_and_kept(read):
    found = problems_of(read(environ={"CLAIF_PROCESSORS__ONE__PATH": "/tmp"}, cli={"processors": {"enabel": ["x"]}}))
    assert [problem.partition(":")[0] for problem in found] == ["processors.one.path", "processors.enabel"]
    config = read('[processors]\nenable = ["one"]\n[processors.one]\nsize = 3').build()
    assert config.processors.enable == ("one",)
    assert config.processor_tables == {"one": {"size": 3}}


def test_what_a_variable_says_becomes_what_the_provider_declares(read):
    config = read(environ={"CLAIF_PROVIDERS__A__MODEL": "5"}).build()
    assert config.settings("a", ProviderSettings).model == "5"


def test_what_a_source_has_to_tell_is_among_the_notices():
    old = SourceTable("old", 0, {}, notice="It is a week old.")
    assert ConfigLoader.from_mapping({}).build([old, source({})]).notices == ("It is a week old.",)


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("{}", "must be a key, or say where it is"),
        ('{stored = "a", keyring = "b/c"}', "must be a key, or say where it is"),
        ('{file = "/etc/passwd"}', "must be a key, or say where it is"),
        ('{stored = "a/b"}', "must be the name of a key"),
        ('{keyring = "noslash"}', '`keyring` must be "SERVICE/NAME"'),
        ("{cmd = []}", "`cmd` must be a list of texts"),
    ],
)
def test_a_source_of_a_key_that_says_nothing_is_named_at_its_place(read, written, what):
    found = problems_of(read(f"[providers.a]\napi_key = {written}\n[providers.b]\nmodel = 5"))
    assert len(found) == 2
    assert found[0].startswith("providers.a.api_key: ")
    assert what in found[0]
    assert found[1].startswith("providers.b.model")


def test_a_command_for_a_key_is_only_taken_from_the_users_file(read):
    found = problems_of(read(cli={"providers": {"a": {"api_key": {"cmd": ["sh"]}}}}))
    assert found == ["providers.a.api_key: only your own file may say `cmd` [cli]"]


def test_the_address_that_a_source_sets_is_announced_only_for_the_users_own_key():
    address = {"providers": {"a": {"base_url": "https://example.com/v1"}}}
    mine = ConfigLoader.from_mapping({"providers": {"a": {"api_key": "k"}, "b": {"api_key": "l"}}})
    assert mine.build([source(address, "remote")]).notices == (
        "Your key for a goes to https://example.com/v1, as the plugin source remote says.",
    )
    theirs = {"providers": {"a": {"base_url": "https://example.com/v1", "api_key": "t"}}}
    assert ConfigLoader.from_mapping({}).build([source(theirs)]).notices == ()
    both = ConfigLoader.from_mapping({"providers": {"a": {"api_key": "k", "base_url": "https://mine.example"}}})
    assert both.build([source(address)]).notices == ()


def test_thousands_of_providers_take_thousands_of_times_as_long_as_one():
    """Less than a tenth of what the assertion grants to slow machines; it was a hundred times as much once."""
    text = "".join([f"[providers.a{number:x}]\n" for number in range(3500)])
    began = time.process_time()
    config = ConfigLoader.from_mapping(parse_toml(text, "f")).build()
    for name in config.providers:
        config.settings(name, ProviderSettings)
    assert len(config.flat()) > 3500
    assert time.process_time() - began < 2


def test_of_thousands_of_unknown_keys_each_is_named():
    found = problems_of(ConfigLoader.from_mapping({"general": {f"timeout{number}": 1 for number in range(3000)}}))
    assert len(found) == 3000
    assert 'did you mean "timeout"' in found[0]
    assert found[-1] == "general.timeout2999: there is no such setting [user (given in code)]"
