"""The schema of the cache and of what clients share."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from attrs import field, frozen

from ..models.query import CACHE_MODES
from .duration import duration, seconds_of
from .schema import name_or_none, one_of, seconds, size_in_bytes
from .secret import Secret

DEFAULT_STORE = "sqlite"
_KEEP = "7d"
_MAX_SIZE = "500MB"


def _secret(value: str | Secret | None) -> Secret | None:
    return value if value is None or isinstance(value, Secret) else Secret(value)


def _size(_instance: Any, _attribute: Any, value: str) -> None:
    size_in_bytes(value)


@frozen(kw_only=True)
class CacheSettings:
    """The table `[cache]`: whether answers are kept and used again.

    Args:
        mode: `off`; `read-write`; `read-only`, which stores nothing; or `refresh`, which asks in any case and stores
            the new answer.
        ttl: how long an answer is used: `90s`, `15m`, `12h`, `7d`, `2w`.
        max_size: how large the store may grow, such as `500MB`; what was not used for the longest time makes room.
        store: where answers are kept: `sqlite`, `memory`, or what a plugin brings, such as `redis` and `memcached`.
        url: where the store's server is, such as `redis://127.0.0.1:6379/0`.
        password: the server's password, if it is not in the address: `"${VARIABLE}"`.
        salt: a text that all who share a store have in common, and nobody else; what is stored without it cannot be
            found. Without it, a random one that only this user has.
        sampled: whether answers are stored that would be others each time: those to queries that have neither a
            `temperature` of 0 nor a `seed`.
        pace: `at-once`, or `recorded`: with the pauses that the answer had.
        single_flight: whether equal queries that are asked at the same time are asked once.
        timeout: seconds that a query waits for the store at most.
    """

    mode: str = field(default="off", validator=one_of(*CACHE_MODES))
    ttl: str = field(default=_KEEP, validator=duration)
    max_size: str = field(default=_MAX_SIZE, validator=_size)
    store: str = field(default=DEFAULT_STORE, validator=name_or_none)
    url: Secret | None = field(default=None, converter=_secret)
    password: Secret | None = field(default=None, converter=_secret)
    salt: Secret | None = field(default=None, converter=_secret)
    sampled: bool = False
    pace: str = field(default="at-once", validator=one_of("at-once", "recorded"))
    single_flight: bool = True
    timeout: float = field(default=0.25, validator=seconds)

    @cached_property
    def seconds(self) -> float:
        """How long an answer is used, in seconds."""
        return seconds_of(self.ttl)

    @cached_property
    def bytes(self) -> int:
        """How large the store may grow."""
        return size_in_bytes(self.max_size)


@frozen(kw_only=True)
class SharedSettings:
    """The table `[shared]`: through what limits, budgets and the health of endpoints are shared between clients.

    Args:
        store: what a plugin brings, such as `redis`; nothing is shared when not given.
        url: where the server is; where the cache's is when not given.
        password: the server's password, if it is not in the address; the cache's when no `url` is given.
        prefix: what the names of everything that is shared begin with; those who share nothing need different ones.
        timeout: seconds that a query waits for the server at most; then it goes on with its own limits.
    """

    store: str | None = field(default=None, validator=name_or_none)
    url: Secret | None = field(default=None, converter=_secret)
    password: Secret | None = field(default=None, converter=_secret)
    prefix: str = field(default="claif", validator=name_or_none)
    timeout: float = field(default=0.25, validator=seconds)
