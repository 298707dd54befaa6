"""The log of a command line: its level, and the file that the user's configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import logs

if TYPE_CHECKING:
    from ..config import Config
    from .session import Session


def start_log(config: Config, state: Session) -> None:
    """Log as the configuration says, or at the level that the command line asks for.

    Args:
        config: the configuration; a relative `general.log_file` is in Claif's folder.
        state: the switches of the command line.
    """
    general = config.general
    file = config.home / Path(general.log_file).expanduser() if general.log_file else None
    logs.start(state.log_level or general.log_level, file)


def read_config(state: Session) -> Config:
    """The configuration without what plugins' sources say; the log is started as it wants.

    Raises:
        ConfigurationError: it cannot be read.
    """
    from ..config import load_config

    config = load_config()
    start_log(config, state)
    return config
