"""Checks of the configuration: everything that is wrong with it at once, and who is asked by default."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config import Config
    from ..errors import ConfigurationError
    from .machine import Machine

_NOWHERE = ".no-project"
TEST_VARIABLES = frozenset({"CLAIF_FAKE_PROGRAM", "CLAIF_REQUIRE_ALL", "CLAIF_SKIP_MISSING"})
"""Variables of the tests of Claif."""
VARIABLES: Mapping[str, str] = {
    "CLAIF_DEFAULT_PROVIDER": "as `general.default_provider`",
    "CLAIF_DEPTH": "set by Claif for agents: how many run below one another",
    "CLAIF_DISABLE_PLUGINS": "distributions that are left alone, as `plugins.disable`, separated by commas",
    "CLAIF_HOME": "Claif's folder, in place of `~/.claif`",
    "CLAIF_LOG_LEVEL": "as `general.log_level`",
    "CLAIF_OFFLINE": "nothing is downloaded if it is neither empty nor `0`, `false` or `no`",
    "CLAIF_PLUGINS": "the only distributions that are used, separated by commas; none if it is empty",
    "CLAIF_RUN_ID": "set by Claif for agents: by it their processes are known",
    "CLAIF_TIMEOUT": "as `general.timeout`",
    "CLAIF_TRACE_HOOKS": "each call of a hook is printed to standard error if it is neither empty nor `0`",
}
"""The variables that mean something, beside those with two underscores, which name a setting."""


def problems(machine: Machine) -> Iterator[Finding]:
    """The user's file, the variables, and the project's file, each with all that is wrong in it."""
    from ..config import ConfigLoader
    from ..errors import ConfigurationError

    home = machine.home
    file = home / "config.toml"
    try:
        loader = ConfigLoader.read(home=home, environ=machine.environ, cwd=home / _NOWHERE)
        config = loader.build()
    except ConfigurationError as error:
        yield from _each(error, "settings")
        yield from _project(machine)
        return
    text = str(file) if file.exists() else f"there is no file yet; it would be {file}"
    yield Finding("settings", "ok", text)
    yield from _project(machine)
    yield from _notices(config)
    yield from _unset(config)


def _each(error: ConfigurationError, name: str) -> Iterator[Finding]:
    problems = getattr(error, "problems", ())
    hint = getattr(error, "hint", None)
    if not hint or hint == type(error).default_hint:
        # `claif config show`, to which the usual hint points, shows nothing as long as something is wrong.
        hint = "Correct it with `claif config edit`, or take the line out with `claif config unset NAME`."
    for problem in problems or (str(error),):
        yield Finding(name, "fail", problem, hint)


def _project(machine: Machine) -> Iterator[Finding]:
    """The file of the folder where we are, which is refused as a whole if anything in it is."""
    from ..config.files import read_text
    from ..config.project import FILE_NAME, check_project
    from ..config.toml import parse_toml
    from ..errors import ConfigurationError

    if machine.cwd is None:
        yield Finding("folder", "warn", "The folder where you are does not exist any more.", "cd somewhere else.")
        return
    path = machine.cwd / FILE_NAME
    try:
        file = read_text(path)
        if file is not None:
            config = machine._replace(cwd=machine.home / _NOWHERE).config()
            table = {"providers": config.providers}
            check_project(parse_toml(file.text, str(path)), str(path), allow=config.project.allow, user=table)
            yield Finding("project", "ok", str(path))
    except ConfigurationError as error:
        yield from _each(error, "project")


def _notices(config: Config) -> Iterator[Finding]:
    for notice in config.notices:
        what, colon, remedy = notice.rpartition(": chmod ")
        yield Finding("settings", "warn", what if colon else notice, f"chmod {remedy}" if colon else "")


def _unset(config: Config) -> Iterator[Finding]:
    """References to environment variables that are not set."""
    from ..config.references import Unresolved

    for name, value, origin in config.flat():
        if isinstance(value, Unresolved):
            missing = ", ".join(value.missing)
            yield Finding(
                name, "warn", f"It refers to {missing}, which is not set [{origin}].", f"export {value.missing[0]}=…"
            )


def variables(machine: Machine) -> Iterator[Finding]:
    """Variables that look as if they were for Claif and mean nothing."""
    from ..config.dotted import nearest

    given = sorted(name for name in machine.environ if name.startswith("CLAIF_"))
    for name in given:
        if name in VARIABLES or name in TEST_VARIABLES or name.startswith("CLAIF_TEST_") or "__" in name:
            continue
        near = nearest(name, VARIABLES).removeprefix("; ")
        yield Finding(
            name, "warn", f"There is no such variable{f': {near}' if near else '.'}", f"unset {name}, or correct it."
        )
    known = [name for name in given if name in VARIABLES or "__" in name]
    if known:
        yield Finding("variables", "ok", ", ".join(known))


def keys(machine: Machine) -> Iterator[Finding]:
    """Whether each key can be where the configuration says; no command is run, and no keyring is asked."""
    from ..config.keysource import written_source
    from ..errors import ClaifError

    config = machine.config()
    good = []
    for name in config.providers:
        setting = f"providers.{name}.api_key"
        source = written_source(config.written(("providers", name, "api_key")) or "")
        if source is None:
            continue
        try:
            _look_for_key(*source, setting, config)
        except ClaifError as error:
            yield Finding(setting, "fail", error.message, error.hint or "")
        else:
            good.append(f"{name} ({source[0]})")
    if good:
        yield Finding("keys", "ok", f"where they are said to be: {', '.join(good)}")


def _look_for_key(kind: str, value: Any, setting: str, config: Config) -> None:
    """Raise what using the key would raise, as far as that can be known."""
    if kind == "cmd":
        from ..config.keycommand import find_program

        find_program(value[0], setting)
    elif kind == "stored" and value not in config.stored_keys():
        from ..config.keyfile import no_such_key

        raise no_such_key(config.home, value)
    elif kind == "keyring" and find_spec("keyring") is None:
        from ..config.keyring import not_installed

        raise not_installed(setting)


def default(machine: Machine) -> Iterator[Finding]:
    """Who is asked when nobody is named."""
    from ..errors import ClaifError
    from ..plugin.manager import PluginManager
    from ..routing.default import choose_default

    config = machine.config()
    entries = PluginManager.for_config(config, environ=machine.environ).providers()
    usable = {name for name, entry in entries.items() if entry.state == "ready"}
    configured = config.general.default_provider
    try:
        choice = choose_default(configured, usable, machine.environ, () if configured else config.stored_keys())
    except ClaifError as error:
        yield Finding("default provider", "fail", error.message, error.hint or "")
        return
    yield Finding("default provider", "ok", f"{choice.name}, because {choice.reason}")
