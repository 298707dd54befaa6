"""The provider keeps the promises of every provider; the scripted server stands in for the model's process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from claif_local.engine import Engine

from claif.api import Processes
from claif.testing import EmbeddingConformance, ProviderConformance, ScriptedServer


class Nothing:
    """A process that never ends by itself, as far as the pool looks at one."""

    alive = quiet = True

    def when_disturbed(self, call: Callable[[], None] | None) -> None:
        pass

    async def close(self) -> None:
        self.alive = False

    kill = close


class ScriptedEngine(Engine):
    """Runs nothing: its model's file says which address to ask."""

    alive = True
    process: Any = None

    async def start(self, processes: Processes) -> None:
        self.process = Nothing()
        self.base_url = self._model.read_text().partition(" ")[2]

    async def obituary(self) -> None:
        return None


class TestLocal(ProviderConformance, EmbeddingConformance):
    lacks: ClassVar[frozenset[str]] = frozenset({"connections_are_used_again"})  # a streamed one is not kept

    @pytest.fixture(autouse=True)
    def scripted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("claif_local.provider.Engine", ScriptedEngine)
        self.folder = tmp_path

    def settings(self, server: ScriptedServer, **behaviour: object) -> Mapping[str, Any]:
        url = server.url(**behaviour)
        path = self.folder / f"{abs(hash(url))}" / "scripted-1.gguf"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"GGUF {url}")
        return {"type": "local", "path": str(path)}
