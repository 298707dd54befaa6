"""The process that looks at plugins and providers for the doctor; see `parts` for what it says, and to whom."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from ..finding import Finding
from .loaded import about, missing, processors, states
from .machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..config import Config
    from ..plugin.manager import PluginManager
    from ..routing.members import Member

REACH = 5.0
"""Seconds in which an endpoint must answer."""


def main() -> None:
    """Look at everything that the order does not skip."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # What plugins print must not be taken for an answer.
    order = json.loads(sys.stdin.readline())
    child = Child(order, answers)
    try:
        child.work()
    except Exception as error:
        what = f"They could not all be looked at: {type(error).__name__}: {error}"
        remedy = "Correct what the message names; if a package is missing: pip install --force-reinstall claif"
        child.say(child.group, [Finding("examination", "fail", what, remedy)])
    print(json.dumps({"done": True}), file=answers, flush=True)
    # Threads that a plugin has started must not keep us.
    os._exit(0)


class Child:
    """Looks at plugins and providers, and says what it finds as it goes.

    Args:
        order: the wishes, and what to skip.
        answers: where to say it.
    """

    def __init__(self, order: dict[str, Any], answers: TextIO) -> None:
        self.network, self.deep, self.off = order["network"], order["deep"], order["no_plugins"]
        self.skip = set(order["skip"])
        self.answers = answers
        self.group = "Plugins"
        self.machine = Machine.here()

    def say(self, group: str, findings: Iterable[Finding]) -> None:
        """Tell findings."""
        for finding in findings:
            print(json.dumps({"finding": finding._replace(group=group)}), file=self.answers, flush=True)

    def at(self, group: str, name: str) -> bool:
        """Tell what is looked at next; whether it is not to be skipped."""
        if f"{group}:{name}" in self.skip:
            return False
        self.group = group
        print(json.dumps({"step": [group, name]}), file=self.answers, flush=True)
        return True

    def work(self) -> None:
        """Look at everything."""
        config = self.machine.config()
        manager = self.plugins(config)
        self.group = "Providers"
        import trio

        trio.run(self.providers, config, manager)

    def plugins(self, config: Config) -> PluginManager:
        """Look at each plugin on its own, then at all together; gives what is left."""
        from ..plugin.manager import PluginManager
        from ..plugin.scan import normalize, scan

        only = self.machine.environ.get("CLAIF_PLUGINS")
        disable = [*config.plugins.disable, *self.machine.environ.get("CLAIF_DISABLE_PLUGINS", "").split(",")]
        alone: dict[str, str] = {}
        wanted = None if only is None else {normalize(name) for name in only.split(",")}
        for distribution in scan():
            if wanted is not None and distribution.name not in wanted:
                continue
            if not self.at("Plugins", distribution.name):
                disable.append(distribution.name)
                continue
            single = PluginManager.discover(load=[distribution.name], disable=disable, off=self.off)
            single.load_hooks()
            for report in single.reports():
                if report.name == distribution.name:
                    alone[report.name] = report.detail
        self.at("Plugins", "all plugins together")
        manager = PluginManager.discover(
            load=None if only is None else only.split(","),
            disable=disable,
            off=self.off,
            critical=config.plugins.critical,
            provider_choice=config.plugins.providers,
        )
        manager.load_hooks()
        for report in manager.reports():
            if f"Plugins:{report.name}" not in self.skip:
                self.say("Plugins", [about(report, alone.get(report.name, ""))])
        for name in config.plugins.critical:
            if not any(report.name == name for report in manager.reports()):
                self.say("Plugins", [missing(name)])
        self.say("Plugins", processors(config, manager))
        return manager

    async def providers(self, config: Config, manager: PluginManager) -> None:
        """Import each provider, ask each for its state, and, if wished, each configured one for its models."""
        from attrs import evolve

        from ..client import Client
        from ..config.schema import Processors
        from ..errors import ClaifError

        # What is wrong with processors has been told; providers are looked at all the same.
        config = evolve(config, processors=Processors(), processor_tables={})
        for name, entry in manager.providers().items():
            if entry.state == "ready":
                if not self.at("Providers", name):
                    from ..plugin.state import Status

                    entry.refuse(Status("broken", "It was given up.", ""))
                    continue
                try:
                    entry.load()
                except ClaifError:
                    continue  # Its state tells.
        self.at("Providers", "the states of all providers")
        async with Client(config, plugins=manager) as client:
            members = [member for member in client.providers() if f"Providers:{member.name}" not in self.skip]
            wanted = {member.name for member in members if member.default} | config.providers.keys()
            self.say("Providers", states(members, wanted))
            for member in members:
                if self.at("Providers", f"{member.name} in detail"):
                    self.say("Providers", self.diagnosed(config, manager, member))
            if self.network and self.at("Endpoints", "all endpoints"):
                await self.endpoints(client, [member for member in members if member.name in wanted])

    def diagnosed(self, config: Config, manager: PluginManager, member: Member) -> Iterator[Finding]:
        """What a provider itself has to say about this machine."""
        from ..config.schema import ProviderSettings
        from ..errors import ClaifError

        entry = manager.providers().get(member.type)
        if entry is None or entry.state != "ready" or member.status.state == "broken":
            return
        try:
            provider = entry.load()
            diagnose = getattr(provider, "diagnose", None)
            if diagnose is None:
                return
            settings = config.settings(member.name, getattr(provider, "Settings", ProviderSettings))
            for finding in diagnose(member.name, settings, config.home, deep=self.deep):
                yield finding._replace(name=f"{member.name}: {finding.name}")
        except ClaifError:
            return  # Its state has told already.
        except Exception as error:
            yield Finding(member.name, "fail", f"Its own diagnosis failed: {type(error).__name__}: {error}")

    async def endpoints(self, client: Any, members: list[Member]) -> None:
        """Ask all at the same time, each for its list of models; nothing else is connected to."""
        import trio

        async def ask(member: Member) -> None:
            self.say("Endpoints", [await _reach(client, member)])

        async with trio.open_nursery() as nursery:
            for member in members:
                if member.status.state == "ready" and "models" in member.capabilities:
                    nursery.start_soon(ask, member)
                else:
                    why = "it cannot list models" if member.status.state == "ready" else member.status.detail
                    self.say("Endpoints", [Finding(member.name, "ok", f"not asked: {why}")])


async def _reach(client: Any, member: Member) -> Finding:
    import trio

    from ..errors import AuthenticationError, ClaifError, TransportError

    began = trio.current_time()
    try:
        with trio.move_on_after(REACH):
            models = await client.models(member.name)
            took = (trio.current_time() - began) * 1000
            return Finding(member.name, "ok", f"answered within {took:.0f} ms and lists {len(models)} models")
    except AuthenticationError as error:
        return Finding(member.name, "fail", f"It was reached, and refuses the key: {error.message}", error.hint or "")
    except TransportError as error:
        return Finding(member.name, "fail", error.message, error.hint or "")
    except ClaifError as error:
        return Finding(member.name, "warn", f"It was reached, and says: {error.message}", error.hint or "")
    except Exception as error:
        return Finding(member.name, "fail", f"{type(error).__name__}: {error}", "Report it to the plugin's author.")
    return Finding(
        member.name,
        "fail",
        f"There was no answer within {REACH:g} s.",
        "Check its base_url, the network and the proxy; a firewall may swallow the packets.",
    )
