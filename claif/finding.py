"""Findings: what a check of this machine has found, and what to do about it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Verdict = Literal["ok", "warn", "fail"]


class Finding(NamedTuple):
    """What one check has found.

    Args:
        name: what was looked at.
        state: `ok`; `warn` if it works but should be changed; `fail` if something does not work because of it.
        detail: what was found, in one line; never a secret.
        remedy: what to do, a command where possible; empty if there is nothing to do.
        group: the heading that it stands under.
    """

    name: str
    state: Verdict
    detail: str
    remedy: str = ""
    group: str = ""
