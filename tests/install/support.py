"""A small program to install, and the places that it comes from: a fake npm, and a wheel."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, evolve, field
from downloads.loopback import wheel_of

from claif.api import HTTP, Wheel
from claif.install.installer import Installer
from claif.install.program import LoginFile, NpmPackage, Program, WheelPackage

MACHINE = "linux-x64"
SCRIPT = b"#!/bin/sh\necho thing v1.2.3\n"
NODE_SCRIPT = f"#!{sys.executable}\n".encode() + Path(__file__).with_name("fake_node.py").read_bytes()


def thing_wheel(script: bytes = SCRIPT, **more: bytes) -> bytes:
    """A wheel that holds the program, and Python that nobody may run."""
    members = [("thing/__init__.py", b"raise SystemExit\n"), ("thing/bin/thing", script), ("thing/bin/data", b"x")]
    return wheel_of(*members, *more.items(), executable=("thing/bin/thing",))


WHEEL_DATA = thing_wheel()
FILE = "thing_bin-9.9-py3-none-any.whl"


def wheel_package(data: bytes = WHEEL_DATA, version: str = "1.2.3") -> WheelPackage:
    """How that wheel is described."""
    wheel = Wheel(project="thing-bin", version="9.9", file=FILE, sha256=hashlib.sha256(data).hexdigest())
    return WheelPackage(wheel=wheel, version=version, keep=("thing/bin/",), program="thing/bin/thing", megabytes=1)


THING = Program(
    name="thing",
    title="The Thing",
    executable="thing",
    version="1.2.3",
    npm={
        MACHINE: NpmPackage(
            name="@them/thing", program="bin/thing", integrity="sha512-pinned", megabytes=1, suffix="-linux-x64"
        )
    },
    wheels={MACHINE: wheel_package()},
    node=18,
    plugin="claif-thing",
    key_variables=("THING_KEY",),
    login_files=(LoginFile(path="~/.thing/auth.json", keys=("token.access",), variable="THING_HOME"),),
    login=("login",),
)
BY_NPM = evolve(THING, wheels={})
BY_WHEEL = evolve(THING, npm={})


@define
class FakeNode:
    """A folder with a fake Node.js and npm, and what they were told."""

    folder: Path
    settings: dict[str, Any] = field(factory=dict)

    def make(self, version: str = "20.1.0", npm: str | None = "10.2.0") -> FakeNode:
        """Put it there."""
        bin_folder = self.folder / "bin"
        bin_folder.mkdir(parents=True)
        (bin_folder / "node").write_bytes(NODE_SCRIPT)
        (bin_folder / "node").chmod(0o755)
        self.tell(version=version)
        if npm is not None:
            place = self.folder / "lib" / "node_modules" / "npm"
            (place / "bin").mkdir(parents=True)
            (place / "package.json").write_text(json.dumps({"name": "npm", "version": npm}))
            (place / "bin" / "npm-cli.js").write_text("")
        return self

    def tell(self, **settings: Any) -> None:
        """Say what it is to do."""
        self.settings |= settings
        (self.folder / "bin" / "fake.json").write_text(json.dumps(self.settings))

    @property
    def path(self) -> str:
        """The PATH with it."""
        return str(self.folder / "bin")

    @property
    def asked(self) -> list[dict[str, Any]]:
        """How npm was run."""
        log = self.folder / "bin" / "asked.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@define
class Bench:
    """An installer with a home of its own, and what it told."""

    home: Path
    environ: dict[str, str]
    told: list[str] = field(factory=list)

    @contextmanager
    def using(self, http: HTTP) -> Iterator[Installer]:
        """The installer."""
        yield Installer(http=http, home=self.home, machine=MACHINE, progress=self._tell, environ=self.environ)

    def _tell(self, what: str, _done: int, _total: int | None) -> None:
        if self.told[-1:] != [what]:
            self.told.append(what)

    async def install(self, program: Program = THING, **how: Any) -> tuple[Any, bool]:
        """Install."""
        async with HTTP() as http:
            with self.using(http) as installer:
                return await installer.install(program, **how)

    async def uninstall(self, program: Program = THING) -> bool:
        """Remove."""
        async with HTTP() as http:
            with self.using(http) as installer:
                return await installer.uninstall(program)

    @property
    def names(self) -> list[str]:
        """What is in the folder of programs beside locks, temporary files included."""
        folder = self.home / "programs"
        found = [item for item in folder.rglob("*") if not item.name.endswith(".lock")] if folder.exists() else []
        return sorted(str(item.relative_to(folder)) for item in found)


def version_of(path: Path | None) -> str:
    """What a program says of itself."""
    assert path is not None
    return subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
