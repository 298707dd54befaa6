"""The published schema of the Agent Client Protocol, and what it finds wrong with conversations.

It is part of `@agentclientprotocol/sdk` (Apache-2.0), which `npm ci --prefix .ci/clis` installs, pinned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from needs import need
from schema_values import values

from agents.clis import node_modules

if TYPE_CHECKING:
    import jsonschema

PLACE = Path("@agentclientprotocol", "sdk", "schema", "v1", "schema.json")
KINDS = ("Request", "Response", "Notification")

Record = dict[str, Any]
Said = tuple[str, Record]
"""Who says it, `client` or `agent`, and what."""


class AcpSchema:
    """The schema of protocol version 1.

    Args:
        schema: the JSON schema.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._names = {
            (made["x-method"], kind): name
            for name, made in schema["$defs"].items()
            for kind in KINDS
            if "x-method" in made and name.endswith(kind)
        }

    @property
    def methods(self) -> set[str]:
        """All methods that it knows."""
        return {method for method, _ in self._names}

    def values(self, name: str) -> st.SearchStrategy[Any]:
        """What a definition allows."""
        definitions = self._schema["$defs"]
        return values(definitions[name], definitions).filter(lambda value: not self.wrong(name, value))

    def wrong(self, name: str, value: Any) -> list[str]:
        """What is wrong with a value for a definition; also that it has what that does not name."""
        known = self._schema["$defs"][name].get("properties")
        found = [f"{name} knows no {key}" for key in value if known and key not in known]
        return [*found, *self._validate(name, value, name)]

    def problems(self, said: Iterable[Said]) -> list[str]:
        """What is wrong in a conversation; each sentence names the method and the place."""
        asked: dict[tuple[str, Any], str] = {}
        found: list[str] = []
        for side, record in said:
            found += self._problems(side, record, asked)
        return found

    def _problems(self, side: str, record: Record, asked: dict[tuple[str, Any], str]) -> Iterator[str]:
        if record.get("jsonrpc") != "2.0":
            yield f"{side}: not JSON-RPC 2.0: {record}"
        if "method" in record:
            kind = "Request" if "id" in record else "Notification"
            if "id" in record:
                asked[side, record["id"]] = record["method"]
            yield from self._check(record["method"], kind, record.get("params"))
            return
        method = asked.pop(("agent" if side == "client" else "client", record.get("id")), "")
        if not method:
            yield f"{side}: answers what nobody has asked: {record}"
        elif "error" in record:
            yield from self._validate("Error", record["error"], method)
        else:
            yield from self._check(method, "Response", record.get("result"))

    def _check(self, method: str, kind: str, value: Any) -> Iterator[str]:
        name = self._names.get((method, kind))
        if name is None:
            yield f"{method}: there is no such {kind.lower()}"
        else:
            yield from self._validate(name, value, method)

    def _validate(self, name: str, value: Any, method: str) -> Iterator[str]:
        import jsonschema  # all tests load this module

        schema = {"$ref": f"#/$defs/{name}", "$defs": self._schema["$defs"]}
        for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
            deepest = max([error, *_below(error)], key=lambda each: len(each.absolute_path))
            yield f"{method} {'/'.join(map(str, deepest.absolute_path))}: {deepest.message[:300]}"


def _below(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    for each in error.context or ():
        yield each
        yield from _below(each)


def transcript(path: Path) -> list[Said]:
    """A recorded conversation: what begins with `>> ` was said by the client."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [
        ("client" if line.startswith(">> ") else "agent", json.loads(line.removeprefix(">> ")))
        for line in lines
        if line
    ]


@pytest.fixture(scope="session")
def acp_schema() -> AcpSchema:
    """The schema; without it the test is skipped, and fails where nothing may be missing."""
    found = [folder / PLACE for folder in node_modules() if (folder / PLACE).is_file()]
    need(found, "the schema of ACP (npm ci --prefix .ci/clis)")
    return AcpSchema(json.loads(found[0].read_text(encoding="utf-8")))
