"""Lists of models, which have a deadline of their own in every protocol."""

from __future__ import annotations

import pytest

from claif.api import Client, TimeoutError
from claif.protocols import server as server_module
from claif.testing import ScriptedServer


@pytest.mark.parametrize("kind", ["openai", "anthropic", "google"])
async def test_a_server_that_says_nothing_is_given_up(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "PATIENCE", 0.1)
    async with ScriptedServer() as server:
        where = server.url if kind == "openai" else server.root_url
        house = {"type": kind, "base_url": where(stall="headers"), "api_key": "k", "model": "m"}
        async with Client({"providers": {"house": house}}) as client:
            with pytest.raises(TimeoutError, match=r"house said nothing for 0\.1 s"):
                await client.models("house")
