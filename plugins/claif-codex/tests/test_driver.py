"""Conversations begin ahead where the next query is like the last, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from claif_codex import driver
from claif_codex.provider import CodexProvider
from patience import until

from claif.api import Client
from claif.testing import FakeCLI
from claif.transport.process import pool

GUARD = 20.0
"""Seconds after which a conversation that is to begin hangs."""


async def test_a_conversation_begins_ahead_and_serves_a_query_like_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(driver, "STARTED_TIMEOUT", GUARD)
    monkeypatch.setattr(pool, "HEALTH_TIMEOUT", GUARD)
    fake = FakeCLI.codex(tmp_path / "bin")
    table = {"path": str(fake.program), "directory": str(tmp_path), "api_key": "sk-of-the-test"}
    config = {"general": {"default_provider": "codex"}, "providers": {"codex": table}, "sandbox": {"level": "off"}}
    conversations = []
    async with Client(config, providers={"codex": CodexProvider}) as client:
        for system, count in ((None, 2), (None, 3), ("Be terse.", 5), ("Be terse.", 6), (None, 8)):
            conversations.append((await client.query("hi", system=system)).conversation)
            await until(lambda count=count: len(asked(fake, "thread/start")) >= count, GUARD)
    (run,) = fake.runs
    begun = [record["params"].get("developerInstructions") for record in asked(fake, "thread/start")]
    assert begun == [None, None, None, "Be terse.", "Be terse.", "Be terse.", None, None]
    assert len(set(conversations)) == 5
    assert [record["params"]["threadId"] for record in asked(fake, "turn/start")] == conversations
    assert run.end


def asked(fake: FakeCLI, method: str) -> list[dict[str, Any]]:
    (run,) = fake.runs
    return [record for record in run.records if record.get("method") == method]
