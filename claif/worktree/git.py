"""Git: runs it so that neither a repository nor a variable can have it run another program.

1. Hooks, watchers of files, pagers, external differs and converters are off, and so are filters by their names.
2. No protocol is allowed: what a partial clone lacks is not fetched.
3. No variable of ours that begins with `GIT_` reaches it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from attrs import evolve, field, frozen

from ..children import run_child
from ..errors import DependencyError, WorktreeError
from ..transport.process.environment import minimal
from ..transport.process.find import find_program

PATIENCE = 300.0
"""Seconds that one command of git may take."""
MOST_BYTES = 256 * 2**20
"""Of the output of one command: some millions of names."""
_MOST_WORDS = 300
"""Characters of what git says about a failure that are told."""

SETTINGS = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=",
    "core.safecrlf=false",
    "core.sparseCheckout=false",
    "core.splitIndex=false",
    "core.untrackedCache=false",
    "submodule.recurse=false",
    "worktree.useRelativePaths=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
VARIABLES = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}
_FILTERS = r"^filter\..*\.(clean|smudge|process|required)$"


@frozen(kw_only=True)
class Git:
    """The program, and what it is always given.

    Args:
        program: its absolute path.
        folder: where it works.
        variables: beside the few that every child gets, and those that keep it harmless.
        settings: `name=value`, beside those that keep it harmless.
    """

    program: Path
    folder: Path
    variables: Mapping[str, str] = field(factory=dict)
    settings: tuple[str, ...] = ()

    def at(self, folder: Path, **variables: str | Path) -> Git:
        """The same elsewhere, with further variables."""
        found = {**self.variables, **{name: str(value) for name, value in variables.items()}}
        return evolve(self, folder=folder, variables=found)

    async def tried(self, *arguments: str | Path) -> tuple[int, bytes, str]:
        """The exit code of a command, its output, and what it says beside that, in one line.

        Raises:
            WorktreeError: it took longer than `PATIENCE`, said more than `MOST_BYTES`, or cannot be started.
        """
        given = [word for setting in (*SETTINGS, *self.settings) for word in ("-c", setting)]
        command = [str(self.program), "--no-pager", *given, *map(str, arguments)]
        environ = {**minimal(os.environ), **self.variables, **VARIABLES}
        try:
            ended = await run_child(command, timeout=PATIENCE, environ=environ, folder=self.folder, most=MOST_BYTES)
        except OSError as error:
            raise WorktreeError(f"git cannot be run in {self.folder}: {error.strerror}.") from None
        if ended.code is None:
            raise WorktreeError(f"git {arguments[0]} took longer than {PATIENCE:g} s.")
        if len(ended.out) >= MOST_BYTES:
            raise WorktreeError(f"git {arguments[0]} said more than {MOST_BYTES} bytes.")
        return ended.code, ended.out, " ".join(ended.err.decode(errors="replace").split())[:_MOST_WORDS]

    async def run(self, *arguments: str | Path) -> bytes:
        """The output of a command.

        Raises:
            WorktreeError: it failed.
        """
        code, out, words = await self.tried(*arguments)
        if code:
            raise WorktreeError(f"git {arguments[0]} failed: {words or f'exit code {code}'}")
        return out

    async def line(self, *arguments: str | Path) -> str:
        """The one line that a command says; it may have anything in it that a path may.

        Raises:
            WorktreeError: it failed.
        """
        return os.fsdecode(await self.run(*arguments)).removesuffix("\n")

    async def without_filters(self) -> Git:
        """The same, with every filter that its configuration has switched off.

        Raises:
            WorktreeError: one has a name that cannot be given as a setting.
        """
        code, out, words = await self.tried("config", "--null", "--name-only", "--get-regexp", _FILTERS)
        if code not in (0, 1):
            raise WorktreeError(f"git config failed: {words}")
        settings: list[str] = []
        for key in os.fsdecode(out).split("\0"):
            if not key:
                continue
            name = key.rpartition(".")[0]
            if "=" in name:
                raise WorktreeError(f"The repository's configuration has a filter of the odd name {name[:80]!r}.")
            settings += [f"{name}.clean=", f"{name}.smudge=", f"{name}.process=", f"{name}.required=false"]
        return evolve(self, settings=(*self.settings, *dict.fromkeys(settings)))


def find_git(environ: Mapping[str, str], folder: Path) -> Git:
    """Git, from an absolute folder on PATH.

    Args:
        environ: where PATH is.
        folder: where it works.

    Raises:
        DependencyError: it is not installed.
    """
    try:
        program = find_program("git", configured=None, environ=environ)
    except DependencyError as error:
        raise DependencyError(error.message, hint="Install git, or leave out --worktree.") from None
    return Git(program=program, folder=folder)
