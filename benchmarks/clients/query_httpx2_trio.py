"""A bare script on trio: one streamed question with httpx2, printed as it comes."""

from __future__ import annotations

import json
import sys

import httpx2
import trio


async def main() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": sys.argv[2]}], "stream": True}
    headers = {"authorization": "Bearer sk-test"}
    url = f"{sys.argv[1]}/chat/completions"
    async with (
        httpx2.AsyncClient(timeout=60, headers=headers) as client,
        client.stream("POST", url, json=body) as response,
    ):
        response.raise_for_status()
        async for line in response.aiter_lines():
            if line.startswith("data: ") and line != "data: [DONE]":
                for choice in json.loads(line[6:])["choices"]:
                    sys.stdout.write(choice["delta"].get("content") or "")
    print()


trio.run(main)
