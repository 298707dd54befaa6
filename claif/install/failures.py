"""Why one way of installing did not work, where another may."""

from __future__ import annotations

from ..errors import InstallError


class Unavailable(InstallError):
    """What was to be installed cannot be had this way. It is caught where the ways are tried, and goes nowhere else."""
