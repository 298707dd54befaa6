"""Decides how a program is installed: the ways in which it can be had on a machine, the best first."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from ..errors import DependencyError
from .nodejs import NODE
from .nodes import LEAST_NPM, Node
from .program import NpmPackage, Program, WheelPackage

Kind = Literal["npm", "wheel"]


@frozen(kw_only=True)
class Way:
    """One way to a program.

    Args:
        kind: who gets it.
        version: the version of the program that comes.
        package: what is got.
        brings_node: whether Claif's own Node.js has to be there first.
    """

    kind: Kind
    version: str
    package: NpmPackage | WheelPackage
    brings_node: bool = False

    @property
    def source(self) -> str:
        """The package and its version, or the file."""
        if isinstance(self.package, WheelPackage):
            return self.package.wheel.file
        return f"{self.package.name}@{self.version}{self.package.suffix}"


def ways(
    program: Program, machine: str, node: Node | None, *, version: str | None = None, only: Kind | None = None
) -> tuple[Way, ...]:
    """All ways, the best first: npm where it is, then the wheel, then npm with a Node.js of Claif's own.

    Args:
        program: what is wanted.
        machine: for which machine.
        node: the Node.js of this machine.
        version: another version than the pinned ones.
        only: who has to get it.

    Raises:
        DependencyError: there is none.
    """
    npm, wheel = program.npm.get(machine), program.wheels.get(machine)
    found: list[Way] = []
    has_npm = node is not None and node.will_do(program.node)
    if npm is not None and has_npm:
        found.append(Way(kind="npm", version=version or program.version, package=npm))
    if wheel is not None and version in {None, wheel.version}:
        found.append(Way(kind="wheel", version=wheel.version, package=wheel))
    if npm is not None and not has_npm and machine in NODE.wheels:
        found.append(Way(kind="npm", version=version or program.version, package=npm, brings_node=True))
    if version not in {None, program.version}:
        found.sort(key=lambda way: way.kind == "npm")  # only the wheel's fingerprint is known
    found = [way for way in found if only in {None, way.kind}]
    if not found:
        raise _impossible(program, machine, node, version, only)
    return tuple(found)


def _impossible(
    program: Program, machine: str, node: Node | None, version: str | None, only: Kind | None
) -> DependencyError:
    if machine not in program.machines:
        others = ", ".join(sorted(program.machines))
        return DependencyError(
            f"There is no {program.title} for this machine ({machine}); there is one for {others}.",
            hint=f"If you have it all the same, say where: claif config set providers.{program.name}.path FILE",
        )
    if only == "wheel":
        what = f" {version}" if version else ""
        return DependencyError(
            f"There is no wheel with {program.title}{what} for this machine ({machine}).",
            hint="Leave --via out, or write --via=npm.",
        )
    needed = f"Node.js {program.node} or later with npm {LEAST_NPM} or later"
    here = "no Node.js" if node is None else f"Node.js {node.version} with npm {node.npm_version or 'missing'}"
    return DependencyError(
        f"{program.title} {version or program.version} needs {needed} here, and there is {here}.",
        hint=f"Install Node.js, then try again: claif install {program.name}",
    )
