"""Reading from the web: credentials, redirects, failures."""

from __future__ import annotations

import base64

import pytest

from claif.api import HTTP, InstallError
from claif.downloads import web
from claif.downloads.pip_settings import Sources
from claif.downloads.web import Web
from downloads.loopback import Index

BASIC = "Basic " + base64.b64encode(b"ada:can@ry").decode()


async def read(url: str) -> tuple[bytes, web.Page]:
    body = bytearray()
    async with HTTP() as http:
        page = await Web(http, Sources()).fetch(url, lambda chunk, _total: body.extend(chunk))
    return bytes(body), page


async def test_a_body_comes_with_its_type_and_size(index: Index) -> None:
    index.html("/a?b=c", "hello")
    totals = []
    async with HTTP() as http:
        page = await Web(http, Sources()).fetch(f"{index.url}/a?b=c", lambda _chunk, total: totals.append(total))
    assert page == web.Page(f"{index.url}/a?b=c", "text/html")
    assert set(totals) == {5}
    assert "authorization" not in index.asked[0][1]


async def test_user_name_and_password_are_sent_to_their_own_origin_only(index: Index, elsewhere: Index) -> None:
    index.html("/a", "a")
    index.html("/b", "b")
    elsewhere.html("/c", "c")
    with_credentials = index.url.replace("//", "//ada:can%40ry@")
    async with HTTP() as http:
        using = Web(http, Sources())
        for url in (f"{with_credentials}/a", f"{index.url}/b", f"{elsewhere.url}/c"):
            await using.fetch(url, lambda _chunk, _total: None)
    assert [headers.get("authorization") for _, headers in index.asked] == [BASIC, BASIC]
    assert "authorization" not in elsewhere.asked[0][1]


async def test_a_redirect_is_followed_and_carries_no_credentials_elsewhere(index: Index, elsewhere: Index) -> None:
    index.redirect("/a", f"{elsewhere.url}/b")
    elsewhere.redirect("/b", "c")
    elsewhere.html("/c", "found")
    body, page = await read(index.url.replace("//", "//ada:can%40ry@") + "/a")
    assert body == b"found"
    assert page.url == f"{elsewhere.url}/c"
    assert all("authorization" not in headers for _, headers in elsewhere.asked)


async def test_a_redirect_into_local_files_is_refused(index: Index) -> None:
    index.redirect("/a", "file:///etc/passwd")
    with pytest.raises(InstallError, match="not safe to follow"):
        await read(f"{index.url}/a")


async def test_a_loop_of_redirects_ends(index: Index) -> None:
    index.redirect("/a", "/a")
    with pytest.raises(InstallError, match="too often"):
        await read(f"{index.url}/a")
    assert len(index.asked) == web.MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "user name and password"), (403, "user name and password"), (404, "does not exist"), (500, "status 500")],
)
async def test_other_answers_are_errors_that_do_not_show_the_password(index: Index, status: int, message: str) -> None:
    index.pages["/a"] = (status, {}, b"can@ry")
    with pytest.raises(InstallError, match=message) as caught:
        await read(index.url.replace("//", "//ada:can%40ry@") + "/a")
    assert "can" not in caught.value.message.replace("cannot", "")
    assert index.url in caught.value.message


async def test_http_to_another_machine_needs_pips_trust() -> None:
    with pytest.raises(InstallError, match=r"http://192\.0\.2\.1/a is not asked: it is not protected by TLS"):
        await read("http://192.0.2.1/a")
    async with HTTP() as http:
        using = Web(http, Sources(trusted=frozenset({"192.0.2.1"})))
        assert using._endpoint("http://192.0.2.1/a")[1] == "/a"


@pytest.mark.parametrize(
    "url", ["http://[::1", "https://", "ftp://a.example/", "https://a.example:99999/", "https://a b/"]
)
async def test_addresses_that_are_none_are_errors_of_ours(url: str) -> None:
    with pytest.raises(InstallError):
        await read(url)


async def test_a_server_that_falls_silent_is_given_up(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()
    index.before = lambda _path: release.wait(10) and None
    monkeypatch.setattr(web, "PATIENCE", 0.2)
    try:
        with pytest.raises(InstallError, match=r"sent nothing for 0\.2 s"):
            await read(f"{index.url}/a")
    finally:
        release.set()


async def test_a_server_that_is_not_there_is_named(index: Index) -> None:
    with pytest.raises(InstallError, match=r"http://127\.0\.0\.1:1/"):
        await read("http://127.0.0.1:1/")


async def test_what_the_reader_raises_ends_the_reading(index: Index) -> None:
    index.html("/a", "hello")

    def full(_chunk: bytes, _total: int | None) -> None:
        raise OSError(28, "No space left on device")

    async with HTTP() as http:
        with pytest.raises(OSError, match="No space"):
            await Web(http, Sources()).fetch(f"{index.url}/a", full)
