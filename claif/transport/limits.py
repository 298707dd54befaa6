"""How much a peer may send: beyond these bounds an answer is an error, not a full memory."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge

MIB = 1024 * 1024


@frozen
class Limits:
    """The bounds of one answer, in bytes.

    Args:
        line: one line of JSON lines.
        event: one server-sent event, with all its lines.
        body: one body that is read whole, and everything that a compressed answer unpacks to.
        total: everything that comes over one stream.
        ratio: how many times its size a compressed answer may unpack to, once it is larger than 1 MiB.
    """

    line: int = field(default=16 * MIB, validator=ge(1))
    event: int = field(default=16 * MIB, validator=ge(1))
    body: int = field(default=64 * MIB, validator=ge(1))
    total: int = field(default=512 * MIB, validator=ge(1))
    ratio: int = field(default=200, validator=ge(1))


DEFAULT_LIMITS = Limits()
