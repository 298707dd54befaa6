"""The environment of a child: what every program needs, what its command says, and nothing else of ours."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ...config.secret import Secret
from ...errors import InvalidQueryError, ProviderInitError
from ...system import WINDOWS

PASSED_ON = frozenset(
    (
        *("PATH", "HOME", "LANG", "LANGUAGE", "TERM", "TMPDIR", "TZ", "USER", "LOGNAME", "SHELL"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    )
)
"""Also all that begin with `LC_`. What steers a program (LD_*, NODE_OPTIONS, PYTHON*, BASH_ENV, GIT_*) is not here."""
ON_WINDOWS = frozenset(
    (
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "USERNAME"),
        *("HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES"),
    )
)

RUN_ID = "CLAIF_RUN_ID"
"""Marks everything that one child starts, wherever it goes."""
DEPTH = "CLAIF_DEPTH"
DEEPEST = 2
"""How many agents may run one below the other: an agent that asks Claif for an agent, which may not go on so."""
_DEPTHS = tuple(map(str, range(DEEPEST)))


def minimal(environ: Mapping[str, str]) -> dict[str, str]:
    """The few variables of ours that every child gets; from PATH, only absolute entries."""
    wanted = PASSED_ON | ON_WINDOWS if WINDOWS else PASSED_ON
    found = {name: value for name, value in environ.items() if name in wanted or name.startswith("LC_")}
    if "PATH" in found:
        found["PATH"] = os.pathsep.join(filter(os.path.isabs, found["PATH"].split(os.pathsep)))
    return found


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """All variables of ours that make a difference to a child: those that it gets, and how deep we are ourselves."""
    return minimal(environ) | {DEPTH: str(_depth(environ))}


def child_environment(
    environ: Mapping[str, str], own: Mapping[str, str | Secret], *, run_id: str, tmp: str
) -> dict[str, str]:
    """All variables of a child.

    Args:
        environ: ours.
        own: those of its command, which win; secrets among them must have been fetched.
        run_id: what marks it and all that it starts.
        tmp: its private folder for temporary files.

    Raises:
        InvalidQueryError: a variable cannot be passed on.
    """
    found = minimal(environ) | {"TMPDIR": tmp}
    if WINDOWS:
        found |= {"TEMP": tmp, "TMP": tmp}
    for name, value in own.items():
        text = value.reveal() if isinstance(value, Secret) else value
        _check(name, text)
        found[name] = text
    found[RUN_ID] = run_id
    found[DEPTH] = str(_depth(environ) + 1)
    return found


def check_depth(environ: Mapping[str, str]) -> None:
    """Refuse an agent of an agent of an agent.

    Args:
        environ: ours.

    Raises:
        ProviderInitError: this Claif itself runs below an agent that runs below another one.
    """
    if _depth(environ) >= DEEPEST:
        raise ProviderInitError(
            "This Claif was started by an agent that an agent of Claif had started.",
            hint=f"Agents that start agents without end are stopped here ({DEPTH}); ask the model of an API instead.",
        )


def _depth(environ: Mapping[str, str]) -> int:
    text = environ.get(DEPTH, "0")
    return int(text) if text in _DEPTHS else DEEPEST


def _check(name: str, text: str) -> None:
    if not name or "=" in name or "\0" in name + text:
        raise InvalidQueryError(f"The environment variable {name[:80]!r} cannot be passed on.")
    try:
        os.fsencode(name + text)
    except UnicodeEncodeError:
        raise InvalidQueryError(f"The environment variable {name[:80]!r} is not valid Unicode.") from None
