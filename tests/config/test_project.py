"""The project's file may only choose among what the user has defined and allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.config.places import is_beyond_projects
from claif.config.project import check_project
from claif.errors import InvalidConfigError

USER = """
[project]
allow = ["general", "providers"]

[providers.fast]
type = "openai"
model = "mini"
api_key = "sk-user"

[providers.good]
type = "openai"
model = "large"

[providers.other]
model = "foreign"
"""


def test_output_and_temperature_are_allowed_from_the_start(read):
    config = read(
        '[providers.a]\nmodel = "m"', project='general.output = "json"\nproviders.a.options.temperature = 0.1'
    ).build()
    assert config.general.output == "json"
    assert config.get("providers.a.options.temperature") == 0.1
    assert config.origin("general.output").kind == "project"
    assert config.origin("general.output").where.endswith(".claif.toml")
    assert config.notices == ()


def test_what_the_user_does_not_allow_is_refused_and_named(read):
    with pytest.raises(InvalidConfigError) as caught:
        read('[providers.a]\nmodel = "m"', project="general.timeout = 5\ngeneral.log_level = 'debug'")
    assert {problem.partition(":")[0] for problem in caught.value.problems} == {"general.timeout", "general.log_level"}
    assert ".claif.toml" in caught.value.message
    allowed = "general.output,providers.*.options.temperature,general.timeout,general.log_level"
    assert (caught.value.hint or "").endswith(f"claif config set project.allow '{allowed}'")


def test_a_provider_and_a_model_are_chosen_among_the_users_and_announced(read):
    config = read(USER, project='general.default_provider = "fast"\nproviders.fast.model = "large"').build()
    assert config.general.default_provider == "fast"
    assert config.get("providers.fast.model") == "large"
    assert len(config.notices) == 2
    assert all(".claif.toml sets" in notice for notice in config.notices)
    assert "general.default_provider to fast" in config.notices[0]


def test_what_another_layer_overrules_is_not_announced(read):
    environ = {"CLAIF_DEFAULT_PROVIDER": "good"}
    config = read(USER, project='general.default_provider = "fast"', environ=environ).build()
    assert config.general.default_provider == "good"
    assert config.notices == ()


@pytest.mark.parametrize(
    ("project", "key"),
    [
        ('general.default_provider = "evil"', "general.default_provider"),
        ("general.default_provider = []", "general.default_provider"),
        ('providers.evil.model = "large"', "providers.evil.model"),
        ('providers.fast.model = "expensive"', "providers.fast.model"),
        ('providers.fast.model = "foreign"', "providers.fast.model"),
        ("providers.evil.options.temperature = 1", "providers.evil.options.temperature"),
    ],
)
def test_nothing_that_the_user_has_not_defined_can_be_chosen(read, project, key):
    with pytest.raises(InvalidConfigError, match="you have configured") as caught:
        read(USER, project=project)
    assert key in caught.value.message


@pytest.mark.parametrize(
    "line",
    [
        'providers.fast.base_url = "https://evil.test"',
        'providers.fast.api_key = "sk-mine"',
        'providers.fast.type = "evil"',
        'providers.fast.preset = "evil"',
        "providers.fast.allow_http = true",
        'providers.fast.ca_bundle = "evil.pem"',
        'providers.fast.command = ["sh", "-c", "id"]',
        'providers.fast.path = "/tmp/evil.gguf"',
        'providers.fast.env.LD_PRELOAD = "x"',
        'providers.fast.options.base_url = "https://evil.test"',
        'providers.fast.options.extra_headers = {x = "y"}',
        'providers.fast.options.nested = [{deep = [{api-key = "x"}]}]',
        'providers.fast.options.proxy_URL = "x"',
        'providers.fast.options.sandbox = "off"',
        'providers.fast.options.command = "x"',
        "providers.fast = {}",
        "providers = {}",
        'providers.fast.brand_new = "x"',
        'plugins.disable = ["guard"]',
        "plugins.critical = []",
        "plugins = {}",
        'processors.disable = ["redact"]',
        'processors.order = ["x"]',
        'project.allow = ["providers"]',
        'general.unknown = "x"',
        "general = {}",
        'general.output.deep = "x"',
        'brand_new.section = "x"',
        'home = "/tmp"',
    ],
)
def test_some_settings_are_never_a_projects_whatever_the_user_allows(read, line):
    everything = USER.replace('["general", "providers"]', '["general", "providers", "plugins", "processors", "*"]')
    with pytest.raises(InvalidConfigError, match="may never set this") as caught:
        read(everything, project=line)
    assert caught.value.problems
    assert "sk-user" not in str(caught.value)


def test_a_name_allows_all_below_it_and_a_star_one_part(read):
    user = USER.replace('["general", "providers"]', '["providers.*.options"]')
    config = read(user, project="[providers.fast.options]\ntop_p = 0.5\nstop = ['x']").build()
    assert config.get("providers.fast.options") == {"top_p": 0.5, "stop": ["x"]}
    with pytest.raises(InvalidConfigError, match="allow does not list"):
        read(user, project="[providers.fast]\nidle_timeout = 5")


@given(
    st.lists(
        st.sampled_from(["base_url", "BASE-URL", "x_url", "command", "env", "api_key", "my-token", "path", "plugins"]),
        min_size=1,
        max_size=3,
    ),
    st.lists(st.sampled_from(["a", "options", "b"]), max_size=3),
)
def test_a_forbidden_word_is_found_at_any_depth_of_the_options(words, others):
    path = ("providers", "x", "options", *others, *words, *others)
    assert is_beyond_projects(path)


def test_a_file_that_sets_nothing_is_fine():
    check_project({}, "f", allow=(), user={})


def test_control_characters_of_a_project_reach_no_terminal(read):
    with pytest.raises(InvalidConfigError) as caught:
        read(USER, project='"\\u001b]0;pwned\\u0007" = 1\ngeneral.default_provider = "\\u001b[2J"')
    assert caught.value.message.isprintable()


def test_a_malformed_project_file_is_an_error_that_names_it(read):
    with pytest.raises(InvalidConfigError, match=r"\.claif\.toml cannot be read"):
        read(project="[general")


def test_an_allow_list_that_is_no_list_of_names_is_the_users_error(read):
    with pytest.raises(InvalidConfigError, match=r"project\.allow"):
        read('[project]\nallow = "x"', project="general.output = 'json'")
    with pytest.raises(InvalidConfigError, match="not the name of a setting"):
        read('[project]\nallow = ["a b"]', project="general.output = 'json'")
