"""Remote configuration: a table of settings, in TOML or JSON, that is fetched over HTTPS when a client opens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from .config.limits import MAX_FILE_BYTES
from .config.sources import ConfigSource
from .errors import ConfigurationError, InvalidConfigError

if TYPE_CHECKING:
    from .transport.headers import Headers

OK = 200

_URL = re.compile(r"(?P<origin>[A-Za-z]+://[^/?#]+)(?P<path>/[^?#]*)(?P<query>\?[^#]*)?")


def remote_source(
    name: str,
    url: str,
    *,
    headers: Headers = (),
    priority: int = 0,
    fatal: bool = False,
    timeout: float = 3.0,
    keep: bool = True,
    refresh: float = 0.0,
    allow_http: bool = False,
    ca_bundle: str | None = None,
) -> ConfigSource:
    """A source of configuration that lies on a web server.

    What it says is TOML, or JSON if the server or the end of the path says so, of at most 64 KiB, with the tables
    `general`, `processors` and `providers`. It may not set keys, and `${NAME}` in it stands for nothing.

    Args:
        name: what the user knows it by.
        url: https, or http on this machine; no redirect is followed.
        headers: sent along; a value may be a `Secret`.
        priority: sources with larger ones win; all of them yield to the user's file.
        fatal: whether nothing works without it; a value that was kept counts as an answer.
        timeout: seconds that it may take.
        keep: whether the last good value is kept, and used with a notice of its age while the server fails.
        refresh: seconds for which a value that was kept is used without asking the server again.
        allow_http: allow http to another machine.
        ca_bundle: file of the certificates to trust instead of the system's.
    """
    load = partial(_fetch, url, headers, allow_http, ca_bundle)
    cache = url if keep else ""
    return ConfigSource(name, load, priority, fatal, timeout, cache=cache, refresh=refresh)


async def _fetch(url: str, headers: Headers, allow_http: bool, ca_bundle: str | None) -> Mapping[str, Any]:
    from .transport.http import HTTP
    from .transport.limits import Limits

    match = _URL.fullmatch(url)
    if match is None:
        raise InvalidConfigError("The address is not of the form https://host/path.")
    where = match["origin"] + match["path"]
    async with HTTP() as http:
        endpoint = http.endpoint(
            match["origin"],
            headers=headers,
            allow_http=allow_http,
            ca_bundle=ca_bundle,
            limits=Limits(body=MAX_FILE_BYTES),
        )
        response = await endpoint.request("GET", match["path"] + (match["query"] or ""))
    if response.status != OK:
        raise ConfigurationError(f"{where} answered with the status {response.status}")
    kind = response.header("content-type") or ""
    is_json = kind.partition(";")[0].strip().lower() == "application/json" or where.endswith(".json")
    return _without_secrets(_parse(response.body, where, is_json=is_json))


def _parse(body: bytes, where: str, *, is_json: bool) -> dict[str, Any]:
    if is_json:
        from ._json import loads

        table = loads(body)
        if not isinstance(table, dict):
            raise InvalidConfigError(f"{where} is no JSON object")
        return table
    from .config.toml import parse_toml

    try:
        return parse_toml(body.decode("utf-8-sig"), where)
    except UnicodeDecodeError as error:
        raise InvalidConfigError(f"{where} is not UTF-8 (byte {error.start})") from None


def _without_secrets(table: dict[str, Any]) -> dict[str, Any]:
    from .config.last_good import secret_in

    if found := secret_in(table):
        raise InvalidConfigError(f"it sets {found}, and keys are never taken from the network")
    return table
