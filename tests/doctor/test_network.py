"""The way out: proxies without their passwords, and certificates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.doctor import network


def test_no_proxy_is_fine(machine):
    (finding,) = network.proxies(machine)
    assert finding.state == "ok"


def test_proxies_are_shown_without_their_accounts(machine):
    environ = {"HTTPS_PROXY": "http://user:canary@proxy.test:8080/path", "NO_PROXY": "localhost"}
    found = list(network.proxies(machine._replace(environ=environ)))
    assert found[0].detail == "http://********@proxy.test:8080"
    assert found[1].name == "NO_PROXY"
    assert "canary" not in str(found)


def test_the_small_spelling_wins_as_it_does_elsewhere(machine):
    environ = {"HTTPS_PROXY": "http://big.test", "https_proxy": "socks5://small.test:1080"}
    (finding,) = network.proxies(machine._replace(environ=environ))
    assert (finding.name, finding.detail) == ("https_proxy", "socks5://small.test:1080")


def test_a_proxy_that_is_no_url_is_a_failure_that_does_not_show_it(machine):
    (finding,) = network.proxies(machine._replace(environ={"ALL_PROXY": "ftp://user:canary@proxy.test"}))
    assert finding.state == "fail"
    assert "canary" not in str(finding)


@given(st.text(max_size=20), st.sampled_from(["http://", "socks5://", ""]))
def test_no_account_is_ever_shown(secret, scheme):
    """Whatever stands before the last @ of the address is masked."""
    try:
        shown = network.masked(f"{scheme}user:canary{secret}@proxy.test")
    except ValueError:
        return  # It is no URL at all, and refused before it is shown.
    assert "canary" not in shown or "/" in secret or "?" in secret or "#" in secret or "\\" in secret


def test_certificates_are_counted(machine):
    (finding,) = network.certificates(machine)
    assert finding.state == "ok"
    assert "OpenSSL" in finding.detail


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_variable_that_names_nothing_is_a_failure(machine, name):
    (finding,) = network.certificates(machine._replace(environ={name: "/nowhere"}))
    assert (finding.name, finding.state) == (name, "fail")


def test_no_authority_is_a_failure(machine, monkeypatch, tmp_path):
    class Empty:
        def cert_store_stats(self):
            return {"x509_ca": 0}

    monkeypatch.setattr(network.ssl, "create_default_context", Empty)
    folder = tmp_path / "certificates"
    folder.mkdir()
    (finding,) = network.certificates(machine._replace(environ={"SSL_CERT_DIR": str(folder)}))
    assert finding.state == "fail"
    (folder / "ca.pem").write_text("")
    (finding,) = network.certificates(machine._replace(environ={"SSL_CERT_DIR": str(folder)}))
    assert finding.state == "ok"
