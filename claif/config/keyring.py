"""Keys from the keyring of the operating system; of the backends that exist, only those that keep keys encrypted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import DependencyError, MissingAPIKeyError
from .bounded import call_bounded

TIMEOUT = 60.0
"""Seconds that it may take, for there may be a dialog that asks the user to unlock it."""

BACKENDS = {
    "keyring.backends.macOS": "the macOS keychain",
    "keyring.backends.Windows": "the Windows credential locker",
    "keyring.backends.SecretService": "the Secret Service",
    "keyring.backends.kwallet": "KWallet",
    "keyring.backends.libsecret": "libsecret",
}
"""Module of a backend that is used -> what it is. Others may store in clear."""


def read_keyring(service: str, user: str, name: str, alive: Callable[[], None]) -> str:
    """The password that a keyring has for a service and a user.

    Args:
        service: the name of the service.
        user: the name of the user, or of the key.
        name: the setting that names both, for errors.
        alive: called now and then; whatever it raises ends the waiting.

    Raises:
        DependencyError: there is no keyring here that is fit for keys.
        MissingAPIKeyError: it has no such password, or does not give it.
    """
    from importlib import import_module

    try:
        library: Any = import_module("keyring")
    except ImportError:
        raise not_installed(name) from None
    try:
        found = call_bounded(lambda: _read(library, service, user), TIMEOUT, alive)
    except TimeoutError:
        raise _failed(name, f"did not answer within {TIMEOUT:g} s") from None
    except DependencyError:
        raise
    except Exception as error:
        # Only the kind of the error: what it says may come from anywhere.
        raise _failed(name, f"failed ({type(error).__name__})") from None
    if not found:
        raise MissingAPIKeyError(
            f"The system's keyring has nothing for {service}/{user}, to which {name} refers.",
            hint=f"Store it there: keyring set {service} {user}",
        )
    text: str = found.strip()
    return text


def not_installed(name: str) -> DependencyError:
    """The error of a setting that names a key in the keyring, where the package that reads it is missing."""
    return DependencyError(
        f"{name} is in the system's keyring, and the package that reads it is not installed.",
        hint="Install it: pip install 'claif[keyring]'",
    )


def _read(library: Any, service: str, user: str) -> str | None:
    backend = library.get_keyring()
    candidates = [backend, *getattr(backend, "backends", ())] if _is_chainer(backend) else [backend]
    fit = [candidate for candidate in candidates if _is_fit(candidate)]
    if not fit:
        kind = type(backend)
        raise DependencyError(
            f"No keyring here keeps keys encrypted (the backend is {kind.__module__}.{kind.__qualname__}).",
            hint=f"Claif uses {', '.join(BACKENDS.values())}; or store the key in its own file: claif keys set NAME",
        )
    for candidate in fit:
        found: str | None = candidate.get_password(service, user)
        if found:
            return found
    return None


def _failed(name: str, what: str) -> MissingAPIKeyError:
    return MissingAPIKeyError(
        f"The system's keyring, to which {name} refers, {what}.",
        hint="Unlock it and try again, or store the key in Claif's own file: claif keys set NAME",
    )


def _is_chainer(backend: Any) -> bool:
    return type(backend).__module__ == "keyring.backends.chainer"


def _is_fit(backend: Any) -> bool:
    try:
        priority = float(backend.priority)
    except Exception:  # a backend that cannot work says so by raising anything
        return False
    return type(backend).__module__ in BACKENDS and priority >= 1
