"""The rows of the catalogue: complete, consistent, and found by name."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from claif.api import InstallError
from claif.cli.complete.known import INSTALLABLE
from claif.install import machine as machine_module
from claif.install.catalog import AGENTS, PROGRAMS, find
from claif.install.machine import this_machine
from claif.install.machines import MACHINES
from claif.install.program import Program

FEWER = {"opencode": {"linux-x64"}}
"""Those of which packages for fewer machines are known."""


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=list(PROGRAMS))
def test_every_package_is_pinned_by_a_whole_fingerprint(program: Program) -> None:
    assert program.machines == FEWER.get(program.name, set(MACHINES))
    for package in program.npm.values():
        kind, _, digest = package.integrity.partition("-")
        assert kind == "sha512"
        assert len(base64.b64decode(digest, validate=True)) == 64
    for wheel in program.wheels.values():
        assert re.fullmatch(r"[0-9a-f]{64}", wheel.wheel.sha256 or "")
        assert wheel.wheel.file.startswith(f"{wheel.wheel.project.replace('-', '_')}-{wheel.wheel.version}-")
        assert any(wheel.program.startswith(kept) for kept in wheel.keep)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=list(PROGRAMS))
def test_every_machine_has_packages_of_its_own(program: Program) -> None:
    for machine, package in program.npm.items():
        if package.program.endswith(".js"):
            continue
        base = machine.removesuffix("-musl")
        assert (base in package.name + package.suffix) or machine in package.name
        assert package.program.endswith(".exe") is machine.startswith("win32")
    for machine, wheel in program.wheels.items():
        system = {"linux": "linux", "darwin": "macosx", "win32": "win"}[machine.partition("-")[0]]
        assert system in wheel.wheel.file
        assert ("musl" in wheel.wheel.file) is machine.endswith("-musl")
        assert wheel.program.endswith(".exe") is machine.startswith("win32")
        assert ("x86_64" in wheel.wheel.file or "amd64" in wheel.wheel.file) is ("x64" in machine)


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_what_npm_installs_is_what_the_tests_of_the_providers_drive(agent: Program) -> None:
    lock = json.loads((Path(__file__).parents[2] / ".ci" / "clis" / "package-lock.json").read_text())["packages"]
    tested = {
        (entry.get("name", place.partition("/")[2]), entry["version"]): entry for place, entry in lock.items() if place
    }
    for package in agent.npm.values():
        assert tested[package.name, f"{agent.version}{package.suffix}"]["integrity"] == package.integrity


def test_the_tab_key_knows_the_same_names() -> None:
    assert set(INSTALLABLE) == set(PROGRAMS)


def test_all_agents_are_programs_with_a_way_to_log_in_and_a_plugin() -> None:
    for agent in AGENTS:
        assert find(agent.name) is agent
        assert agent.plugin in {f"claif-{agent.name}", "claif-acp"}
        assert agent.login or agent.name == "gemini"  # which asks when it is started
        assert agent.key_variables


@pytest.mark.parametrize(
    ("name", "near"), [("cluade", "claude"), ("Codex", "codex"), ("claude-code", "claude"), ("qwen3", "qwen")]
)
def test_the_nearest_name_is_offered(name: str, near: str) -> None:
    with pytest.raises(InstallError) as caught:
        find(name)
    assert caught.value.hint == f"Did you mean `{near}`?"


def test_a_name_like_no_other_is_answered_with_all() -> None:
    with pytest.raises(InstallError, match="'xyz'") as caught:
        find("xyz")
    assert caught.value.hint == "There is claude, codex, gemini, qwen, opencode, node."


@pytest.mark.parametrize(
    ("system", "processor", "libc", "name"),
    [
        ("linux", "x86_64", True, "linux-x64"),
        ("linux", "aarch64", False, "linux-arm64-musl"),
        ("darwin", "arm64", False, "darwin-arm64"),
        ("win32", "AMD64", False, "win32-x64"),
        ("linux", "riscv64", True, "linux-riscv64"),
    ],
)
def test_machines_have_the_names_of_the_catalogue(
    system: str, processor: str, libc: bool, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_module.sys, "platform", system)
    monkeypatch.setattr(machine_module.platform, "machine", lambda: processor)

    def confstr(_name: str) -> str:
        if not libc:
            raise ValueError("unrecognized configuration name")
        return "glibc 2.36"

    monkeypatch.setattr(machine_module.os, "confstr", confstr)
    assert this_machine() == name
