"""The tables `[processors.NAME]` are settings of single processors, typed by the processor, each with its origin."""

from __future__ import annotations

import pytest
from attrs import field, frozen

from claif.config import ConfigLoader, SourceTable
from claif.config.edit import set_value, value_from_text
from claif.errors import InvalidConfigError


def _small(_instance: object, _attribute: object, value: int) -> None:
    if value > 9:
        raise ValueError("must be small")


@frozen(kw_only=True)
class Settings:
    directory: str | None = None
    loud: bool = False
    size: int = field(default=1, validator=_small)


TABLE = '[processors]\nenable = ["my-one"]\n[processors.my-one]\nsize = 3\ndirectory = "out"\n'


def test_a_processor_gets_its_own_settings(read) -> None:
    config = read(TABLE).build()
    assert config.processor("my-one", Settings) == Settings(size=3, directory="out")
    assert config.processor("other", Settings) == Settings()
    assert config.processors.enable == ("my-one",)


def test_settings_of_processors_are_shown_with_their_origin(read) -> None:
    config = read(TABLE).build()
    assert config.get("processors.my-one.size") == 3
    assert config.get("processors.my-one") == {"size": 3, "directory": "out"}
    assert config.origin("processors.my-one.size").kind == "user"
    assert ("processors.my-one.size", 3) in [(name, value) for name, value, _ in config.flat()]
    assert ("processors.enable", ("my-one",)) in [(name, value) for name, value, _ in config.flat()]


def test_everything_that_is_wrong_is_named_with_its_path(read) -> None:
    config = read("[processors.my-one]\nsize = 10\nlowd = true\ndirectory = 1\n").build()
    with pytest.raises(InvalidConfigError) as caught:
        config.processor("my-one", Settings)
    problems = "\n".join(caught.value.problems)
    assert "processors.my-one.size: must be small [user (" in problems
    assert 'processors.my-one.lowd: there is no such setting; did you mean "loud"?' in problems
    assert "processors.my-one.directory: must be text" in problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[processors]\nenabel = ["x"]\n', 'processors.enabel: there is no such setting; did you mean "enable"?'),
        ('[processors."a b"]\nx = 1\n', "is no name of a processor"),
        ("processors = 1\n", "processors: must be a table"),
    ],
)
def test_what_is_no_setting_of_any_processor_is_refused_at_once(read, text: str, problem: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        read(text).build()
    assert problem in "\n".join(caught.value.problems)


def test_variables_set_them_too_and_become_what_the_processor_declares(read) -> None:
    variables = {"CLAIF_PROCESSORS__MY_ONE__LOUD": "yes", "CLAIF_PROCESSORS__MY_ONE__SIZE": "4"}
    config = read(environ=variables).build()
    assert config.processor("my-one", Settings) == Settings(loud=True, size=4)
    with pytest.raises(InvalidConfigError, match=r"processors\.my-one\.size: must be a whole number"):
        read(environ={"CLAIF_PROCESSORS__MY_ONE__SIZE": "x"}).build().processor("my-one", Settings)


def test_only_the_users_file_says_where_something_is(read) -> None:
    with pytest.raises(InvalidConfigError, match=r"processors\.my-one\.directory: only your own file"):
        read(environ={"CLAIF_PROCESSORS__MY_ONE__DIRECTORY": "/tmp"}).build()
    with pytest.raises(InvalidConfigError, match=r"processors\.my-one\.directory: only your own file"):
        read().build([SourceTable("plugin", 0, {"processors": {"my-one": {"directory": "/tmp"}}})])
    source = SourceTable("plugin", 0, {"processors": {"my-one": {"size": 2}}})
    assert read().build([source]).processor("my-one", Settings).size == 2
    with pytest.raises(InvalidConfigError, match="may never set this"):
        read(project='[processors.my-one]\ndirectory = "/tmp"\n')


def test_a_reference_to_a_variable_that_is_not_set_is_told_when_the_setting_is_needed(read) -> None:
    config = read('[processors.my-one]\nname = "${ABSENT}"\n').build()
    with pytest.raises(InvalidConfigError, match="ABSENT is not set"):
        config.processor("my-one", Settings)


def test_they_can_be_set_by_the_command(home) -> None:
    path = home / "config.toml"
    set_value(path, "processors.my-one.size", value_from_text("processors.my-one.size", "5"))
    assert ConfigLoader.read(home=home, environ={}, cwd=home).build().processor("my-one", Settings).size == 5
