"""The schema: what can be configured, its types, defaults and rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from attrs import Attribute, field, frozen

from .secret import Secret

LOG_LEVELS = ("trace", "debug", "info", "success", "warning", "error", "critical")
MAX_MODEL_NAME = 200
"""Characters."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

Validator = Callable[[Any, "Attribute[Any]", Any], None]


def is_name(value: object) -> bool:
    """Whether it can name a provider, a preset or an output format."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def name_or_none(_instance: Any, _attribute: Attribute[Any], value: object) -> None:
    """Validates a name as `is_name` knows it."""
    if value is not None and not is_name(value):
        raise ValueError("must be a name: letters, digits, '_', '.', '-', at most 64 characters")


def seconds(_instance: Any, _attribute: Attribute[Any], value: float) -> None:
    """Validates a number of seconds greater than 0."""
    if not (isfinite(value) and value > 0):
        raise ValueError("must be a number of seconds greater than 0")


def positive(_instance: Any, _attribute: Attribute[Any], value: float) -> None:
    """Validates a finite number greater than 0."""
    if not (isfinite(value) and value > 0):
        raise ValueError("must be a number greater than 0")


def not_negative(_instance: Any, _attribute: Attribute[Any], value: float) -> None:
    """Validates a finite number from 0 on, such as seconds of which 0 means none."""
    if not (isfinite(value) and value >= 0):
        raise ValueError("must be a number from 0 on")


def _log_level(_instance: Any, _attribute: Attribute[Any], value: object) -> None:
    if value not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")


def model_name(_instance: Any, _attribute: Attribute[Any] | None, value: str | None) -> None:
    """Validates the name of a model."""
    # A model's name can become an argument of an agent's command line, where a leading dash would be an option.
    if value is not None and (
        not value or len(value) > MAX_MODEL_NAME or value[0] == "-" or not value.isprintable() or " " in value
    ):
        raise ValueError(
            f"must be a model's name: at most {MAX_MODEL_NAME} characters, no spaces, no dash at its beginning"
        )


def _plain_text(_instance: Any, _attribute: Attribute[Any], value: str | None) -> None:
    if value is not None and not (value and value.isprintable()):
        raise ValueError("must be text without control characters, and not empty")


def _key(value: str | Secret | None) -> Secret | None:
    return value if value is None or isinstance(value, Secret) else Secret(value)


@frozen(kw_only=True)
class General:
    """The table `[general]`.

    Args:
        default_provider: name of the provider that is asked when a query names none.
        timeout: seconds of wall time for a whole query.
        log_level: how much is logged: trace, debug, info, success, warning, error or critical.
        output: name of the output format; `auto` is Markdown on a terminal and plain text elsewhere.
        log_file: path of a file to which programs also log, as JSON lines; only your own file may set it.
        keep_warm: whether agents and the embedded model stay ready from one command to the next, in a broker that runs
            in the background; on Linux.
    """

    default_provider: str | None = field(default=None, validator=name_or_none)
    timeout: float = field(default=600.0, validator=seconds)
    log_level: str = field(default="warning", validator=_log_level)
    output: str = field(default="auto", validator=name_or_none)
    log_file: str | None = field(default=None, validator=_plain_text)
    keep_warm: bool = False


@frozen(kw_only=True)
class Plugins:
    """The table `[plugins]`.

    Args:
        disable: names of distributions or plugins that are left alone.
        critical: plugins whose failing hooks refuse the query.
        providers: provider name -> the distribution that serves it, where several claim it.
    """

    disable: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()
    providers: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class Processors:
    """The table `[processors]`: which message processors run and in which order.

    A processor is named as it is shipped (`trim`), or by its distribution, or by `distribution:entry point`. Tables
    `[processors.NAME]` in it are the settings of single processors.

    Args:
        enable: shipped processors to switch on; an installed one is on.
        disable: processors to switch off.
        order: those that come first, in this order.
    """

    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


@frozen(kw_only=True)
class Project:
    """The table `[project]` of the user's file.

    Args:
        allow: dotted names that a project's file may set; `*` stands for one part, and a name allows all below it.
    """

    allow: tuple[str, ...] = ("general.output", "providers.*.options.temperature")


_SIZE = re.compile(r"([0-9]{1,12})(?: ?([KMGT])(i?)B)?")
_UNITS = {"K": 1, "M": 2, "G": 3, "T": 4}


def size_in_bytes(text: str) -> int:
    """The bytes that a size such as `4GiB`, `500 MB` or `1048576` means.

    Raises:
        ValueError: it is no size.
    """
    found = _SIZE.fullmatch(text)
    if found is None or not int(found[1]):
        raise ValueError("must be a size like 4GiB, 500MB or a number of bytes")
    unit: int = 1024 if found[3] else 1000
    return int(found[1]) * int(unit ** _UNITS.get(found[2], 0))


def _size(_instance: Any, _attribute: Attribute[Any], value: str | None) -> None:
    if value is not None:
        size_in_bytes(value)


def one_of(*words: str) -> Validator:
    """Makes a validator of one of these words, or `None`."""

    def check(_instance: Any, _attribute: Attribute[Any], value: object) -> None:
        if value is not None and value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")

    return check


def count(_instance: Any, _attribute: Attribute[Any], value: int | None) -> None:
    """Validates a whole number from 1 on, or `None`."""
    if value is not None and value < 1:
        raise ValueError("must be a whole number from 1 on")


SANDBOX_LEVELS = ("auto", "require", "off")
NETWORKS = ("open", "proxy", "none")


@frozen(kw_only=True)
class Sandbox:
    """The table `[sandbox]`: how agents are confined. Neither a project's file nor a plugin may set it.

    Args:
        level: `auto` takes the best confinement that this machine has and tells which; `require` refuses to run an
            agent without file confinement (bubblewrap or Landlock); `off` confines nothing but the environment.
        network: `open`; `proxy`, which reaches only the hosts that the provider names; or `none`.
        memory: the most memory that an agent may use, such as `4GiB`.
        cpu: seconds of processor time that one process of an agent may use.
        processes: the most processes of one agent.
        file_size: the largest file that it may write, such as `1GiB`.
    """

    level: str = field(default="auto", validator=one_of(*SANDBOX_LEVELS))
    network: str = field(default="open", validator=one_of(*NETWORKS))
    memory: str | None = field(default=None, validator=_size)
    cpu: int | None = field(default=None, validator=count)
    processes: int | None = field(default=None, validator=count)
    file_size: str | None = field(default=None, validator=_size)


@frozen(kw_only=True)
class ProviderSettings:
    """A table `[providers.NAME]`. Providers with more settings subclass it, with attrs, and add them.

    Args:
        type: the provider plugin that serves this table; the table's name when not given.
        model: name of the model when a query names none.
        embedding_model: name of the model that turns texts into vectors, where nobody names one.
        base_url: where the API is.
        api_key: the key for it: `"${VARIABLE}"`, the key itself, or where it is: `{stored = "NAME"}`,
            `{keyring = "SERVICE/NAME"}`, `{cmd = ["PROGRAM", "ARGUMENT"]}`.
        preset: name of ready-made settings that the provider knows.
        options: options of every query to it, unless the query has its own (`temperature`, `top_p`, …).
        allow_http: permits a `base_url` without TLS that is not on this machine.
        connect_timeout: seconds until the connection must stand.
        first_event_timeout: seconds from then until the answer must begin.
        idle_timeout: seconds of silence that are tolerated within the answer.
        ca_bundle: path of a file with the certificates (PEM) to trust instead of the system's.
    """

    type: str | None = field(default=None, validator=name_or_none)
    model: str | None = field(default=None, validator=model_name)
    embedding_model: str | None = field(default=None, validator=model_name)
    base_url: str | None = field(default=None, validator=_plain_text)
    api_key: Secret | None = field(default=None, converter=_key)
    preset: str | None = field(default=None, validator=name_or_none)
    options: Mapping[str, Any] = field(factory=dict)
    allow_http: bool = False
    connect_timeout: float = field(default=10.0, validator=seconds)
    first_event_timeout: float = field(default=120.0, validator=seconds)
    idle_timeout: float = field(default=60.0, validator=seconds)
    ca_bundle: str | None = field(default=None, validator=_plain_text)


SECTIONS: Mapping[str, type] = {
    "general": General,
    "plugins": Plugins,
    "processors": Processors,
    "project": Project,
    "sandbox": Sandbox,
}
"""The tables of the file beside `[providers.NAME]` and those of routing."""

ROUTING = ("aliases", "breaker", "cache", "limits", "retry", "routes", "shared")
"""The tables of how queries get their answers, which `claif.config.routing` reads."""
FIXED = frozenset({"breaker", "cache", "retry", "shared"})
"""Those of them that have a fixed set of keys, each with a default."""

COSTS = ("budget", "ledger", "prices")
"""The tables of what queries cost, which `claif.config.costs` reads."""
