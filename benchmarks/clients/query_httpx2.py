"""A bare script: one streamed question with httpx2, printed as it comes."""

from __future__ import annotations

import json
import sys

import httpx2

with httpx2.stream(
    "POST",
    f"{sys.argv[1]}/chat/completions",
    json={"model": "m", "messages": [{"role": "user", "content": sys.argv[2]}], "stream": True},
    headers={"authorization": "Bearer sk-test"},
    timeout=60,
) as response:
    response.raise_for_status()
    for line in response.iter_lines():
        if line.startswith("data: ") and line != "data: [DONE]":
            for choice in json.loads(line[6:])["choices"]:
                sys.stdout.write(choice["delta"].get("content") or "")
print()
