"""A real agent that is not installed is never silently left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents import clis
from agents.acp_clis import AcpCli


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(clis, "INSTALLED", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.delenv("CLAIF_TEST_CLIS", raising=False)
    monkeypatch.delenv("CLAIF_REQUIRE_ALL", raising=False)
    return tmp_path


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text("")
    path.chmod(0o755)
    return path.resolve()


def test_its_tests_are_skipped_and_fail_where_nothing_may_be_missing(nothing_installed, monkeypatch) -> None:
    with pytest.raises(pytest.skip.Exception, match="npm ci"):
        clis.required("x/bin/x", "claif-no-such-program")
    monkeypatch.setenv("CLAIF_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="npm ci"):
        clis.required("x/bin/x", "claif-no-such-program")


def test_it_is_found_in_the_folder_of_the_variable_then_in_the_checkout_then_on_path(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = executable(nothing_installed / "nothing" / "agent")
    assert clis.required("x/bin/*", "agent") == on_path
    in_checkout = executable(nothing_installed / "nowhere" / "node_modules" / "x" / "bin" / "agent")
    assert clis.required("x/bin/*", "agent") == in_checkout
    named = executable(nothing_installed / "named" / "node_modules" / "x" / "bin" / "agent")
    monkeypatch.setenv("CLAIF_TEST_CLIS", str(nothing_installed / "named"))
    assert clis.required("x/bin/*", "agent") == named


def test_what_cannot_be_run_does_not_count(nothing_installed: Path) -> None:
    executable(nothing_installed / "nowhere" / "node_modules" / "x" / "bin" / "agent").chmod(0o644)
    with pytest.raises(pytest.skip.Exception):
        clis.required("x/bin/*", "agent")


def test_the_real_ones_are_native_programs(claude_program: Path, codex_program: Path) -> None:
    for program in (claude_program, codex_program):
        with program.open("rb") as file:
            assert file.read(2) != b"#!"


def test_the_real_ones_that_speak_acp_are_native_or_scripts_that_node_runs(
    gemini_cli: AcpCli, qwen_cli: AcpCli, opencode_cli: AcpCli, copilot_cli: AcpCli
) -> None:
    for cli, script in ((gemini_cli, True), (qwen_cli, True), (opencode_cli, False), (copilot_cli, False)):
        with cli.program.open("rb") as file:
            assert (file.read(2) == b"#!") is script
        assert cli.command[-1] == str(cli.program)
        assert (Path(cli.command[0]).stem == "node") is script
