"""The worked example of remote configuration does what its page says, against a server on loopback."""

from __future__ import annotations

import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "remote-configuration.md").read_text()
METADATA = "Metadata-Version: 2.1\nName: claif-team\nVersion: 1.0\nRequires-Dist: claif>=2.0.0.dev0,<3\n"
ADDRESS = "https://config.example.com/claif.toml"


def block(language: str, beginning: str) -> str:
    found = [code for code in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if beginning in code]
    return found[0]


class Server(http.server.ThreadingHTTPServer):
    content = b""


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/claif.toml" else 404)
        self.send_header("content-length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    made.content = block("toml", "[providers.team]").encode()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def site(tmp_path: Path, server: Server) -> Path:
    """What `pip install .` would have put on the path, with the server's address in place of the example's."""
    code = block("python", "remote_source(")
    assert ADDRESS in code
    package = tmp_path / "site" / "claif_team"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "hooks.py").write_text(code.replace(ADDRESS, f"http://127.0.0.1:{server.server_port}/claif.toml"))
    info = tmp_path / "site" / "claif_team-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text(block("ini", "entry_points").partition("[options.entry_points]\n")[2])
    text = (info / "entry_points.txt").read_text().replace("claif =\n", "[claif]\n")
    (info / "entry_points.txt").write_text(re.sub(r"^ +", "", text, flags=re.MULTILINE))
    return tmp_path / "site"


def claif(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    home = site.parent / "home"
    return subprocess.run(
        [sys.executable, "-m", "claif", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "CLAIF_HOME": str(home), "HOME": str(site.parent)},
        cwd=site.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_page_is_right(site: Path, server: Server) -> None:
    shown = claif(site, "config", "show", "--origin")
    assert shown.returncode == 0, shown.stderr
    rows = [re.split(r"  +", line) for line in shown.stdout.splitlines()]
    promised = re.search(r"```\n(general\.default_provider.*?)```", PAGE, re.DOTALL)
    assert promised is not None
    for line in promised[1].splitlines():
        assert re.split(r"  +", line) in rows
    assert shown.stderr == ""

    server.content = b"this is = = no TOML"
    stale = claif(site, "config", "get", "providers.team.base_url")
    assert stale.stdout == "https://llm.example.com/v1\n"
    assert "claif: The source of configuration team gave nothing new:" in stale.stderr
    assert "What it said last is used; it is less than a minute old." in stale.stderr

    (kept,) = (site.parent / "home" / "cache" / "sources").iterdir()
    kept.write_text("damaged")
    without = claif(site, "config", "get", "general.default_provider")
    assert without.returncode != 0 or "team" not in without.stdout
    assert "passed over" in without.stderr
