"""Addresses of stores: what is read from them, what is refused, and that no password is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import InvalidConfigError, Secret, StoreAddress, StoreWay, store_address

WAYS: dict[str, StoreWay] = {"cache": "plain", "caches": "tls", "unix": "unix"}


def read(url: str | Secret, **more) -> StoreAddress:
    return store_address(url, ways=WAYS, port=1234, **more)


def test_all_parts_are_read() -> None:
    address = read("caches://me:s3cret@Example.com:99/7?db=2", parameters=("db",))
    assert (address.way, address.scheme, address.host, address.port) == ("tls", "caches", "example.com", 99)
    assert (address.path, address.username) == ("7", "me")
    assert address.password is not None
    assert address.password.reveal() == "s3cret"
    assert address.parameters == {"db": "2"}
    assert address.place == "caches://example.com:99/7"


@pytest.mark.parametrize(
    ("url", "host", "port", "place"),
    [
        ("cache://localhost", "localhost", 1234, "cache://localhost:1234"),
        ("CACHE://127.0.0.1:5/", "127.0.0.1", 5, "cache://127.0.0.1:5"),
        ("cache://[::1]", "::1", 1234, "cache://[::1]:1234"),
        ("cache://[::1]:77/1", "::1", 77, "cache://[::1]:77/1"),
        ("caches://db.internal", "db.internal", 1234, "caches://db.internal:1234"),
        ("cache://db:5?allow_plain=true", "db", 5, "cache://db:5"),
        ("cache://10.0.0.7?allow_plain=1", "10.0.0.7", 1234, "cache://10.0.0.7:1234"),
    ],
)
def test_hosts_and_ports_are_read(url: str, host: str, port: int, place: str) -> None:
    address = read(url)
    assert (address.host, address.port, address.place) == (host, port, place)
    assert address.server == place.partition("://")[2].partition("/")[0]
    assert (address.username, address.password) == ("", None)


def test_a_socket_of_this_machine_is_named_by_its_path() -> None:
    address = read("unix://:s3cret@/run/my%20store.sock")
    assert (address.way, address.path, address.host) == ("unix", "/run/my store.sock", "")
    assert address.password == Secret("s3cret")
    assert address.place == "unix:///run/my store.sock"
    assert address.server == "/run/my store.sock"


def test_what_is_escaped_in_a_password_is_taken_for_what_it_stands_for() -> None:
    assert read("cache://a%40b:p%3A%2F%23%40@localhost").password == Secret("p:/#@")
    assert read("cache://a%40b:p%3A%2F%23%40@localhost").username == "a@b"
    assert read("cache://a:b@c@localhost").password == Secret("b@c")


def test_a_password_beside_the_address_is_used_if_there_is_none_in_it() -> None:
    assert read("cache://localhost", password=Secret("beside")).password == Secret("beside")
    assert read("cache://:inside@localhost", password=Secret("beside")).password == Secret("inside")
    assert read("cache://me@localhost", password=Secret("beside")).username == "me"
    assert read("cache://me@localhost").password is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "begin with cache://"),
        ("http://localhost", "begin with cache://"),
        ("localhost:1234", "begin with cache://"),
        ("cache://", "no host"),
        ("cache:///0", "no host"),
        ("cache://:s3cret@", "no host"),
        ("cache://localhost:99999", "no port"),
        ("cache://localhost:0x1", "host or port"),
        ("cache://[::1", "of the form"),
        ("cache://lo%63alhost", "host"),
        ("cache://a b", "host"),
        ("cache://169.254.169.254?allow_plain=1", "not the address of a server"),
        ("cache://localhost#x", "fragment"),
        ("cache://localhost?db=1", "parameters"),
        ("cache://localhost?ssl_ca_certs=x", "parameters"),
        ("cache://example.com?allow_plain=maybe", "neither true nor false"),
        ("unix://relative/path", "absolute path"),
        ("unix://", "absolute path"),
        ("unix:///a%00b", "absolute path"),
    ],
)
def test_what_is_no_address_is_refused(url: str, why: str) -> None:
    with pytest.raises(InvalidConfigError, match=why) as caught:
        read(url)
    assert caught.value.problems[0].startswith("url: ")
    assert caught.value.hint


@pytest.mark.parametrize("host", ["example.com", "10.0.0.7", "192.168.1.1", "[2001:db8::1]", "localhost.example.com"])
def test_prompts_go_to_other_machines_only_encrypted_or_where_the_user_allows_it(host: str) -> None:
    with pytest.raises(InvalidConfigError, match="in clear text") as caught:
        read(f"cache://{host}")
    assert "caches://" in (caught.value.hint or "")
    assert "allow_plain=true" in (caught.value.hint or "")
    with pytest.raises(InvalidConfigError, match="in clear text"):
        read(f"cache://{host}?allow_plain=false")
    assert read(f"cache://{host}?allow_plain=TRUE").way == "plain"
    assert read(f"caches://{host}").way == "tls"


@given(
    st.text(min_size=4).filter(lambda text: (text.strip("*") == text and not text.isascii()) or len(text) > 8),
    st.sampled_from(["cache", "caches", "unix", "http", "cache://", ""]),
    st.sampled_from(["example.com", "localhost", "a b", "[", "localhost:99999", "/x", ""]),
)
def test_a_password_is_in_no_error_and_no_repr(password: str, scheme: str, rest: str) -> None:
    """Whether the address is good or not."""
    url = f"{scheme}://me:{password}@{rest}"
    try:
        address = read(Secret(url))
    except InvalidConfigError as error:
        shown = f"{error} {error.problems} {error.hint} {error.__cause__}"
    else:
        shown = repr(address) + address.place
    assert password not in shown


def test_only_what_is_reached_by_tls_has_a_context(tmp_path: Path) -> None:
    """It checks the server's name and certificate; files that cannot be read are named as a class of problem."""
    assert read("cache://localhost").tls() is None
    context = read("caches://localhost").tls()
    assert context is not None
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    missing = tmp_path / "missing.pem"
    for parameters in (f"ssl_ca_certs={missing}", f"ssl_certfile={missing}&ssl_keyfile={missing}"):
        with pytest.raises(InvalidConfigError, match="certificates") as caught:
            read(f"caches://:s3cret@localhost?{parameters}").tls()
        assert "s3cret" not in str(caught.value)
