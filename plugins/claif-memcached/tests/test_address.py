"""URLs of a memcached, and TLS that checks who is at the other end."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme
from claif_memcached.address import memcached_address
from claif_memcached.store import MemcachedStore
from servers import MemcachedServer, opened

from claif.api import ConnectionError
from claif.testing.conformance.cache_base import key, labels


@pytest.mark.parametrize(
    ("url", "way", "place"),
    [
        (None, "plain", "memcached://127.0.0.1:11211"),
        ("memcached://localhost:5", "plain", "memcached://localhost:5"),
        ("memcacheds://example.com", "tls", "memcacheds://example.com:11211"),
        ("unix:///run/memcached.sock", "unix", "unix:///run/memcached.sock"),
    ],
)
def test_a_url_says_where(url: str | None, way: str, place: str) -> None:
    address = memcached_address(url)
    assert (address.way, address.place) == (way, place)


async def test_it_can_be_at_a_socket_of_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "memcached.sock"
    with MemcachedServer("-s", str(path), "-a", "0777", path=path) as server:
        async with opened(MemcachedStore(server.url, timeout=20)) as store:
            await store.put(key("one"), b"row", labels())
            assert await store.get(key("one")) == b"row"
            assert (await store.stats()).place == f"unix://{path}"


async def test_a_server_is_reached_by_tls_if_it_is_who_it_says(tmp_path: Path) -> None:
    """Without its authority it is not believed, and nothing is sent in clear text instead."""
    authority = trustme.CA()
    own = authority.issue_cert("localhost", "127.0.0.1")
    own.private_key_pem.write_to_path(tmp_path / "key.pem")
    own.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for path in (tmp_path, tmp_path / "key.pem", tmp_path / "cert.pem"):
        path.chmod(0o755)
    options = ["-Z", "-o", f"ssl_chain_cert={tmp_path}/cert.pem,ssl_key={tmp_path}/key.pem"]
    with MemcachedServer(*options, tls=True) as server:
        url = server.url.replace("memcached:", "memcacheds:")
        async with opened(MemcachedStore(f"{url}?ssl_ca_certs={tmp_path}/ca.pem", timeout=20)) as store:
            await store.put(key("one"), b"row", labels())
            assert await store.get(key("one")) == b"row"
        async with opened(MemcachedStore(url, timeout=20)) as store:
            with pytest.raises(ConnectionError, match="cannot be reached"):
                await store.get(key("one"))
