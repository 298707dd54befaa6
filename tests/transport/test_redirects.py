"""Redirects are errors, and whatever they say is safe to show."""

from __future__ import annotations

import re

import pytest
from transport.support import redirect, replies, serve

from claif.errors import ProtocolError
from claif.transport.http import HTTP


@pytest.mark.parametrize("status", [b"301 Moved Permanently", b"302 Found", b"303 See Other", b"307 x", b"308 x"])
async def test_redirects_are_errors_that_name_the_origin_they_point_to(status: bytes) -> None:
    async with serve(replies(redirect("https://evil.example/v1?token=abc", status))) as server, HTTP() as http:
        with pytest.raises(ProtocolError, match=re.escape("redirects to https://evil.example (")) as caught:
            await http.endpoint(server.url).request("POST", "/", body=b"{}")
        assert "base_url" in str(caught.value.hint)
        assert "abc" not in str(caught.value)
        assert not caught.value.retryable


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("/other", "to another path"),
        ("//evil.example/x", "to http://evil.example"),
        ("http://evil.example:8080/", "to http://evil.example:8080"),
        ("https://[2001:db8::1]:9/", "to https://[2001:db8::1]:9"),
        ("ftp://evil.example", "to no valid address"),
        ("https://[bad", "to no valid address"),
        ("https://\x1b[31mevil/", "to no valid address"),
    ],
)
async def test_whatever_a_redirect_says_is_safe_to_show(location: str, message: str) -> None:
    async with serve(replies(redirect(location))) as server, HTTP() as http:
        with pytest.raises(ProtocolError) as caught:
            await http.endpoint(server.url).request("GET", "/")
    assert message in str(caught.value) or "proper HTTP" in str(caught.value)
    assert str(caught.value).isprintable()


async def test_an_endpoint_may_take_redirects_as_answers() -> None:
    async with serve(replies(redirect("/other"))) as server, HTTP() as http:
        response = await http.endpoint(server.url, refuse_redirects=False).request("GET", "/")
        assert (response.status, response.header("location")) == (307, "/other")


async def test_not_modified_is_no_redirect() -> None:
    async with serve(replies(b"HTTP/1.1 304 Not Modified\r\n\r\n")) as server, HTTP() as http:
        assert (await http.endpoint(server.url).request("GET", "/")).status == 304
