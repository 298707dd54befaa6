"""`claif providers status` tells what others have found, with a real Redis between them."""

from __future__ import annotations

import json

import pytest
from servers import RedisServer

from claif import Client
from claif.api import ClaifError
from claif.testing import ScriptedServer

PROVIDERS = """\
[general]
default_provider = "x"
[shared]
store = "redis"
url = "{url}"
timeout = 20.0
[providers.x]
type = "openai"
base_url = "{down}"
model = "scripted-1"
[providers.y]
type = "openai"
base_url = "http://127.0.0.1:1/v1"
model = "scripted-1"
"""


def alone(cli) -> dict[str, float | None]:
    done = cli.run("providers", "status", "--json")
    assert done.returncode == 0, done.stderr
    return {row["name"]: row["left_alone"] for row in json.loads(done.stdout)}


async def test_a_provider_that_others_leave_alone_is_named(cli) -> None:
    with RedisServer() as server:
        async with ScriptedServer() as models:
            down = models.url(error=503)
            cli.config(PROVIDERS.format(url=server.url, down=down))
            assert set(alone(cli).values()) == {None}
            one = {"type": "openai", "base_url": down, "model": "scripted-1"}
            shared = {"store": "redis", "url": server.url, "timeout": 20.0}
            breaker = {"cool_down": 600, "max_cool_down": 600}  # longer than it takes to ask
            settings = {"shared": shared, "providers": {"x": one, "z": one}, "breaker": breaker}
            settings["retry"] = {"max_attempts": 1}
            async with Client(settings) as client:
                for _ in range(6):
                    with pytest.raises(ClaifError):
                        await client.query("hi", provider="x,z")
        found = alone(cli)
        assert 0 < found["x"] <= 600
        assert found["y"] is None
        text = cli.run("providers", "status").stdout.decode()
        assert "x: it failed, and the others leave it alone for " in text
    assert set(alone(cli).values()) == {None}  # the server is gone, and so is what was known
