"""The log of a command line: its level, and the file that the user's configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import logs

if TYPE_CHECKING:
    from ..config import Config


def start_log(config: Config, level: str | None) -> None:
    """Log as the configuration says, or at the level that the command line asks for.

    Args:
        config: the configuration; a relative `general.log_file` is in Claif's folder.
        level: the level that the command line asks for, if it does.
    """
    general = config.general
    file = config.home / Path(general.log_file).expanduser() if general.log_file else None
    logs.start(level or general.log_level, file)
