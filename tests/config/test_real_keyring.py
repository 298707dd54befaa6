"""A key in a real keyring: the Secret Service of GNOME, in a D-Bus session of its own, and one that stores in clear."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from needs import need

from claif.testing import ServerProcess

CANARY = "sk-canary-real-keyring-0001"
PATIENCE = 60.0
KEYRING = (sys.executable, "-m", "keyring")
CLAIF = (sys.executable, "-m", "claif")
CONFIG = """\
[general]
default_provider = "x"
[providers.x]
type = "openai"
model = "m"
base_url = "{url}"
api_key = {{keyring = "claif-test/me@example.com"}}
"""
START = {
    # A line feed is the password of the keyring, which is created at first unlocking; an empty one encrypts nothing.
    "unlocked": "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1",
    "locked": "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1",
}


class User:
    """Somebody with a home, who logs in and runs commands."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        (folder / "run").mkdir(mode=0o700)
        self.env = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
        self.env |= {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder / "run"), "CLAIF_HOME": str(folder / "claif")}

    def configure(self, url: str) -> None:
        claif = self.home / "claif"
        claif.mkdir(mode=0o700)
        (claif / "config.toml").touch(0o600)
        (claif / "config.toml").write_text(CONFIG.format(url=url), encoding="utf-8")

    def run(self, *command: str, text: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command outside any session."""
        return subprocess.run(
            command,
            input=text,
            env={**self.env, **more},
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def log_in(self, *command: str, keyring: str = "unlocked", text: str = "", **more: str):
        """Run a command in a new session, which ends with it, and the keyring's daemon with the session."""
        script = f'{START[keyring]}; exec "$@"'
        return self.run("dbus-run-session", "--", "sh", "-c", script, "sh", *command, text=text, **more)


@pytest.fixture
def user(tmp_path: Path) -> User:
    need(sys.platform == "linux", "Linux")
    need(shutil.which("dbus-run-session"), "dbus")
    need(shutil.which("gnome-keyring-daemon"), "gnome-keyring")
    need(find_spec("keyring") and find_spec("secretstorage"), "claif[keyring]")
    need(find_spec("keyrings"), "keyrings.alt")
    return User(tmp_path)


def stored_files(user: User) -> str:
    """All that lies in the user's home, as text."""
    return "".join(path.read_bytes().decode("latin-1") for path in user.home.rglob("*") if path.is_file())


def test_a_key_that_keyring_has_stored_reaches_the_server_and_nothing_else(user: User) -> None:
    stored = user.log_in(*KEYRING, "set", "claif-test", "me@example.com", text=CANARY)
    assert stored.returncode == 0, stored.stderr
    with ServerProcess() as server:
        user.configure(server.url())
        # Another session, as on another day: the keyring is on the disk.
        asked = user.log_in(*CLAIF, "--debug", "query", "hi")
        headers = [dict(request["headers"]) for request in server.stats()["requests"]]
    assert asked.returncode == 0, asked.stderr
    assert [each["authorization"] for each in headers] == [f"Bearer {CANARY}"]
    assert CANARY not in asked.stdout + asked.stderr
    shown = user.log_in(*CLAIF, "config", "show")
    assert "claif-test/me@example.com" in shown.stdout
    assert CANARY not in stored_files(user)


def test_a_key_that_the_keyring_does_not_have_is_missing(user: User) -> None:
    user.configure("http://127.0.0.1:9/v1")
    asked = user.log_in(*CLAIF, "hi")
    assert asked.returncode == 3
    assert "The system's keyring has nothing for claif-test/me@example.com" in asked.stderr
    assert "keyring set claif-test me@example.com" in asked.stderr


def test_a_keyring_that_nobody_unlocks_is_a_typed_error(user: User) -> None:
    assert user.log_in(*KEYRING, "set", "claif-test", "me@example.com", text=CANARY).returncode == 0
    user.configure("http://127.0.0.1:9/v1")
    asked = user.log_in(*CLAIF, "hi", keyring="locked")
    assert asked.returncode == 3
    assert "failed (KeyringLocked)" in asked.stderr
    assert "Unlock it and try again" in asked.stderr


@pytest.mark.parametrize("named", [False, True], ids=["found", "named by the user"])
def test_a_keyring_that_stores_in_clear_is_refused(user: User, named: bool) -> None:
    """The backend of keyrings.alt, which keyring takes without a word where there is no other."""
    backend = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"} if named else {}
    stored = user.run(*KEYRING, "set", "claif-test", "me@example.com", text=CANARY, **backend)
    assert stored.returncode == 0, stored.stderr
    assert base64.b64encode(CANARY.encode()).decode() in stored_files(user)
    user.configure("http://127.0.0.1:9/v1")
    run = user.log_in if named else user.run
    asked = run(*CLAIF, "hi", **backend)
    assert asked.returncode == 9
    assert "the backend is keyrings.alt.file.PlaintextKeyring" in asked.stderr
    assert "claif keys set" in asked.stderr
    assert CANARY not in asked.stdout + asked.stderr
