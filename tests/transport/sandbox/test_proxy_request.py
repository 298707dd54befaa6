"""Requests to the sandbox's proxy: what is understood, and what a host is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.transport.sandbox.proxy_request import Request, parse_hosts, parse_place, parse_request


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("api.example.com", ("api.example.com", 443)),
        ("API.Example.com.:8443", ("api.example.com", 8443)),
        ("127.0.0.1:1", ("127.0.0.1", 1)),
        ("[::1]:65535", ("::1", 65535)),
        ("[2001:DB8::1]", ("2001:db8::1", 443)),
        ("", None),
        (".", None),
        ("example.com:0", None),
        ("example.com:65536", None),
        ("example.com:", None),
        ("user@example.com", None),
        ("::1", None),
        ("exa mple.com", None),
        ("example.com/path", None),
        ("exämple.com", None),
        ("a" * 254, None),
        ("example.com\r\nX: y", None),
    ],
)
def test_a_place_is_a_host_and_a_port(text, place):
    assert parse_place(text, 443) == place


def test_hosts_of_a_policy_mean_port_443_where_they_say_none():
    assert parse_hosts(["a.test", "b.test:80"]) == {("a.test", 443), ("b.test", 80)}
    with pytest.raises(ValueError, match=r"'\*.test' is no host"):
        parse_hosts(["a.test", "*.test"])


def test_a_tunnel():
    head = b"CONNECT api.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n"
    assert parse_request(head) == Request(("api.test", 443), tunnel=True)


def test_a_request_in_clear_text_is_sent_on_alone_and_without_what_is_for_the_proxy():
    head = (
        b"POST http://api.test:4000/v1/x?y=1#z HTTP/1.1\r\nHost: api.test:4000\r\nProxy-Authorization: Basic eA==\r\n"
        b"Proxy-Connection: keep-alive\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n"
    )
    assert parse_request(head) == Request(
        ("api.test", 4000),
        tunnel=False,
        head=b"POST /v1/x?y=1 HTTP/1.1\r\nHost: api.test:4000\r\nContent-Length: 2\r\nConnection: close\r\n\r\n",
    )


def test_the_port_of_clear_text_is_80_and_the_shortest_path_a_slash():
    found = parse_request(b"GET http://api.test HTTP/1.0\r\n\r\n")
    assert (found.place, found.head) == (("api.test", 80), b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET https://api.test/ HTTP/1.1\r\n\r\n",
        b"GET http://user:pw@api.test/ HTTP/1.1\r\n\r\n",
        b"GET http:///x HTTP/1.1\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\n\r\n",
        b"CONNECT api.test:443\r\n\r\n",
        b"CONNECT http://api.test HTTP/1.1\r\n\r\n",
        b"CONNECT api.test:443 HTTP/2\r\n\r\n",
        b"connect api.test:443 HTTP/1.1\r\n\r\n",
        b" CONNECT api.test:443 HTTP/1.1\r\n\r\n",
        b"\x05\x01\x00\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_what_a_proxy_does_not_do_is_nothing(head):
    assert parse_request(head) is None


@given(st.binary(max_size=200))
def test_no_bytes_are_a_surprise(data):
    parse_request(data)


TEXT = st.text(st.characters(codec="ascii", exclude_characters=" \r\n"), min_size=1, max_size=40)


@given(st.sampled_from(["CONNECT", "GET"]), TEXT, st.lists(st.binary(max_size=30), max_size=4))
def test_what_is_sent_on_is_one_request(method, target, lines):
    """No line of the client becomes a second head."""
    found = parse_request(b"\r\n".join([f"{method} http://a.test/{target} HTTP/1.1".encode(), *lines]))
    if found is not None:
        assert found.head.count(b"\r\n\r\n") == 1
        assert found.head.endswith(b"\r\nConnection: close\r\n\r\n")
