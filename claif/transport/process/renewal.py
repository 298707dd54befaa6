"""The renewal of a process after a query, which another Claif can finish if nobody is to wait for it here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import trio

if TYPE_CHECKING:
    from .lease import Lease, Warm


@runtime_checkable
class Resumable(Protocol):
    """What a `Warm` has whose `renew` can be finished by another Claif."""

    @property
    def resumable(self) -> bool:
        """Whether nothing was read yet of what `renew` waits for."""

    async def begin_renewal(self) -> None:
        """Send what `renew` begins with; that goes on from there, here or, after `state` and `go_on`, elsewhere."""


class Renewal:
    """One renewal.

    1. What it begins with is sent; until then nothing is read.
    2. While nothing was read of the answer, it can be cut. The lease says so, and what comes is for who finishes it.
    3. From the first record on it goes on to its end.

    Args:
        lease: the use of the process that was the last.
    """

    def __init__(self, lease: Lease[Warm]) -> None:
        self.lease = lease
        self._waiting = trio.CancelScope()

    def cut(self) -> None:
        """Wait for nothing more, if another Claif can do so."""
        driver = self.lease.value
        if isinstance(driver, Resumable) and driver.resumable and driver.process.quiet:
            self._waiting.cancel()

    async def run(self) -> bool:
        """Get the process ready; whether that worked, as far as it went."""
        driver = self.lease.value
        if not isinstance(driver, Resumable):
            return await finish(self.lease)
        await driver.begin_renewal()
        with self._waiting:
            return await finish(self.lease)
        self.lease.renewing = driver.resumable
        return self.lease.renewing


async def finish(lease: Lease[Warm]) -> bool:
    """Finish a renewal, which may have been cut; whether that worked."""
    renewed = await lease.value.renew()
    lease.renewing = False
    return renewed
