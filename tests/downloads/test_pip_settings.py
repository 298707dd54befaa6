"""Asking pip where it looks for packages."""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from claif.api import InstallError
from claif.downloads import pip_settings
from claif.downloads.pip_settings import Sources, ask_pip, combine, find_pip

DEFAULT = "https://default.example/simple"
ANSWER = {
    "default": DEFAULT,
    "index": DEFAULT,
    "extra": [],
    "links": [],
    "no_index": False,
    "trusted": [],
    "cert": None,
}


async def test_pip_without_configuration_tells_its_own_default(plain_environ: dict[str, str]) -> None:
    sources = await ask_pip(plain_environ)
    assert len(sources.indexes) == 1
    assert sources.indexes[0].startswith("https://")
    assert sources.links == ()


async def test_pips_environment_and_file_are_heard(plain_environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(
        "[global]\nindex-url = https://file.example/simple\nfind-links =\n    /srv/one\n    /srv/two\n"
        "trusted-host = file.example\ncert = /etc/ours.pem\n"
    )
    environ = plain_environ | {
        "PIP_CONFIG_FILE": str(file),
        "PIP_EXTRA_INDEX_URL": "https://ada:pw@more.example/simple",
    }
    assert await ask_pip(environ) == Sources(
        links=("/srv/one", "/srv/two"),
        indexes=("https://file.example/simple", "https://ada:pw@more.example/simple"),
        trusted=frozenset({"file.example"}),
        ca_bundle="/etc/ours.pem",
    )


async def test_pip_is_asked_from_the_copy_that_python_carries(
    plain_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pip_settings.find_spec

    def without_pip(name: str) -> ModuleSpec | None:
        return None if name == "pip" else real(name)

    monkeypatch.setattr(pip_settings, "find_spec", without_pip)
    found = find_pip()
    assert Path(found[0]).name.startswith("pip-")
    assert (await ask_pip(plain_environ)).indexes[0].startswith("https://")


def test_no_pip_at_all_is_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_settings, "find_spec", lambda _name: None)
    with pytest.raises(InstallError) as caught:
        find_pip()
    assert "ensurepip" in (caught.value.hint or "")


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "print('hello')", "print('{}')", "print('3')"])
async def test_a_pip_that_cannot_be_asked_is_an_error(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_settings, "QUESTION", program)
    with pytest.raises(InstallError, match="does not say"):
        await ask_pip(os.environ)


async def test_a_pip_that_hangs_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_settings, "QUESTION", "import time; time.sleep(60)")
    monkeypatch.setattr(pip_settings, "TIMEOUT", 0.3)
    with pytest.raises(InstallError, match="does not say"):
        await ask_pip(os.environ)


async def test_a_module_named_pip_in_the_working_directory_is_not_run(
    plain_environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    assert (await ask_pip(plain_environ)).indexes


@pytest.mark.parametrize(
    ("environ", "indexes"),
    [
        ({}, (DEFAULT,)),
        ({"UV_DEFAULT_INDEX": "https://uv.example/simple"}, ("https://uv.example/simple",)),
        ({"UV_DEFAULT_INDEX": "ours=https://uv.example/simple"}, ("https://uv.example/simple",)),
        ({"UV_INDEX_URL": "https://uv.example/simple?a=b"}, ("https://uv.example/simple?a=b",)),
        (
            {"UV_EXTRA_INDEX_URL": "https://a.example https://b.example"},
            (DEFAULT, "https://a.example", "https://b.example"),
        ),
        ({"UV_INDEX": "ours=https://a.example"}, (DEFAULT, "https://a.example")),
    ],
)
def test_uvs_settings_fill_in_where_pip_has_only_its_default(environ: dict[str, str], indexes: tuple[str, ...]) -> None:
    assert combine(ANSWER, environ).indexes == indexes


def test_what_pip_is_told_wins_over_uv() -> None:
    answer = ANSWER | {"index": "https://pip.example/simple"}
    assert combine(answer, {"UV_DEFAULT_INDEX": "https://uv.example"}).indexes == ("https://pip.example/simple",)


def test_pip_that_may_use_no_index_leaves_only_links() -> None:
    sources = combine(
        ANSWER | {"no_index": True, "links": ["/srv", "/srv"]}, {"UV_FIND_LINKS": "/uv,https://l.example"}
    )
    assert sources == Sources(links=("/srv", "/uv", "https://l.example"))


def test_the_interpreter_that_runs_us_is_the_one_that_is_asked() -> None:
    assert Path(sys.executable).is_absolute()
