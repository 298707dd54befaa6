"""Addresses of servers that keep what clients share: `redis://user:password@host:6379/0` and the like."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from attrs import field, frozen

from ..config.secret import Secret
from ..errors import InvalidConfigError
from ..transport.base_url import parse_base_url

if TYPE_CHECKING:
    from ssl import SSLContext

StoreWay = Literal["plain", "tls", "unix"]
"""How a server is reached: over the network as it is, over the network encrypted, or by a socket of this machine."""

ALLOW_PLAIN = "allow_plain"
TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
"""Parameters that name files (PEM) for TLS, as the clients of Redis call them."""
_TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@frozen
class StoreAddress:
    """Where a server is, and how one gets in.

    Args:
        way: how it is reached.
        scheme: as it was written, in lower case.
        host: a name or address; empty for a socket of this machine.
        port: TCP port; 0 for a socket of this machine.
        path: what follows the host, without the leading slash; for a socket of this machine, its absolute path.
        username: who asks; empty if it is not said.
        password: what it is proved with.
        parameters: what follows the question mark.
    """

    way: StoreWay
    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""
    username: str = field(default="", repr=False)
    password: Secret | None = None
    parameters: Mapping[str, str] = field(factory=dict)

    @property
    def server(self) -> str:
        """Host and port, or the path of the socket: what an error shows, even where the whole address is a secret."""
        if self.way == "unix":
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def place(self) -> str:
        """The address without who asks and the password, to be shown."""
        if self.way == "unix":
            return f"{self.scheme}://{self.path}"
        return f"{self.scheme}://{self.server}" + (f"/{self.path}" if self.path else "")

    def tls(self) -> SSLContext | None:
        """What encrypts and checks who the server is, if it is reached so.

        Raises:
            InvalidConfigError: a file that the parameters name cannot be used.
        """
        if self.way != "tls":
            return None
        import ssl

        try:
            context = ssl.create_default_context(cafile=self.parameters.get("ssl_ca_certs"))
            if certificate := self.parameters.get("ssl_certfile"):
                context.load_cert_chain(certificate, self.parameters.get("ssl_keyfile"))
        except OSError as error:
            raise _refused(
                f"the certificates that it names cannot be read ({error.strerror or type(error).__name__})",
                f"Let {', '.join(TLS_FILES)} name files in PEM form.",
            ) from None
        return context


def store_address(
    url: str | Secret,
    *,
    ways: Mapping[str, StoreWay],
    port: int,
    password: Secret | None = None,
    parameters: Collection[str] = (),
) -> StoreAddress:
    """Read the address of a server.

    What is stored are prompts and answers, so a server on another machine is reached by TLS, unless the address says
    `?allow_plain=true`. The message of an error never shows a password.

    Args:
        url: the address; `%XX` in name, password and path is taken for what it stands for.
        ways: schemes, and how each reaches a server.
        port: TCP port if none is given.
        password: the server's, if it is not in the address.
        parameters: names that may follow the question mark, beside those that this module knows.

    Raises:
        InvalidConfigError: it is no such address.
    """
    text = url.reveal() if isinstance(url, Secret) else url
    try:
        split = urlsplit(text)
    except ValueError:
        raise _refused("it is not of the form SCHEME://HOST:PORT") from None
    way = ways.get(split.scheme)
    if way is None:
        raise _refused(f"it does not begin with {' or '.join(f'{scheme}://' for scheme in ways)}")
    given = _parameters(split, {*parameters, *(TLS_FILES if way == "tls" else ()), ALLOW_PLAIN})
    username, found = _login(split)
    password = found or password
    if way == "unix":
        path = unquote(split.path)
        if "\0" in path or not path.startswith("/") or split.hostname:
            raise _refused("a socket of this machine is named by its absolute path")
        return StoreAddress(way, split.scheme, "", 0, path, username, password, given)
    host, number, loopback = _host(split, port)
    if way == "plain" and not (loopback or _truth(given.get(ALLOW_PLAIN, "false"))):
        raise _refused(
            f"{split.scheme} would send prompts, answers and the password to {host} in clear text",
            _encrypted(ways) + f"put ?{ALLOW_PLAIN}=true behind it if you trust the network.",
        )
    path = unquote(split.path).strip("/")
    return StoreAddress(way, split.scheme, host, number, path, username, password, given)


def _encrypted(ways: Mapping[str, StoreWay]) -> str:
    tls = [scheme for scheme, way in ways.items() if way == "tls"]
    return f"Use {' or '.join(f'{scheme}://' for scheme in tls)}; or " if tls else "Use a tunnel; or "


def _host(split: SplitResult, port: int) -> tuple[str, int, bool]:
    where = split.netloc.rpartition("@")[2]
    name, colon, number = where.rpartition(":")
    if not colon or number.endswith("]"):
        name, number = where, ""
    if not name:
        raise _refused("it has no host")
    try:
        # What may be a host is decided in one place; http is only a scheme that needs no more than that.
        url = parse_base_url(f"http://{name}:{number or port}", allow_http=True)
    except InvalidConfigError as error:
        raise _refused(error.problems[0].partition(": ")[2]) from None
    return url.host, url.port, url.loopback


def _login(split: SplitResult) -> tuple[str, Secret | None]:
    before, at, _ = split.netloc.rpartition("@")
    username, _, password = before.partition(":")
    return unquote(username) if at else "", Secret(unquote(password)) if password else None


def _parameters(split: SplitResult, known: Collection[str]) -> Mapping[str, str]:
    if split.fragment:
        raise _refused("a fragment (#) has no place in it", "Write a # in a password as %23.")
    given = dict(parse_qsl(split.query, keep_blank_values=True))
    if unknown := sorted(set(given) - set(known)):
        raise _refused(f"{len(unknown)} of its parameters are not known", f"There are {', '.join(sorted(known))}.")
    return given


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise _refused(f"{ALLOW_PLAIN} is neither true nor false")
    return _TRUTHS[text.lower()]


_FORM = "Write it as SCHEME://HOST:PORT; a password can stand apart, in `password`."


def _refused(reason: str, hint: str = _FORM) -> InvalidConfigError:
    message = f"The address of the store cannot be used: {reason}."
    return InvalidConfigError(message, problems=(f"url: {reason}",), hint=hint)
