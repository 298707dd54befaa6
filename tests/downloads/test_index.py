"""Finding a file on simple pages and in folders."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import InstallError, ProtocolError
from claif.downloads.index import check_step, find_in_folder, find_link, local_path, shown

FILE = "tiny_model-1.0-py3-none-any.whl"

BASE = "https://index.example/simple/tiny-model/"
HTML = "text/html; charset=utf-8"
JSON = "application/vnd.pypi.simple.v1+json"


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (FILE, BASE + FILE),
        (f"../../files/{FILE}#sha256=00", f"https://index.example/files/{FILE}"),
        (f"/files/{FILE}?token=a&amp;b=1", f"https://index.example/files/{FILE}?token=a&b=1"),
        (f"https://files.example/ab/{FILE}", f"https://files.example/ab/{FILE}"),
        (f"//files.example/{FILE}", f"https://files.example/{FILE}"),
        (FILE.replace("_", "%5F"), BASE + FILE.replace("_", "%5F")),
    ],
)
def test_a_page_in_html_is_read_with_relative_and_absolute_links(link: str, url: str) -> None:
    page = f'<!doctype html><a href="other-1.0.whl">x</a>\n<A data-x HREF="{link}">y</A>'
    assert find_link(page.encode(), HTML, BASE, FILE) == url


def test_the_base_of_an_html_page_counts() -> None:
    page = f'<base href="https://files.example/ab/"><a href="{FILE}">x</a>'
    assert find_link(page.encode(), HTML, BASE, FILE) == f"https://files.example/ab/{FILE}"


def test_a_page_in_json_is_read() -> None:
    files = [{"filename": "x", "url": "x"}, {"no": "url"}, 3, {"filename": FILE, "url": f"../../f/{FILE}"}]
    page = json.dumps({"meta": {"api-version": "1.1"}, "name": "tiny-model", "files": files})
    assert find_link(page.encode(), JSON, BASE, FILE) == f"https://index.example/f/{FILE}"


@pytest.mark.parametrize("page", [b"[]", b"{}", b'{"files": 3}', b"not json", b"\xff"])
def test_json_that_is_no_page_is_an_error_of_ours(page: bytes) -> None:
    with pytest.raises(ProtocolError):
        find_link(page, JSON, BASE, FILE)


def test_a_page_without_the_file_gives_nothing() -> None:
    page = f'<a>x</a><a href="">x</a><a href="http://[bad/{FILE}">x</a><a href="{FILE}.metadata">x</a>'
    assert find_link(page.encode(), HTML, BASE, FILE) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_a_page_in_html(page: bytes) -> None:
    assert find_link(page, HTML, BASE, FILE) is None


@given(st.text("ab/.:?#[]@%é", max_size=30))
def test_any_link_before_the_right_one_does_not_hide_it(link: str) -> None:
    page = f'<a href="{escape(link)}">x</a><a href="{FILE}">y</a>'
    assert find_link(page.encode(), HTML, BASE, FILE) == BASE + FILE


@pytest.mark.parametrize("target", ["file:///etc/", "http://127.0.0.1/", "ftp://files.example/", "data:,"])
def test_a_page_on_the_network_leads_neither_to_local_files_nor_to_unprotected_addresses(target: str) -> None:
    with pytest.raises(InstallError, match="not safe to follow"):
        check_step(BASE, target + FILE)
    if target != "data:,":
        with pytest.raises(InstallError, match="not safe to follow"):
            find_link(f'<a href="{target}{FILE}">x</a>'.encode(), HTML, BASE, FILE)


@pytest.mark.parametrize(
    ("base", "target"),
    [("file:///a/", "file:///b"), ("file:///a/", "https://b"), ("http://127.0.0.1/", "http://b"), (BASE, "https://b")],
)
def test_steps_that_are_no_worse_than_where_one_stands_are_fine(base: str, target: str) -> None:
    check_step(base, target)


def test_folders_are_told_from_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ada")
    assert local_path("file:///srv/my%20wheels/") == Path("/srv/my wheels")
    assert local_path("wheels") == tmp_path / "wheels"
    assert local_path("~/wheels") == Path("/home/ada/wheels")
    assert local_path("https://index.example/simple") is None


def test_user_name_password_and_query_are_never_shown() -> None:
    assert shown("https://ada:canary@index.example:8443/simple/?t=canary#x") == "https://index.example:8443/simple/"
    assert shown("/srv/wheels") == "/srv/wheels"


def test_a_file_is_found_in_a_folder_of_wheels(tmp_path: Path) -> None:
    assert find_in_folder(tmp_path, FILE) is None
    (tmp_path / FILE).write_bytes(b"a wheel")
    assert find_in_folder(tmp_path, FILE) == str(tmp_path / FILE)


def test_a_file_is_found_through_the_page_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f'<a href="../files/{FILE}">x</a>')
    url = f"file://{tmp_path.parent}/files/{FILE}"
    assert find_in_folder(tmp_path, FILE) == url
    assert find_in_folder(tmp_path / "index.html", FILE) == url
    assert find_in_folder(tmp_path / "missing", FILE) is None
