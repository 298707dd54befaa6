"""Steps of a streamed response, and how a script that goes well turns into one that misbehaves; no I/O happens here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from .behaviour import Behaviour


@frozen
class Send:
    """Send these bytes as one event."""

    data: bytes


@frozen
class Stall:
    """Say nothing more, but keep the connection."""


@frozen
class Cut:
    """Break the connection."""


@frozen
class Flood:
    """Send these bytes for ever."""

    data: bytes


Step = Send | Stall | Cut | Flood


def event(data: object, name: str = "") -> bytes:
    """One server-sent event, with a name if the protocol gives its events names."""
    named = f"event: {name}\n".encode() if name else b""
    return named + b"data: " + json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def _misbehave(behaviour: Behaviour, failed: bytes, garbage: Mapping[str, bytes]) -> Sequence[Step]:
    if behaviour.fail:
        return [Send(failed)]
    if behaviour.bad == "line":
        return [Flood(b"data: " + b"x" * 65_536)]
    if behaviour.bad:
        return [Send(garbage[behaviour.bad])]
    return [Stall()] if behaviour.stall == "stream" else []


def play(
    behaviour: Behaviour,
    sends: Iterable[bytes],
    *,
    failed: bytes,
    garbage: Mapping[str, bytes],
    ending: bytes = b"",
    misbehave: bool = True,
) -> Iterator[Step]:
    """The steps of a streamed response of any protocol.

    Args:
        behaviour: where it misbehaves.
        sends: what is sent if it does not, one item for each event that `Behaviour` counts.
        failed: the protocol's error inside a stream.
        garbage: what is sent instead of an event, by the name that `Behaviour.bad` gives it.
        ending: sent after all others; no event.
        misbehave: whether `cut` still applies.
    """
    trouble = _misbehave(behaviour, failed, garbage)
    for number, data in enumerate(sends):
        if misbehave and number == behaviour.cut:
            yield from (Send(data[:20]), Cut())
            return
        if number == behaviour.short:
            return
        if number == behaviour.after:
            yield from trouble
            if behaviour.fail:
                return
        yield Send(data)
    if ending:
        yield Send(ending)
