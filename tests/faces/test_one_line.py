"""`claif.query("…")`: one client for the process, opened by the first call."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faces.support import GUARD

import claif
from claif.portal.host import Host
from claif.testing import ServerProcess


def configure(home: Path, url: str) -> None:
    home.mkdir(mode=0o700, exist_ok=True)
    file = home / "config.toml"
    file.write_text(
        f'[general]\ndefault_provider = "office"\n[providers.office]\ntype = "openai"\nbase_url = "{url}"\n'
        'model = "scripted-1"\n'
    )
    file.chmod(0o600)


def test_it_answers_with_one_connection_for_all_calls_and_reads_the_configuration_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path / "home"))
    with ServerProcess() as server:
        configure(tmp_path / "home", server.url(text="ok"))
        assert claif.query("hi").text == "ok"
        configure(tmp_path / "home", server.url(text="changed"))
        assert claif.query("hi", temperature=0).text == "ok"
        assert server.stats()["connections"] == 2  # one of them asks for the statistics


def test_threads_that_come_first_together_share_one_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path / "home"))
    opened = []
    open_client = Host._live

    async def counted(host: Host, opening: object) -> None:
        opened.append(host)
        await open_client(host, opening)

    monkeypatch.setattr(Host, "_live", counted)
    barrier = threading.Barrier(8, timeout=GUARD)

    def ask(_: int) -> str:
        barrier.wait()
        return claif.query("hi").text

    with ServerProcess() as server:
        configure(tmp_path / "home", server.url(text="ok"))
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(8))) == {"ok"}
    assert len(opened) == 1


def test_a_configuration_that_is_wrong_can_be_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLAIF_GENERAL__TIMEOUT", "soon")
    with pytest.raises(claif.ClaifError):
        claif.query("hi")
    monkeypatch.delenv("CLAIF_GENERAL__TIMEOUT")
    with ServerProcess() as server:
        configure(tmp_path / "home", server.url(text="ok"))
        assert claif.query("hi").text == "ok"
