"""Which key a provider uses, and what to tell the user when there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import MissingAPIKeyError
from ..logs import logger
from .secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .schema import ProviderSettings


def find_key(settings: ProviderSettings, *variables: str, environ: Mapping[str, str] | None = None) -> Secret | None:
    """The key that the settings give; else that in the first variable that is set; else the stored one.

    Args:
        settings: the provider's settings.
        variables: environment variables in which the key is by convention.
        environ: the environment; that of this process when not given.

    Returns:
        The key, or `None`.
    """
    given = settings.api_key
    if given and not given.fallback:
        logger.debug("a key comes from the configuration")
        return given
    environ = os.environ if environ is None else environ
    for variable in variables:
        if value := environ.get(variable, "").strip():
            logger.debug("a key comes from the variable {}", variable)
            return Secret(value)
    if given:
        logger.debug("a key comes from the keys file")
    return given or None


def missing_key(name: str, *variables: str) -> MissingAPIKeyError:
    """The error of a provider that needs a key and has none; it names every way to give it one.

    Args:
        name: the provider's name.
        variables: environment variables in which the key is by convention.
    """
    what = f": {variables[0]} is not set, and no key is stored" if variables else ""
    return MissingAPIKeyError(
        f"The provider {name} needs an API key{what}.", hint=key_ways(name, *variables), provider=name
    )


def key_ways(name: str, *variables: str) -> str:
    """Every way to give a provider its key, in one sentence."""
    first = f"Set {variables[0]}, or store" if variables else "Store"
    return (
        f"{first} the key with `claif keys set {name}`, or say in providers.{name}.api_key where it is: "
        f'"${{{variables[0] if variables else "VARIABLE"}}}", {{keyring = "SERVICE/NAME"}} '
        'or {cmd = ["PROGRAM", "ARGUMENT"]}.'
    )
