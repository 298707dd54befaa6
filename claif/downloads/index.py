"""Where a file is on a package index: its simple pages, as JSON and as HTML, and folders of wheels."""

from __future__ import annotations

import os
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from .._json import loads
from ..errors import InstallError, ProtocolError

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


def find_link(page: bytes, content_type: str, base: str, file: str) -> str | None:
    """The URL of a file that a simple page links to.

    Args:
        page: the page.
        content_type: what it says it is; JSON is told from HTML by it.
        base: its URL, after redirects.
        file: name of the file.

    Returns:
        An absolute URL, or `None` if the page has no such link.

    Raises:
        InstallError: the link leads from the network into this machine's files, or from https to http.
        ProtocolError: the page is not what it says it is.
    """
    links = _json_links(page) if "json" in content_type.lower() else _html_links(page)
    for link in links:
        try:
            url = urljoin(base, link)
            found = unquote(urlsplit(url).path).rpartition("/")[2] == file
        except ValueError:
            continue
        if found:
            check_step(base, url)
            return url.partition("#")[0]
    return None


def check_step(base: str, url: str) -> None:
    """Refuse to be sent from the network into local files, or from a protected to an unprotected address.

    Raises:
        InstallError: it is refused.
    """
    before, after = split(base).scheme, split(url).scheme
    allowed = {"file": {"file", "https"}, "http": {"http", "https"}}.get(before, {"https"})
    if after not in allowed:
        raise InstallError(f"{shown(base)} leads to an address that is not safe to follow ({after or 'no scheme'}:).")


def split(url: str) -> SplitResult:
    """The parts of a URL, whose scheme is in lower case.

    Raises:
        InstallError: it is no URL.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InstallError("A package index has an address that is not valid.") from None
    return parts


def join(base: str, link: str) -> str:
    """The URL that a link on a page means.

    Raises:
        InstallError: it is none.
    """
    try:
        return urljoin(base, link)
    except ValueError:
        raise InstallError(f"{shown(base)} leads to an address that is not valid.") from None


def local_path(location: str) -> Path | None:
    """The path that a `file:` URL or a plain path means; `None` for what is on the network."""
    if location.lower().startswith("file:"):
        from urllib.request import url2pathname

        return Path(url2pathname(split(location).path))
    return None if "://" in location else Path(os.path.abspath(os.path.expanduser(location)))


def shown(location: str) -> str:
    """A location as it may be shown: without user name, password, query and fragment."""
    try:
        if local_path(location) is not None:
            return location
        parts = split(location)
    except InstallError:
        return "an address that is not valid"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def find_in_folder(folder: Path, file: str) -> str | None:
    """The path or URL of a file in a folder of wheels, or that the folder's `index.html` links to."""
    if (folder / file).is_file():
        return str(folder / file)
    for page in (folder, folder / "index.html"):
        if page.is_file():
            return find_link(page.read_bytes(), "text/html", page.as_uri(), file)
    return None


def _json_links(page: bytes) -> list[str]:
    data = loads(page)
    files = data.get("files") if isinstance(data, dict) else None
    if not isinstance(files, list):
        raise ProtocolError("The page of the package index has no list of files.")
    return [item["url"] for item in files if isinstance(item, dict) and isinstance(item.get("url"), str)]


def _html_links(page: bytes) -> list[str]:
    links = _Links()
    links.feed(page.decode("utf-8", "replace"))
    return [urljoin(links.base, link) for link in links.found] if links.base else links.found


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if tag == "a" and target:
            self.found.append(target)
        elif tag == "base" and target and not self.base:
            self.base = target
