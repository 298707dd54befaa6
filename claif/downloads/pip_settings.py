"""Which package indexes pip is configured to use: pip itself is asked, so that all of its rules hold."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import trio
from attrs import frozen

from ..errors import InstallError

TIMEOUT = 60.0
"""Seconds that pip may take to say how it is configured."""

QUESTION = """
import json, sys
sys.path[:0] = sys.argv[1:]
from pip._internal.commands import create_command
from pip._internal.models.index import PyPI
options, _ = create_command("download").parse_args([])
print(json.dumps({"default": PyPI.simple_url, "index": options.index_url, "extra": options.extra_index_urls,
    "links": options.find_links, "no_index": options.no_index, "trusted": options.trusted_hosts, "cert": options.cert}))
"""
"""Run by an interpreter of its own: pip is no library to import."""


@frozen
class Sources:
    """Where pip looks for packages.

    Args:
        links: folders, files and pages with links to packages (`--find-links`).
        indexes: URLs of indexes, the main one first.
        trusted: hosts that may be asked without TLS.
        ca_bundle: path of the certificates to trust instead of the system's.
    """

    links: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    trusted: frozenset[str] = frozenset()
    ca_bundle: str | None = None


async def ask_pip(environ: Mapping[str, str]) -> Sources:
    """Ask pip for its settings; what is set for uv fills in for what is not set for pip.

    Raises:
        InstallError: pip cannot be asked.
    """
    packages = find_pip()
    command = [sys.executable, "-P", "-c", QUESTION, *packages]
    with trio.move_on_after(TIMEOUT):
        done = await trio.run_process(command, capture_stdout=True, capture_stderr=True, check=False, env=environ)
        if done.returncode == 0:
            try:
                return combine(json.loads(done.stdout), environ)
            except (ValueError, KeyError, TypeError):
                pass
    raise InstallError(
        "pip does not say which package index it uses.", hint="See whether `python -m pip download --help` works."
    )


def find_pip() -> list[str]:
    """What has to come first on the path of the child to find pip there: nothing, or the copy that Python carries.

    Raises:
        InstallError: there is no pip at all.
    """
    if find_spec("pip") is not None:
        return []
    bundled = find_spec("ensurepip")
    for folder in (bundled.submodule_search_locations or ()) if bundled else ():
        wheels = sorted(Path(folder).glob("_bundled/pip-*.whl"))
        if wheels:
            return [str(wheels[-1])]
    raise InstallError(
        "Neither pip nor a copy of it is here to say which package index to use.",
        hint="Install pip into this environment, for example with `python -m ensurepip`.",
    )


def combine(answer: Mapping[str, Any], environ: Mapping[str, str]) -> Sources:
    """What pip answered, with uv's settings where pip has only its default.

    Args:
        answer: pip's settings, see `QUESTION`.
        environ: the environment, for uv's settings.
    """
    main = str(answer["index"] or answer["default"])
    if main == answer["default"]:
        main = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or main
    more = [*(answer["extra"] or ()), *_words(environ, "UV_INDEX"), *_words(environ, "UV_EXTRA_INDEX_URL")]
    links = [*(answer["links"] or ()), *_words(environ, "UV_FIND_LINKS")]
    indexes = () if answer["no_index"] else (_url(main), *map(_url, more))
    cert = answer["cert"]
    return Sources(
        links=tuple(dict.fromkeys(map(str, links))),
        indexes=tuple(dict.fromkeys(indexes)),
        trusted=frozenset(map(str, answer["trusted"] or ())),
        ca_bundle=os.path.abspath(cert) if cert else None,
    )


def _words(environ: Mapping[str, str], name: str) -> list[str]:
    return environ.get(name, "").replace(",", " ").split()


def _url(index: str) -> str:
    """The URL of an index that uv may know as `name=URL`."""
    name, equals, url = index.partition("=")
    return url if equals and "/" not in name else index
