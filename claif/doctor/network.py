"""Checks of the way out: proxies, trusted certificates. Nothing is connected to."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine

_PROXIES = ("https_proxy", "http_proxy", "all_proxy")


def proxies(machine: Machine) -> Iterator[Finding]:
    """The proxies that the environment names, without their passwords."""
    found = False
    for name in _PROXIES:
        variable = name if machine.environ.get(name) else name.upper()
        text = machine.environ.get(variable, "")
        if text:
            found = True
            yield _proxy(variable, text)
    without = machine.environ.get("no_proxy") or machine.environ.get("NO_PROXY")
    if not found:
        yield Finding("proxy", "ok", "none in the environment")
    elif without:
        yield Finding("NO_PROXY", "ok", without)


def _proxy(variable: str, text: str) -> Finding:
    from ..errors import InvalidConfigError
    from ..transport.proxies import parse_proxy

    try:
        parse_proxy(text, ssl.create_default_context)
    except InvalidConfigError as error:
        return Finding(variable, "fail", error.message, f"Correct {variable}, or unset it.")
    return Finding(variable, "ok", masked(text))


def masked(text: str) -> str:
    """The URL of a proxy without user name and password."""
    parts = urlsplit(text if "://" in text else f"http://{text}")
    account = "********@" if "@" in parts.netloc else ""
    return f"{parts.scheme}://{account}{parts.netloc.rpartition('@')[2]}"


def certificates(machine: Machine) -> Iterator[Finding]:
    """Whether there are certificates to trust."""
    for name, is_there in (("SSL_CERT_FILE", os.path.isfile), ("SSL_CERT_DIR", os.path.isdir)):
        given = machine.environ.get(name)
        if given and not is_there(given):
            kind = "file" if name.endswith("FILE") else "folder"
            yield Finding(name, "fail", f"There is no {kind} {given}.", f"unset {name}, or correct it.")
            return
    places = ssl.get_default_verify_paths()
    file = machine.environ.get("SSL_CERT_FILE") or places.cafile
    folder = machine.environ.get("SSL_CERT_DIR") or places.capath
    count = ssl.create_default_context().cert_store_stats()["x509_ca"]
    if not count and folder and os.path.isdir(folder):
        count = len(os.listdir(folder))
    where = file if file and os.path.exists(file) else folder or "the system's store"
    if count:
        yield Finding("certificates", "ok", f"{count} authorities in {where}; {ssl.OPENSSL_VERSION}")
    else:
        yield Finding(
            "certificates",
            "fail",
            "There is no authority to trust: no https will work.",
            "Install them: apt-get install ca-certificates, or set SSL_CERT_FILE.",
        )
