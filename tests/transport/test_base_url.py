"""Base URLs: a key goes only where the user can see that it goes, and never in clear text over a network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.errors import InvalidConfigError
from claif.transport.base_url import parse_base_url


@pytest.mark.parametrize(
    ("text", "origin", "path"),
    [
        ("https://api.example.com/v1", "https://api.example.com", "/v1"),
        ("https://api.example.com/v1/", "https://api.example.com", "/v1"),
        ("HTTPS://API.Example.com:443", "https://api.example.com", ""),
        ("https://api.example.com:8443/a/b", "https://api.example.com:8443", "/a/b"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434", "/v1"),
        ("http://127.8.9.10", "http://127.8.9.10", ""),
        ("http://localhost:80", "http://localhost", ""),
        ("http://LOCALHOST:1234", "http://localhost:1234", ""),
        ("http://[::1]:8080/v1", "http://[::1]:8080", "/v1"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]", ""),
        ("https://10.0.0.7/x%20y", "https://10.0.0.7", "/x%20y"),
        ("https://my_host-1.example.", "https://my_host-1.example.", ""),
    ],
)
def test_good_urls_are_taken_apart(text: str, origin: str, path: str) -> None:
    url = parse_base_url(text)
    assert (url.origin, url.path) == (origin, path)
    assert not url.insecure


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.example.com",
        "file:///etc/passwd",
        "ftp://example.com",
        "gopher://example.com/",
        "javascript:alert(1)",
        "https://",
        "https:///v1",
        "https://user:hunter2@example.com/",
        "https://hunter2@example.com/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:http/",
        "https://example.com/v1?key=hunter2",
        "https://example.com/#hunter2",
        "https://example.com/../x",
        "https://example.com/a b",
        "https://example.com\\@evil.test/",
        "https://exa mple.com/",
        "https://example.com/\r\nX: y",
        "https://exämple.com/",
        "https://-bad.example/",
        "https://a..b/",
        f"https://{'a' * 64}.example/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://1.2.3.4.5/",
        "https://127.0.0.1./",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/",
        "https://0.0.0.0/",
        "https://[::]/",
        "https://224.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::169.254.169.254]/",
        "https://[2002:7f00:1::]/",
        "https://[::1%25eth0]/",
        "https://[zz]/",
        "https://[1:2]/",
    ],
)
def test_bad_urls_are_refused_without_showing_a_password(text: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        parse_base_url(text, allow_http=True)
    assert "hunter2" not in str(caught.value.to_dict())
    assert caught.value.hint


@pytest.mark.parametrize(
    "host", ["example.com", "192.168.1.5", "10.0.0.1", "localhost.example.com", "128.0.0.1", "[2001:db8::1]"]
)
def test_http_to_another_machine_is_refused_unless_the_user_allows_it(host: str) -> None:
    with pytest.raises(InvalidConfigError, match="clear text") as caught:
        parse_base_url(f"http://{host}/")
    assert "allow_http" in str(caught.value.hint)
    assert parse_base_url(f"http://{host}/", allow_http=True).insecure


def test_a_unix_socket_is_this_machine_whatever_the_host_is_called() -> None:
    url = parse_base_url("http://model/v1", local=True)
    assert url.loopback
    assert not url.insecure


@given(st.text(max_size=40) | st.text(max_size=30).map("https://{}".format))
def test_any_text_is_a_good_url_or_a_configuration_error(text: str) -> None:
    try:
        url = parse_base_url(text)
    except InvalidConfigError:
        return
    assert parse_base_url(url.origin + url.path) == url
