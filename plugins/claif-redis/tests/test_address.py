"""URLs of a Redis: what they mean, and TLS that checks who is at the other end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from claif_redis.address import redis_address
from claif_redis.store import RedisStore
from servers import RedisServer, free_port, opened

from claif.api import ConnectionError, InvalidConfigError
from claif.testing.conformance.cache_base import key, labels


@pytest.mark.parametrize(
    ("url", "way", "place", "database"),
    [
        (None, "plain", "redis://127.0.0.1:6379/0", 0),
        ("redis://localhost", "plain", "redis://localhost:6379", 0),
        ("valkey://localhost/3", "plain", "valkey://localhost:6379/3", 3),
        ("rediss://example.com", "tls", "rediss://example.com:6379", 0),
        ("valkeys://me:pw@example.com:1/12", "tls", "valkeys://example.com:1/12", 12),
        ("redis://localhost/1?db=2", "plain", "redis://localhost:6379/1", 2),
        ("unix:///run/redis.sock", "unix", "unix:///run/redis.sock", 0),
        ("unix:///run/redis.sock?db=4", "unix", "unix:///run/redis.sock", 4),
    ],
)
def test_a_url_says_where_and_which_database(url: str | None, way: str, place: str, database: int) -> None:
    address, number = redis_address(url)
    assert (address.way, address.place, number) == (way, place, database)


@pytest.mark.parametrize("url", ["redis://localhost/x", "redis://localhost/-1", "redis://localhost?db=%C2%B2"])
def test_a_database_is_a_number(url: str) -> None:
    with pytest.raises(InvalidConfigError, match="not a number"):
        redis_address(url)


async def test_databases_are_apart() -> None:
    with RedisServer() as server:
        base = f"redis://127.0.0.1:{server.port}"
        async with (
            opened(RedisStore(f"{base}/1", timeout=20)) as one,
            opened(RedisStore(f"{base}/2", timeout=20)) as two,
        ):
            await one.put(key("one"), b"row", labels())
            assert await two.get(key("one")) is None
            assert await one.get(key("one")) == b"row"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def encrypted(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """The port of a server that speaks TLS, and the certificate of who vouches for it."""
    folder = tmp_path_factory.mktemp("tls")
    own = authority.issue_cert("localhost", "127.0.0.1")
    own.private_key_pem.write_to_path(folder / "key.pem")
    own.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    port = free_port()
    files = {"cert": "cert.pem", "key": "key.pem", "ca-cert": "ca.pem"}
    options = [word for name, file in files.items() for word in (f"--tls-{name}-file", str(folder / file))]
    with RedisServer("--tls-port", str(port), "--tls-auth-clients", "optional", *options):
        yield port, folder / "ca.pem"


async def test_a_server_is_reached_by_tls_if_it_is_who_it_says(encrypted: tuple[int, Path]) -> None:
    """By address and by name; without its authority, or under another name, it is not believed."""
    port, bundle = encrypted
    for host in ("localhost", "127.0.0.1"):
        async with opened(RedisStore(f"rediss://{host}:{port}?ssl_ca_certs={bundle}", timeout=20)) as store:
            await store.put(key("one"), b"row", labels())
            assert await store.get(key("one")) == b"row"
    for url in (f"rediss://localhost:{port}", f"rediss://127.0.0.2:{port}?ssl_ca_certs={bundle}"):
        async with opened(RedisStore(url, timeout=20)) as store:
            with pytest.raises(ConnectionError, match="cannot be reached"):
                await store.get(key("one"))


async def test_plain_text_is_not_sent_where_tls_is_wanted(encrypted: tuple[int, Path]) -> None:
    """A server that speaks no TLS gets nothing."""
    with RedisServer() as server:
        async with opened(RedisStore(f"rediss://127.0.0.1:{server.port}", timeout=1)) as store:
            with pytest.raises(ConnectionError):
                await store.put(key("one"), b"row", labels())
        assert server.command(b"DBSIZE") == 0
