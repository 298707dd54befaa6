"""What confines agents by the configuration, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..config.schema import Sandbox, size_in_bytes

if TYPE_CHECKING:
    from ..transport.sandbox.choose import Choice
    from ..transport.sandbox.policy import Limits


def limits_of(table: Sandbox) -> Limits:
    """The limits in the table `[sandbox]`."""
    from ..transport.sandbox.policy import Limits

    return Limits(
        memory=size_in_bytes(table.memory) if table.memory else None,
        cpu=table.cpu,
        processes=table.processes,
        file_size=size_in_bytes(table.file_size) if table.file_size else None,
    )


def usual_confinement(table: Sandbox) -> Choice:
    """What an agent that brings no sandbox of its own gets here.

    Args:
        table: the table `[sandbox]` of the configuration.

    Raises:
        SandboxError: it requires confinement that cannot be had.
    """
    from ..transport.sandbox.choose import choose
    from ..transport.sandbox.levels import available
    from ..transport.sandbox.policy import Policy

    policy = Policy(
        wish=table.level,  # type: ignore[arg-type] # the configuration has checked it
        network=table.network,  # type: ignore[arg-type] # likewise
        directory=Path.cwd(),
        limits=limits_of(table),
    )
    return choose(policy, available())
