"""Draws the faults of one connection and says what they do to its bytes; no I/O happens here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from attrs import field, frozen

from .faults import Bandwidth, Corrupt, Direction, Ending, Fault, Latency, SlowClose

PIECE = 16_384
"""The most bytes that are read at once."""
PIECES_A_SECOND = 50
"""A narrow line passes about so many pieces a second, so that it flows rather than jumps."""


@frozen
class Pace:
    """How fast one direction is.

    Args:
        latency: seconds.
        jitter: seconds at most.
        rate: bytes a second.
    """

    latency: float = 0.0
    jitter: float = 0.0
    rate: float = float("inf")

    @property
    def piece(self) -> int:
        """How many bytes to read at once."""
        return int(max(1, min(PIECE, self.rate / PIECES_A_SECOND)))

    def due(self, now: float, before: float, size: int, rng: Random) -> float:
        """When what came now arrives.

        Args:
            now: the time, in seconds.
            before: when what came before it arrives.
            size: in bytes.
            rng: where the jitter comes from.
        """
        late = self.latency + (rng.uniform(0, self.jitter) if self.jitter else 0.0)
        return max(before, now + late) + size / self.rate


@frozen
class Plan:
    """The faults that one connection has.

    Args:
        faults: all of them.
        up: the pace towards the server.
        down: the pace towards the client.
        masks: what each byte of an answer is changed by, by its position; none of them is 0.
        slow_close: seconds by which the end comes later.
        ending: what ends an answer.
    """

    faults: Sequence[Fault] = ()
    up: Pace = Pace()
    down: Pace = Pace()
    masks: Mapping[int, int] = field(factory=dict)
    slow_close: float = 0.0
    ending: Ending | None = None

    def room(self, answered: int, size: int) -> int:
        """How many of so many next bytes of an answer arrive, of which so many have arrived already."""
        return size if self.ending is None else max(0, min(size, self.ending.after - answered))

    def corrupted(self, data: bytes, answered: int) -> tuple[bytes, int]:
        """The next bytes of an answer as they arrive, and how many of them are wrong."""
        hits = [position for position in self.masks if answered <= position < answered + len(data)]
        if not hits:
            return data, 0
        changed = bytearray(data)
        for position in hits:
            changed[position - answered] ^= self.masks[position]
        return bytes(changed), len(hits)


def draw(faults: Iterable[Fault], rng: Random) -> Plan:
    """Decide which of the faults a connection has."""
    drawn = [fault for fault in faults if rng.random() < fault.probability]
    masks: dict[int, int] = {}
    for fault in drawn:
        if isinstance(fault, Corrupt):
            position = rng.randrange(fault.within) if fault.position is None else fault.position
            masks[position] = rng.randrange(1, 256)
    endings = [fault for fault in drawn if isinstance(fault, Ending)]
    return Plan(
        drawn,
        up=_pace(drawn, "up"),
        down=_pace(drawn, "down"),
        masks=masks,
        slow_close=sum(fault.seconds for fault in drawn if isinstance(fault, SlowClose)),
        ending=min(endings, key=lambda ending: ending.after, default=None),
    )


def _pace(faults: Iterable[Fault], direction: Direction) -> Pace:
    latency, jitter, rate = 0.0, 0.0, float("inf")
    for fault in faults:
        match fault:
            case Latency(direction=where) if where in ("both", direction):
                latency += fault.seconds
                jitter += fault.jitter
            case Bandwidth(direction=where) if where in ("both", direction):
                rate = min(rate, fault.rate)
    return Pace(latency, jitter, rate)
