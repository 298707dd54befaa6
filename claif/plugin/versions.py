"""Compares versions as PEP 440 says; importing `packaging` for it would cost more than our whole start."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

_VERSION = re.compile(
    r"""v?(?:(\d+)!)?(\d+(?:\.\d+)*)                # epoch, release
    (?:[-_.]?(alpha|beta|preview|pre|rc|a|b|c)[-_.]?(\d*))?  # pre-release
    (?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?       # post-release
    (?:[-_.]?(dev)[-_.]?(\d*))?                     # development release
    (?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?           # local version""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_CLAUSE = re.compile(r"(~=|==|!=|<=|>=|<|>)\s*([^\s,;]+)", re.ASCII)
_PRE = {"alpha": 0, "a": 0, "beta": 1, "b": 1, "preview": 2, "pre": 2, "rc": 2, "c": 2}
_LONGEST = 200

Key = tuple[int, tuple[int, ...], tuple[int, int], int, float]


class Version(NamedTuple):
    """A version in parts that compare."""

    epoch: int
    release: tuple[int, ...]
    pre: tuple[int, int] | None
    post: int | None
    dev: int | None
    local: str

    @property
    def key(self) -> Key:
        """What versions are ordered by; the local part is left out."""
        pre = self.pre
        if pre is None:
            # Final releases come after their pre-releases, but 1.0.dev1 comes before 1.0a1.
            pre = (-1, 0) if self.post is None and self.dev is not None else (3, 0)
        post = -1 if self.post is None else self.post
        dev = float("inf") if self.dev is None else self.dev
        return self.epoch, _trimmed(self.release), pre, post, dev

    @property
    def is_pre(self) -> bool:
        """Whether it is a pre-release or a development release."""
        return self.pre is not None or self.dev is not None


def parse_version(text: str) -> Version | None:
    """The parts of a version; `None` if it has none of the forms that PEP 440 knows."""
    text = text.strip()
    match = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    epoch, release, pre, pre_number, post_dash, post, post_number, dev, dev_number, local = match.groups()
    if post_dash is not None:
        post_value: int | None = int(post_dash)
    else:
        post_value = int(post_number or 0) if post else None
    return Version(
        epoch=int(epoch or 0),
        release=tuple(int(part) for part in release.split(".")),
        pre=(_PRE[pre.lower()], int(pre_number or 0)) if pre else None,
        post=post_value,
        dev=int(dev_number or 0) if dev else None,
        local=(local or "").lower().replace("-", ".").replace("_", "."),
    )


def satisfies(version: str, specifiers: str) -> bool | None:
    """Whether a version is allowed by specifiers such as `>=2.0.0.dev0,<3`.

    Returns:
        `None` if the version or a specifier is in a form that is not understood.
    """
    parsed = parse_version(version)
    if parsed is None:
        return None
    allowed = True
    for raw in specifiers.split(","):
        clause = raw.strip()
        if not clause:
            continue
        match = _CLAUSE.fullmatch(clause)
        verdict = _holds(parsed, match[1], match[2]) if match else None
        if verdict is None:
            return None
        allowed = allowed and verdict
    return allowed


def _holds(version: Version, operator: str, text: str) -> bool | None:
    wild = text.endswith(".*")
    wanted = parse_version(text.removesuffix(".*"))
    if wanted is None or (wild and (operator not in {"==", "!="} or wanted.dev is not None or wanted.local)):
        return None
    if operator in {"==", "!="}:
        equal = _matches(version, wanted) if wild else _equal(version, wanted)
        return equal is (operator == "==")
    return None if wanted.local else _ORDERED[operator](version, wanted)


def _trimmed(release: tuple[int, ...]) -> tuple[int, ...]:
    end = len(release)
    while end > 1 and release[end - 1] == 0:
        end -= 1
    return release[:end]


def _equal(version: Version, wanted: Version) -> bool:
    return version.key == wanted.key and (not wanted.local or version.local == wanted.local)


def _matches(version: Version, prefix: Version) -> bool:
    length = len(prefix.release)
    padded = (version.release + (0,) * length)[:length]
    if version.epoch != prefix.epoch or padded != prefix.release:
        return False
    if prefix.post is not None:
        return version.pre == prefix.pre and version.post == prefix.post
    return prefix.pre is None or version.pre == prefix.pre


def _compatible(version: Version, wanted: Version) -> bool | None:
    if len(wanted.release) == 1:
        return None
    series = wanted._replace(release=wanted.release[:-1], pre=None, post=None, dev=None)
    return version.key >= wanted.key and _matches(version, series)


def _before(version: Version, wanted: Version) -> bool:
    """`<3` does not mean 3.0.dev1: pre-releases of the bound count as the bound, unless it is one itself."""
    if not version.key < wanted.key:
        return False
    same = version.epoch == wanted.epoch and _trimmed(version.release) == _trimmed(wanted.release)
    return not (same and version.is_pre and not wanted.is_pre)


def _after(version: Version, wanted: Version) -> bool:
    """`>3` does not mean 3.0.post1: post-releases of the bound count as the bound, unless it is one itself."""
    if not version.key > wanted.key:
        return False
    same = version.epoch == wanted.epoch and _trimmed(version.release) == _trimmed(wanted.release)
    return not (same and version.post is not None and wanted.post is None)


_ORDERED: Mapping[str, Callable[[Version, Version], bool | None]] = {
    "~=": _compatible,
    ">=": lambda version, wanted: version.key >= wanted.key,
    "<=": lambda version, wanted: version.key <= wanted.key,
    "<": _before,
    ">": _after,
}
