"""A package index on loopback, and wheels to put on it."""

from __future__ import annotations

import http.server
import io
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from attrs import define, evolve, field

from claif.downloads.pip_settings import Sources


def wheel_of(*members: tuple[str, bytes], executable: tuple[str, ...] = ()) -> bytes:
    """A wheel of these files, or what looks like one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o100755 if name in executable else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(info, data)
    return buffer.getvalue()


@define
class Index:
    """A server on loopback: path -> (status, headers, body); it remembers what was asked."""

    url: str
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(factory=list)
    before: Callable[[str], None] = lambda _path: None

    def html(self, path: str, body: str) -> None:
        self.pages[path] = (200, {"content-type": "text/html"}, body.encode())

    def json(self, path: str, body: str) -> None:
        self.pages[path] = (200, {"content-type": "application/vnd.pypi.simple.v1+json"}, body.encode())

    def file(self, path: str, body: bytes) -> None:
        self.pages[path] = (200, {"content-type": "application/octet-stream"}, body)

    def redirect(self, path: str, target: str) -> None:
        self.pages[path] = (302, {"location": target}, b"")

    def offer(self, project: str, file: str, wheel: bytes) -> None:
        """A wheel, where a real index has it."""
        self.html(f"/simple/{project}/", f'<!doctype html><a href="../../files/{file}#sha256=00">wheel</a>')
        self.file(f"/files/{file}", wheel)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Clients that die in the middle are what some tests are about."""


@contextmanager
def serving() -> Iterator[Index]:
    """An index while it is served; two of them are two hosts, as far as credentials go."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            index.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            index.before(self.path)
            status, headers, body = index.pages.get(self.path, (404, {}, b"nothing"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    index = Index(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def holding(index: Index, part: str) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Paths with `part` in them are reached (first event) and stand still until they are let go (second event)."""
    reached, release = threading.Event(), threading.Event()

    def hold(path: str) -> None:
        if part in path:
            reached.set()
            release.wait(20)

    index.before = hold
    try:
        yield reached, release
    finally:
        release.set()


def environ_without_settings() -> dict[str, str]:
    """This environment without any settings of pip, uv, npm and Claif."""
    ours = ("PIP_", "UV_", "CLAIF_", "NPM_CONFIG_", "npm_config_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PIP_CONFIG_FILE": os.devnull}


UseSources = Callable[..., None]


def sources_teller(monkeypatch: pytest.MonkeyPatch) -> UseSources:
    """What says what pip would answer."""

    def use(**given: object) -> None:
        async def answer(_environ: object) -> Sources:
            return evolve(Sources(), **given)

        monkeypatch.setattr("claif.downloads.wheels.ask_pip", answer)

    return use


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as made:
        yield made


@pytest.fixture
def plain_environ() -> dict[str, str]:
    return environ_without_settings()


@pytest.fixture
def use_sources(monkeypatch: pytest.MonkeyPatch) -> UseSources:
    return sources_teller(monkeypatch)
