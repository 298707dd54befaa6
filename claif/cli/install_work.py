"""What `claif install` and `claif uninstall` do, and how they tell it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..agents.programs import Installed, programs_folder
from ..agents.scripts import script_interpreter
from ..config import claif_home, load_config
from ..errors import ClaifError
from ..install.installer import Installer
from ..install.machine import this_machine
from ..install.program import Program
from ..transport.http import HTTP
from .jsonout import write_line
from .render.remarks import Remarks
from .report import describe, say_error
from .work import Progress, run_work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..install.plan import Kind, Way

Outcome = tuple[Program, Installed, bool]


def installer(http: HTTP, progress: Progress) -> Installer:
    """What installs on this machine."""
    return Installer(http=http, home=claif_home(), machine=this_machine(), progress=progress, environ=os.environ)


def describe_all(*, as_json: bool) -> None:
    """Show what is here, and what could be installed."""
    from ..install.catalog import AGENTS
    from ..install.state import look
    from .install_rows import row, table_of

    config = load_config()

    async def work(_progress: Progress) -> list[dict[str, Any]]:
        machine = this_machine()
        return [row(state) for state in await look(AGENTS, config, os.environ, machine=machine, user=Path.home())]

    rows = run_work(work)
    if as_json:
        write_line(rows)
    else:
        click.echo(table_of(rows))


def install_all(
    programs: Sequence[Program],
    *,
    everything: bool,
    as_json: bool,
    version: str | None,
    via: Kind | None,
    source: Path | None,
    dry_run: bool,
) -> None:
    """Install programs one after the other; who fails is named, and keeps nobody else from it.

    Of everything, those are passed over of which there is none for this machine, unless there is none of any.

    Raises:
        ClaifError: the only one failed.
    """
    without = _without_packages(programs) if everything else []
    results = [_pass_over(program, quiet=as_json) for program in without]
    code = 0
    for program in [each for each in programs if each not in without]:
        try:
            if dry_run:
                results.append(plan_one(program, version, "wheel" if source else via))
            else:
                results.append(install_one(program, version, via, source))
        except ClaifError as error:
            if len(programs) == 1:
                raise
            code = code or error.exit_code
            results.append({"name": program.name, **describe(error)})
            if not as_json:
                say_error(error.message, error.hint)
            continue
        if not as_json:
            tell(program, results[-1])
            click.echo(_summary(program, results[-1]) if dry_run else results[-1]["path"])
    if as_json:
        write_line(results)
    if code:
        raise click.exceptions.Exit(code)


def _without_packages(programs: Sequence[Program]) -> list[Program]:
    """Those of which there is none for this machine; none if there is none of any."""
    machine = this_machine()
    found = [program for program in programs if machine not in program.machines]
    return found if len(found) < len(programs) else []


def _pass_over(program: Program, *, quiet: bool) -> dict[str, Any]:
    why = f"There is no {program.title} for this machine ({this_machine()}), so it is passed over."
    if not quiet:
        Remarks().line(why)
    return {"name": program.name, "passed_over": why}


def install_one(
    program: Program, version: str | None = None, via: Kind | None = None, source: Path | None = None
) -> dict[str, Any]:
    """Install a program; what is known of it then, as data.

    Raises:
        ClaifError: it cannot be installed.
    """

    async def work(progress: Progress) -> dict[str, Any]:
        async with HTTP() as http:
            using = installer(http, progress)
            record, new = await using.install(program, version=version, only=via, source=source)
            return {
                "name": program.name,
                "new": new,
                "version": record.version,
                "way": record.way,
                "source": record.source,
                "integrity": record.integrity,
                "path": str(using.shown_path(program)),
            }

    return run_work(work)


def plan_one(program: Program, version: str | None = None, via: Kind | None = None) -> dict[str, Any]:
    """How a program would be installed, as data.

    Raises:
        DependencyError: there is no way on this machine.
    """

    async def work(progress: Progress) -> Way:
        async with HTTP() as http:
            return (await installer(http, progress).plan(program, version=version, only=via))[0]

    way = run_work(work)
    pinned = way.kind == "wheel" or way.version == program.version
    return {
        "name": program.name,
        "dry_run": True,
        "version": way.version,
        "way": way.kind,
        "source": way.source,
        "pinned": pinned,
        "brings_node": way.brings_node,
        "folder": str(programs_folder(claif_home()) / program.name),
        "megabytes": way.package.megabytes,
    }


def tell(program: Program, result: dict[str, Any]) -> None:
    """Say on standard error what was done, and what is still missing."""
    if "new" in result:
        say = Remarks().line
        say(f"{program.title} {result['version']} {'is installed' if result['new'] else 'was installed already'}.")
        for line in _advice(program, result["path"]):
            say(line)


def _summary(program: Program, plan: dict[str, Any]) -> str:
    checked = "a fingerprint that Claif knows" if plan["pinned"] else "what the registry says of it"
    node = "Node.js of Claif's own, and with it " if plan["brings_node"] else ""
    return (
        f"{program.title} {plan['version']}: {node}{plan['source']} by {plan['way']}, checked against {checked}, "
        f"into {plan['folder']}, about {plan['megabytes']} MB"
    )


def _advice(program: Program, path: str) -> list[str]:
    """What is still missing before it can be asked."""
    from ..install.login import find_login
    from ..install.state import configured_key

    lines = []
    key = configured_key(program.name, load_config())
    if program.key_variables and find_login(program, os.environ, Path.home(), configured=key).state == "none":
        interpreter = script_interpreter(Path(path), claif_home(), os.environ)
        command = " ".join([*([str(interpreter)] if interpreter is not None else []), path, *program.login])
        lines.append(f"It has no login yet: {command}, or set {program.key_variables[0]}.")
    if program.plugin and not _has_provider(program.plugin.removeprefix("claif-")):
        lines.append(f"To ask it through Claif: pip install {program.plugin}")
    return lines


def _has_provider(name: str) -> bool:
    from .provider_rows import known_providers
    from .session import Session

    return any(row["type"] == name for row in known_providers(Session()))


def uninstall_all(programs: Sequence[Program], *, quiet: bool) -> None:
    """Remove programs that Claif has installed.

    Raises:
        InstallError: one cannot be removed.
    """
    say = Remarks().line
    done = 0
    for program in programs:
        if _uninstall(program):
            done += 1
            say(f"{program.title} is removed.")
        elif not quiet:
            say(f"Claif has not installed {program.title}, so there is nothing to remove.")
    if quiet and not done:
        say("Claif has installed nothing.")


def _uninstall(program: Program) -> bool:
    async def work(progress: Progress) -> bool:
        async with HTTP() as http:
            return await installer(http, progress).uninstall(program)

    return run_work(work)
