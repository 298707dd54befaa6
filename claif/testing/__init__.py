"""The test kit for everybody who writes against Claif: fakes, a scripted server, strategies and a conformance suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from . import strategies as strategies
    from .behaviour import Behaviour as Behaviour
    from .conformance import EmbeddingConformance as EmbeddingConformance
    from .conformance import ProviderConformance as ProviderConformance
    from .conformance.cache_store import CacheStoreConformance as CacheStoreConformance
    from .fake import FakeProvider as FakeProvider
    from .fake import Pause as Pause
    from .fake_cli import FakeCLI as FakeCLI
    from .fake_cli import replay as replay
    from .fault_proxy import FaultProxy as FaultProxy
    from .http_server import RecordedRequest as RecordedRequest
    from .leaks import LeakCheck as LeakCheck
    from .server import ScriptedServer as ScriptedServer
    from .server_process import ServerProcess as ServerProcess
    from .vectors import vector_of as vector_of

__all__ = [
    "Behaviour",
    "CacheStoreConformance",
    "EmbeddingConformance",
    "FakeCLI",
    "FakeProvider",
    "FaultProxy",
    "LeakCheck",
    "Pause",
    "ProviderConformance",
    "RecordedRequest",
    "ScriptedServer",
    "ServerProcess",
    "replay",
    "strategies",
    "vector_of",
]

_NAMES = {
    "Behaviour": ".behaviour",
    "CacheStoreConformance": ".conformance.cache_store",
    "EmbeddingConformance": ".conformance",
    "FakeCLI": ".fake_cli",
    "FakeProvider": ".fake",
    "FaultProxy": ".fault_proxy",
    "LeakCheck": ".leaks",
    "Pause": ".fake",
    "ProviderConformance": ".conformance",
    "RecordedRequest": ".http_server",
    "ScriptedServer": ".server",
    "ServerProcess": ".server_process",
    "replay": ".fake_cli",
    "vector_of": ".vectors",
}
_get, __dir__ = lazy_exports(__name__, _NAMES)


def __getattr__(name: str) -> object:
    if name == "strategies":
        import importlib

        return importlib.import_module(".strategies", __name__)
    return _get(name)
