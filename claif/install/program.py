"""What can be installed, as data: packages with their fingerprints, and where a login of its user would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from ..downloads.wheels import Wheel


def executable_file(name: str, machine: str) -> str:
    """What the file of a program is called on a machine, as `linux-x64` or `win32-arm64`."""
    return f"{name}.exe" if machine.startswith("win32") else name


@frozen(kw_only=True)
class NpmPackage:
    """One package of npm's registry that holds a whole program: it has no dependencies, and its scripts are not run.

    Args:
        name: its name.
        program: path of the program in it, with slashes.
        integrity: the fingerprint of the pinned version, as npm writes it (`sha512-…`).
        megabytes: about what it takes on disk.
        suffix: what follows the program's version in its own.
    """

    name: str
    program: str
    integrity: str
    megabytes: int
    suffix: str = ""


@frozen(kw_only=True)
class WheelPackage:
    """A wheel that holds a whole program. It is unpacked, not installed, and nothing of its Python is run.

    Args:
        wheel: the file, with its fingerprint.
        version: the version of the program in it.
        keep: what of the wheel is needed: files, or folders that end with a slash.
        program: path of the program in it, with slashes.
        megabytes: about what it takes on disk.
    """

    wheel: Wheel
    version: str
    keep: tuple[str, ...]
    program: str
    megabytes: int


@frozen(kw_only=True)
class LoginFile:
    """A JSON file in which a program keeps its login.

    Args:
        path: where it is, with `~`.
        keys: it is a login if one of these keys has a value; dots lead into tables. Without any, if it has any key.
        variable: the environment variable that moves its folder.
        inside: the folder below that of the variable; its own folder when empty.
        systems: the systems, by `sys.platform`, on which it means something; all when empty.
    """

    path: str
    keys: tuple[str, ...] = ()
    variable: str | None = None
    inside: str = ""
    systems: tuple[str, ...] = ()


@frozen(kw_only=True)
class Program:
    """A program that Claif can install.

    Args:
        name: the name that `claif install` takes, and that its record has.
        title: its name for people.
        executable: what it is called on PATH.
        version: the pinned version that npm's packages give; that of a wheel may differ.
        npm: machine -> package.
        wheels: machine -> wheel.
        node: the least major version of Node.js by which it is installed or run.
        plugin: the distribution of the provider that drives it.
        key_variables: environment variables with a key or token for it.
        login_files: where it keeps a login.
        login: the arguments by which it logs its user in; without any, it offers to when it is started.
    """

    name: str
    title: str
    executable: str
    version: str
    npm: Mapping[str, NpmPackage] = field(factory=dict)
    wheels: Mapping[str, WheelPackage] = field(factory=dict)
    node: int = 16
    plugin: str = ""
    key_variables: tuple[str, ...] = ()
    login_files: tuple[LoginFile, ...] = ()
    login: tuple[str, ...] = ()

    @property
    def machines(self) -> frozenset[str]:
        """The machines for which there is a package."""
        return frozenset({*self.npm, *self.wheels})
