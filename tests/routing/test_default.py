"""The default provider is the configured one, else one whose key is there, else the embedded model."""

from __future__ import annotations

import pytest

from claif.errors import ConfigurationError, InvalidConfigError
from claif.models import Options
from claif.routing.default import choose_default
from claif.routing.options import with_defaults

ALL = {"openai", "anthropic", "google", "local", "claude"}


def test_what_the_user_configured_wins_over_every_key() -> None:
    choice = choose_default("mine", ALL, {"OPENAI_API_KEY": "x"})
    assert (choice.name, choice.configured) == ("mine", True)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"OPENAI_API_KEY": "x", "ANTHROPIC_API_KEY": "x"}, "openai"),
        ({"ANTHROPIC_API_KEY": "x", "GEMINI_API_KEY": "x"}, "anthropic"),
        ({"GEMINI_API_KEY": "x"}, "google"),
        ({"GOOGLE_API_KEY": "x"}, "google"),
        ({"OPENAI_API_KEY": ""}, "local"),
        ({}, "local"),
    ],
)
def test_a_key_in_the_environment_chooses(environ: dict[str, str], name: str) -> None:
    choice = choose_default(None, ALL, environ)
    assert (choice.name, choice.configured) == (name, False)
    assert choice.reason


def test_a_key_for_a_provider_that_is_not_installed_chooses_nothing() -> None:
    assert choose_default(None, {"local"}, {"OPENAI_API_KEY": "x"}).name == "local"


def test_without_any_provider_the_error_says_what_to_do() -> None:
    """Agent CLIs are never chosen silently."""
    with pytest.raises(ConfigurationError) as caught:
        choose_default(None, {"claude"}, {})
    assert "claif config set" in (caught.value.hint or "")


def test_the_providers_options_hold_where_the_query_says_nothing() -> None:
    options = with_defaults(
        Options(temperature=0.0, extra={"top_k": 1}), {"temperature": 1, "max_tokens": 5, "top_k": 9, "min_p": 2}, "p"
    )
    assert options == Options(temperature=0.0, max_tokens=5, extra={"top_k": 1, "min_p": 2})
    assert with_defaults(Options(), {"stop": "END"}, "p").stop == ("END",)


def test_a_wrong_default_is_named_with_its_path() -> None:
    with pytest.raises(InvalidConfigError) as caught:
        with_defaults(Options(), {"max_tokens": "many", "seed": True}, "p")
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "providers.p.options.max_tokens",
        "providers.p.options.seed",
    ]
