"""The machine that is examined: what checks look at, so that tests can show them another one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..config import Config


class Machine(NamedTuple):
    """What is examined.

    Args:
        environ: environment variables.
        path: `sys.path`.
        cwd: the working directory; `None` if it is gone.
    """

    environ: Mapping[str, str]
    path: Sequence[str]
    cwd: Path | None

    @classmethod
    def here(cls) -> Machine:
        """This machine."""
        try:
            cwd = Path.cwd()
        except OSError:
            cwd = None
        return cls(os.environ, tuple(sys.path), cwd)

    @property
    def home(self) -> Path:
        """Claif's own folder.

        Raises:
            RuntimeError: the system does not tell where the user's home is.
        """
        given = self.environ.get("CLAIF_HOME")
        return Path(given).expanduser().absolute() if given else Path.home() / ".claif"

    def config(self) -> Config:
        """The configuration; that of an empty file where the real one cannot be used."""
        from ..config import ConfigLoader
        from ..errors import ClaifError

        try:
            return ConfigLoader.read(home=self.home, environ=self.environ, cwd=self.cwd).build()
        except ClaifError:
            return ConfigLoader.from_mapping({}, home=self.home).build()
