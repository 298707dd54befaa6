"""What can go wrong between a client and a server, for `FaultProxy`; several faults together are one sick network.

In all of them "down" is from the server to the client, and an answer is what comes down until the client speaks again.
"""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen
from attrs.validators import ge, gt, in_, le, optional

Direction = Literal["both", "up", "down"]
DIRECTIONS = ("both", "up", "down")


@frozen(kw_only=True)
class Fault:
    """Any fault.

    Args:
        probability: the share of the connections that have it, from 0 to 1.
    """

    probability: float = field(default=1.0, validator=[ge(0), le(1)])


@frozen
class Latency(Fault):
    """Everything arrives later; the order stays.

    Args:
        seconds: by at least so much.
        jitter: and by up to so many seconds more, each piece by another time.
        direction: `both`, `up` or `down`.
    """

    seconds: float = field(default=0.0, validator=ge(0))
    jitter: float = field(default=0.0, validator=ge(0))
    direction: Direction = field(default="both", validator=in_(DIRECTIONS))


@frozen
class Bandwidth(Fault):
    """No more than so much passes.

    Args:
        rate: bytes a second.
        direction: `both`, `up` or `down`; each way has the whole rate.
    """

    rate: float = field(validator=gt(0))
    direction: Direction = field(default="both", validator=in_(DIRECTIONS))


@frozen
class Corrupt(Fault):
    """One byte of each answer becomes another one.

    Args:
        position: which byte, counted from 0; without it any of the first `within`.
        within: the range of a random position, in bytes.
    """

    position: int | None = field(default=None, validator=optional(ge(0)))
    within: int = field(default=1024, validator=gt(0))


@frozen
class SlowClose(Fault):
    """The end of the connection comes late, from the server's own close, `Cut` or `HalfClose`.

    Args:
        seconds: so much later.
    """

    seconds: float = field(validator=ge(0))


@frozen
class Refuse(Fault):
    """Nobody listens: connections are refused. Those that are open stay so, unless `Reset` goes with it.

    Its probability is that nobody listens at all, from the `set` on that names it.
    """


@frozen
class Ending(Fault):
    """What ends an answer, one of the classes below; of several, the earliest does.

    Args:
        after: so many bytes of the answer arrive. With 0 it comes at once: to a connection that has just been
            accepted, or to one that is open when `FaultProxy.set` names it.
    """

    after: int = field(default=0, validator=ge(0))


@frozen
class Reset(Ending):
    """The connection breaks with an error, as when a process or a machine dies."""


@frozen
class Cut(Ending):
    """The connection is closed in good order."""


@frozen
class HalfClose(Ending):
    """The server's side is closed; what the client says still arrives."""


@frozen
class BlackHole(Ending):
    """Silence: what the client says is read and lost, and the connection stays open."""
