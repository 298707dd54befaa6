"""Providers and commands by name, known without an import and loaded, guarded, when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import PluginError, ProviderInitError
from .guard import Failed, load
from .state import Plugin, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

    from ..provider import ProviderFactory, State


class ProviderEntry:
    """A provider that a distribution offers."""

    __slots__ = ("_loaded", "_status", "claimants", "name", "plugin", "value")

    def __init__(self, name: str, value: str, plugin: Plugin, status: Status | None = None) -> None:
        self.name = name
        self.value = value
        self.plugin = plugin
        self.claimants: tuple[str, ...] = (plugin.name,)
        self._status = status
        self._loaded: ProviderFactory | None = None

    @property
    def distribution(self) -> str:
        """What brings it; several names if they have not been told apart yet."""
        return ", ".join(self.claimants)

    @property
    def version(self) -> str:
        """The distribution's version; empty if several claim the name."""
        return self.plugin.version if len(self.claimants) == 1 else ""

    @property
    def status(self) -> Status:
        """Whether it can be loaded here, as far as is known without an import."""
        return self._status or self.plugin.usable

    @property
    def state(self) -> State:
        """`ready`, or the reason why it cannot be used, in a word."""
        return self.status.state

    @property
    def detail(self) -> str:
        """Why it cannot be used."""
        return self.status.detail

    @property
    def hint(self) -> str:
        """What to do about it."""
        return self.status.hint

    def contest(self, *others: str) -> None:
        """Refuse it because other distributions claim its name, until the user says which of them serves it."""
        self.claimants = tuple(sorted({*self.claimants, *others}))
        self.refuse(
            Status(
                "conflict",
                f"The name {self.name} is claimed by {' and '.join(self.claimants)}.",
                f"Say which one serves it: claif config set plugins.providers.{self.name} {self.claimants[0]}",
            )
        )

    def refuse(self, status: Status) -> None:
        """Never load it, for the reason that the status tells."""
        self._status = status

    def load(self) -> ProviderFactory:
        """Import the provider, once.

        Returns:
            A `Provider` class (that of a `BaseProvider` is adapted), or a function that makes one from a `Context`.

        Raises:
            ProviderInitError: it cannot be used here; its hint says what to do.
        """
        if self._loaded is None:
            status = self.status
            if status.state != "ready":
                raise ProviderInitError(
                    f"The provider {self.name} cannot be used: {status.detail}", hint=status.hint, provider=self.name
                )
            try:
                found, seconds = load(self.value)
                self.plugin.took(self.value, seconds)
                self._loaded = as_provider(found)
            except Failed as failure:
                problem = f"{self.value} of {self.plugin.name} cannot be loaded ({failure})."
                self._status = Status("broken", problem, self.plugin.remedy)
                raise ProviderInitError(
                    f"The provider {self.name} cannot be used: {problem}", hint=self.plugin.remedy, provider=self.name
                ) from failure.__cause__
        return self._loaded


def as_provider(found: object) -> ProviderFactory:
    """Make a provider class, or a function that makes providers, of what a plugin offers.

    Raises:
        Failed: it is neither.
    """
    from ..provider import BaseProvider, Provider
    from .adapt import adapted

    if isinstance(found, type):
        if issubclass(found, BaseProvider):
            return adapted(found)
        if not issubclass(found, Provider):
            raise Failed(f"the class {found.__name__} derives neither from Provider nor from BaseProvider")
        if missing := getattr(found, "__abstractmethods__", None):
            raise Failed(f"the class {found.__name__} does not define {', '.join(sorted(missing))}()")
    elif not callable(found):
        raise Failed(f"it is of type {type(found).__name__}, and neither a class nor a function")
    factory: ProviderFactory = found
    return factory


class CommandEntry:
    """A command that a distribution adds to `claif`."""

    __slots__ = ("claimants", "name", "plugin", "value")

    def __init__(self, name: str, value: str, plugins: Sequence[Plugin]) -> None:
        self.name = name
        self.value = value
        self.plugin = plugins[0]
        self.claimants = tuple(plugin.name for plugin in plugins)

    @property
    def distribution(self) -> str:
        """What brings it; several names if they claim it together."""
        return ", ".join(self.claimants)

    @property
    def version(self) -> str:
        """The distribution's version."""
        return self.plugin.version

    @property
    def status(self) -> Status:
        """Whether it can be loaded here, as far as is known without an import."""
        if len(self.claimants) == 1:
            return self.plugin.usable
        return Status(
            "conflict",
            f"The name {self.name} is claimed by {' and '.join(self.claimants)}.",
            f"Switch one of them off: CLAIF_DISABLE_PLUGINS={self.claimants[-1]}",
        )

    def load(self) -> click.Command:
        """Import the command.

        Raises:
            PluginError: it cannot be used here; its hint says what to do.
        """
        status = self.status
        if status.state != "ready":
            raise PluginError(f"The command {self.name} cannot be used: {status.detail}", hint=status.hint)
        try:
            found, seconds = load(self.value)
            command = as_command(found)
        except Failed as failure:
            raise PluginError(
                f"The command {self.name} of {self.plugin.name} cannot be loaded ({failure}).", hint=self.plugin.remedy
            ) from failure.__cause__
        self.plugin.took(self.value, seconds)
        return command


def as_command(found: object) -> click.Command:
    """The click command that a plugin offers.

    Raises:
        Failed: it is none.
    """
    import click

    if not isinstance(found, click.Command):
        raise Failed(f"it is of type {type(found).__name__} and no click command")
    return found
