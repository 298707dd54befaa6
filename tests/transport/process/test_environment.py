"""A child gets few variables of ours, and those of its command."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.config.secret import Secret
from claif.errors import InvalidQueryError, ProviderInitError
from claif.transport.process.environment import DEPTH, RUN_ID, check_depth, child_environment, minimal


def test_what_every_program_needs_is_passed_on() -> None:
    ours = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/home/me",
        "LC_ALL": "C.UTF-8",
        "LC_TIME": "C",
        "https_proxy": "http://proxy:1",
        "SSL_CERT_FILE": "/etc/ca.pem",
    }
    assert minimal(ours) == ours


@pytest.mark.parametrize(
    "name",
    [
        *("LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "NODE_OPTIONS", "PYTHONPATH", "PYTHONSTARTUP", "BASH_ENV", "ENV"),
        *("GIT_DIR", "SSH_AUTH_SOCK", "DOCKER_HOST", "OPENAI_API_KEY", "OPENAI_BASE_URL", "CLAUDECODE", "CLAIF_HOME"),
        *("XDG_RUNTIME_DIR", "IFS", "DBUS_SESSION_BUS_ADDRESS"),
    ],
)
def test_what_steers_programs_or_is_a_secret_is_not_passed_on(name: str) -> None:
    assert minimal({name: "x", "HOME": "/"}) == {"HOME": "/"}


def test_only_absolute_folders_stay_on_the_path() -> None:
    assert minimal({"PATH": os.pathsep.join(("/a", ".", "", "b/c", "/d"))}) == {"PATH": f"/a{os.pathsep}/d"}


def test_the_variables_of_the_command_win_and_its_secrets_are_revealed() -> None:
    found = child_environment(
        {"HOME": "/home/me", "TMPDIR": "/tmp", "LANG": "C"},
        {"HOME": "/elsewhere", "KEY": Secret("sesame-open")},
        run_id="1",
        tmp="/private",
    )
    assert found == {
        "HOME": "/elsewhere",
        "KEY": "sesame-open",
        "LANG": "C",
        "TMPDIR": "/private",
        RUN_ID: "1",
        DEPTH: "1",
    }


@pytest.mark.parametrize(("name", "value"), [("A", "x\0y"), ("A\0", "x"), ("A=B", "x"), ("", "x"), ("A", "\ud800")])
def test_a_variable_that_no_system_takes_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(InvalidQueryError, match="variable"):
        child_environment({}, {name: value}, run_id="1", tmp="/t")


@pytest.mark.parametrize(("depth", "child"), [(None, "1"), ("0", "1"), ("1", "2")])
def test_the_depth_is_counted(depth: str | None, child: str) -> None:
    ours = {} if depth is None else {DEPTH: depth}
    check_depth(ours)
    assert child_environment(ours, {}, run_id="1", tmp="/t")[DEPTH] == child


@given(st.one_of(st.integers(2).map(str), st.text(min_size=1).filter(lambda text: text not in ("0", "1"))))
def test_a_third_level_of_agents_is_refused_whatever_the_depth_says(depth: str) -> None:
    with pytest.raises(ProviderInitError, match="was started by an agent"):
        check_depth({DEPTH: depth})
