"""`${NAME}` in the user's file stands for a variable: once, where it is allowed, and missing only when it is used."""

from __future__ import annotations

import pytest

from claif.config import ProviderSettings, Secret
from claif.errors import ConfigurationError, InvalidConfigError, MissingAPIKeyError


def test_it_is_replaced_in_texts_and_in_lists(read):
    config = read(
        '[providers.a]\nmodel = "x-${REGION}"\noptions.user = "${A}-${B}"\noptions.stop = ["${A}", "end"]\n',
        environ={"REGION": "eu", "A": "1", "B": "2"},
    ).build()
    assert config.get("providers.a.model") == "x-eu"
    assert config.get("providers.a.options.user") == "1-2"
    assert config.get("providers.a.options.stop") == ["1", "end"]


def test_a_key_that_came_out_of_a_variable_is_a_secret(read):
    config = read('[providers.a]\napi_key = "${K}"', environ={"K": "sk-1"}).build()
    assert config.providers["a"]["api_key"] == Secret("sk-1")
    assert "sk-1" not in repr(config)


def test_what_comes_out_is_not_looked_at_again(read):
    config = read('[providers.a]\napi_key = "${A}"', environ={"A": "${B}", "B": "other"}).build()
    assert config.settings("a", ProviderSettings).api_key == Secret("${B}")


@pytest.mark.parametrize("environ", [{}, {"OPENAI_API_KEY": ""}])
def test_a_missing_key_is_an_error_only_for_the_provider_that_is_used(read, environ):
    config = read(
        '[providers.openai]\napi_key = "${OPENAI_API_KEY}"\n[providers.local]\nmodel = "m"', environ=environ
    ).build()
    assert config.settings("local", ProviderSettings).model == "m"
    assert not config.providers["openai"]["api_key"]
    with pytest.raises(MissingAPIKeyError, match=r"OPENAI_API_KEY.*providers\.openai\.api_key") as caught:
        config.settings("openai", ProviderSettings)
    assert (caught.value.hint or "").startswith(
        "Set it: export OPENAI_API_KEY=…; or store the key with `claif keys set openai`"
    )
    with pytest.raises(MissingAPIKeyError):
        config.get("providers.openai.api_key")


def test_a_missing_variable_in_another_setting_of_a_provider_is_an_error_when_it_is_used(read):
    config = read('[providers.a]\nmodel = "${MODEL}"').build()
    with pytest.raises(InvalidConfigError, match=r"MODEL is not set; providers\.a\.model"):
        config.settings("a", ProviderSettings)


def test_a_missing_variable_in_a_general_setting_is_an_error_at_once(read):
    with pytest.raises(InvalidConfigError, match=r"general\.output: the environment variable FORMAT is not set"):
        read('[general]\noutput = "${FORMAT}"').build()


@pytest.mark.parametrize(
    "setting",
    [
        'base_url = "https://x/${K}"',
        'path = "${K}"',
        'command = ["run", "${K}"]',
        'ca_bundle = "${K}"',
        'proxy-url = "${K}"',
        'headers.authorization = "${K}"',
        'env = {X = "${K}"}',
        'servers = [{base_url = "${K}"}]',
        'options.extra_headers = {x = "${K}"}',
    ],
)
def test_it_may_not_stand_where_it_says_where_data_goes_or_what_runs(read, setting):
    with pytest.raises(InvalidConfigError, match=r"may not stand in an address, a path, a command or a header"):
        read(f"[providers.a]\n{setting}", environ={"K": "secret-value"})


@pytest.mark.parametrize("text", ["${key}", "${}", "${A B}", "${1A}", "${A", "${A-x}", "${A:-default}", "${${A}}"])
def test_a_misspelt_reference_is_an_error_and_never_sent_as_a_key(read, text):
    with pytest.raises(InvalidConfigError, match=r"providers\.a\.api_key: .*in capitals"):
        read(f"[providers.a]\napi_key = '{text}'", environ={"A": "x"})


def test_other_dollars_are_left_alone(read):
    config = read('[providers.a]\nmodel = "$A-{B}-$"', environ={"A": "x"}).build()
    assert config.get("providers.a.model") == "$A-{B}-$"


def test_variables_and_the_command_line_are_taken_as_they_are(read):
    config = read(
        environ={"CLAIF_PROVIDERS__A__API_KEY": "${B}", "B": "x"}, cli={"providers": {"b": {"model": "${B}"}}}
    )
    built = config.build()
    assert built.settings("a", ProviderSettings).api_key == Secret("${B}")
    assert built.get("providers.b.model") == "${B}"


def test_all_wrong_references_are_named_with_the_file(read):
    with pytest.raises(ConfigurationError) as caught:
        read('[providers.a]\nbase_url = "${K}"\nmodel = "${lower}"\n')
    assert len(caught.value.problems) == 2
    assert all("config.toml" in problem for problem in caught.value.problems)
