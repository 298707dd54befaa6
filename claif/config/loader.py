"""Loading: reads the layers of the configuration and builds the configuration of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from ..errors import ConfigurationError
from ..logs import logger
from .check import Problems, invalid, make
from .dotted import split
from .environment import Variable, find_variables
from .files import read_text
from .layers import check, lay
from .limits import find_excess
from .merge import DEFAULT, Merged, Origin, SourceTable
from .project import FILE_NAME, check_project
from .schema import Project
from .secret import seal
from .toml import parse_toml
from .userfile import UserLayer, user_layer

if TYPE_CHECKING:
    from .config import Config

USER_FILE = "config.toml"


def claif_home(environ: Mapping[str, str] | None = None) -> Path:
    """Claif's own folder: `CLAIF_HOME`, or `~/.claif`.

    Raises:
        ConfigurationError: the system does not tell where the user's home is.
    """
    given = (os.environ if environ is None else environ).get("CLAIF_HOME")
    try:
        return Path(given).expanduser().absolute() if given else Path.home() / ".claif"
    except RuntimeError:
        raise ConfigurationError("The home folder cannot be found.", hint="Set CLAIF_HOME to a folder.") from None


@frozen(kw_only=True)
class ConfigLoader:
    """The layers that are known without waiting; `build` makes a `Config` of them and of what plugins' sources gave."""

    home: Path
    user: UserLayer = field(factory=UserLayer)
    user_origin: Origin = field(default=Origin("user"))
    project: Mapping[str, Any] = field(factory=dict, repr=False)
    project_origin: Origin = field(default=Origin("project"))
    variables: tuple[Variable, ...] = field(default=(), repr=False)
    cli: Mapping[str, Any] = field(factory=dict, repr=False)
    stores_keys: bool = False
    """Whether a provider without a key uses the stored one of its name."""

    @classmethod
    def read(
        cls,
        *,
        home: Path | None = None,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        cli: Mapping[str, Any] | None = None,
    ) -> ConfigLoader:
        """Read the user's file, the project's file, the environment and the command line; nothing is waited for.

        Args:
            home: Claif's own folder; `claif_home()` when not given.
            environ: environment variables; those of this process when not given.
            cwd: where the project's file is; the working directory when not given.
            cli: what the command line sets: nested tables or dotted names; what is `None` is left out.

        Raises:
            InvalidConfigError: a file is malformed, too large or unsafe, or the project's file sets what it may not.
        """
        environ = os.environ if environ is None else environ
        home = claif_home(environ) if home is None else home
        path = home / USER_FILE
        file = read_text(path, private=True)
        logger.debug("configuration: {}{}", path, "" if file else " (there is none)")
        loader = cls(
            home=home,
            user=user_layer(file, environ) if file else UserLayer(),
            user_origin=Origin("user", str(path)),
            variables=find_variables(environ),
            cli=_given(cli or {}),
            stores_keys=True,
        )
        return loader._with_project(cwd)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], *, home: Path | None = None) -> ConfigLoader:
        """Take the configuration from a mapping; no file and no variable is looked at, but `CLAIF_HOME`.

        Raises:
            InvalidConfigError: it is too large, or has values that cannot be configured.
        """
        layer = UserLayer(_given(mapping))
        return cls(home=claif_home() if home is None else home, user=layer, user_origin=Origin("user", "given in code"))

    def _with_project(self, cwd: Path | None) -> ConfigLoader:
        try:
            path = (Path.cwd() if cwd is None else cwd) / FILE_NAME
        except OSError:  # The working directory is gone.
            return self
        file = read_text(path)
        if file is None:
            return self
        logger.debug("configuration: {}", path)
        table = parse_toml(file.text, str(path))
        trusted = lay(self, (), ()).merged
        problems = Problems(trusted.origin)
        allowed = make(Project, trusted.table.get("project", {}), ("project",), problems)
        if allowed is None:
            raise invalid(problems.found)
        check_project(table, str(path), allow=allowed.allow, user=trusted.table)
        return evolve(self, project=seal(table), project_origin=Origin("project", str(path)))

    def build(self, tables: Iterable[SourceTable] = (), *, provider_names: Iterable[str] = ()) -> Config:
        """Lay the layers over each other and check the result.

        Args:
            tables: what plugins' sources gave.
            provider_names: names of installed providers, so that variables can name them (`CLAUDE_CODE`).

        Raises:
            InvalidConfigError: settings are unknown or wrong; all are named, each with where it came from.
        """
        return check(self, lay(self, tables, provider_names))


def load_config(
    *,
    home: Path | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    cli: Mapping[str, Any] | None = None,
) -> Config:
    """Read and build the configuration, without plugins' sources; the arguments are those of `ConfigLoader.read`.

    Raises:
        InvalidConfigError: see `ConfigLoader`.
    """
    return ConfigLoader.read(home=home, environ=environ, cwd=cwd, cli=cli).build()


def _given(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """A mapping from code as a layer: dotted names unfolded, `None` left out, keys sealed."""
    merged = Merged()
    for name, value in _without_none(mapping).items():
        merged.put(split(name), value, DEFAULT)
    if excess := find_excess(merged.table):
        raise invalid([excess])
    sealed: dict[str, Any] = seal(merged.table)
    return sealed


def _without_none(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without_none(value) if isinstance(value, Mapping) else value
        for key, value in mapping.items()
        if value is not None
    }
