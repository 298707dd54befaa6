"""A mistyped command is not sent to a model."""

from __future__ import annotations

import pytest

from claif.cli.suggest import refuse_mistyped_command
from claif.errors import InvalidQueryError


def commands():
    return ["query", "providers", "models", "config", "plugins", "shout"]


@pytest.mark.parametrize(
    ("word", "command"),
    [
        *(("qurey", "query"), ("modles", "models"), ("cofnig", "config"), ("plugin", "plugins"), ("Query", "query")),
        *(
            ("help", "--help"),
            ("version", "--version"),
            ("model", "models"),
            ("provider", "providers"),
            ("conifg", "config"),
            ("shuot", "shout"),
            ("PLUGINS", "plugins"),
        ),
    ],
)
def test_it_is_refused_and_the_right_one_is_named(word, command):
    with pytest.raises(InvalidQueryError) as caught:
        refuse_mistyped_command([word, "hi there"], commands)
    assert f"`claif {command}`" in caught.value.hint
    assert f"claif -- {word} 'hi there'" in caught.value.hint
    assert caught.value.exit_code == 2


def test_a_command_behind_options_is_refused_too():
    with pytest.raises(InvalidQueryError, match="`models` is a command"):
        refuse_mistyped_command(["models", "list"], commands)


@pytest.mark.parametrize("words", [[], ["Name", "three"], ["hello"], ["why is the sky blue?"], ["query this for me"]])
def test_prompts_pass(words):
    refuse_mistyped_command(words, commands)
