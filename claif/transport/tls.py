"""Trust: one TLS context for all connections that share a source of certificates, made when it is first needed."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpcore2

from ..errors import ConfigurationError


class Trust:
    """TLS contexts by their source of trusted certificates; making one takes 20 ms."""

    def __init__(self) -> None:
        self._contexts: dict[str | None, ssl.SSLContext] = {}

    def context(self, ca_bundle: str | None = None) -> ssl.SSLContext:
        """The context for a source.

        Args:
            ca_bundle: file or folder of PEM certificates that are trusted instead of all others; when `None`,
                SSL_CERT_FILE, SSL_CERT_DIR or else the system's own.

        Raises:
            ConfigurationError: the certificates cannot be read.
        """
        context = self._contexts.get(ca_bundle)
        if context is None:
            context = self._contexts[ca_bundle] = self._load(ca_bundle)
            context.set_alpn_protocols(["http/1.1"])
        return context

    def _load(self, ca_bundle: str | None) -> ssl.SSLContext:
        try:
            if ca_bundle is None:
                return httpcore2.default_ssl_context()
            path = Path(ca_bundle).expanduser()
            if path.is_dir():
                return ssl.create_default_context(capath=str(path))
            return ssl.create_default_context(cafile=str(path))
        except OSError as error:
            where = "SSL_CERT_FILE or SSL_CERT_DIR" if ca_bundle is None else f"ca_bundle ({ca_bundle})"
            raise ConfigurationError(
                f"The trusted certificates of {where} cannot be read ({error.strerror or type(error).__name__}).",
                hint="It has to name a file of certificates in PEM form.",
            ) from error
