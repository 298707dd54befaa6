"""The provider keeps the promises of every provider; the scripted server stands in for the model's process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trio
from claif_local.engine import Engine

from claif.testing import ProviderConformance, ScriptedServer


class ScriptedEngine(Engine):
    """Runs nothing: its model's file says which address to ask."""

    alive = True

    async def start(self, nursery: trio.Nursery) -> None:
        self.base_url = self._model.read_text().partition(" ")[2]

    async def obituary(self) -> None:
        return None


class TestLocal(ProviderConformance):
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
