"""Plays a transcript of a real CLI: what it wrote, when the client says what its client said then.

A transcript `*.jsonl` is standard output byte by byte. In one called `*.duplex`, lines that begin with `>> ` went the
other way. Ids that clients choose are told apart from the recorded ones: the answers carry those of this client.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from . import nasty
from .arguments import value
from .wire import ERR, Ended, Wire

Record = dict[str, Any]


def play(wire: Wire, script: dict[str, Any], program: Path) -> NoReturn:
    """Play, then end as it ended."""
    data = Path(f"{program}.transcript").read_bytes()
    client = Client(wire)
    if script["duplex"]:
        client.play(ordered(parsed(data)))
    else:
        client.wait_for_prompt()
        wire.write(data)
    wire.write(script["stderr"].encode(), ERR)
    if script["duplex"]:
        client.answer_to_the_end()
    code = script["exit"]
    nasty.die(max(code, 0), max(-code, 0))


def parsed(data: bytes) -> list[tuple[bool, bytes, Record]]:
    """The lines of a duplex transcript: whether the client wrote it, the bytes, and what they mean."""
    found = []
    for line in data.split(b"\n"):
        if line:
            mine = line.startswith(b">> ")
            text = line.removeprefix(b">> ")
            found.append((mine, text, json.loads(text)))
    return found


def ordered(lines: list[tuple[bool, bytes, Record]]) -> list[tuple[bool, bytes, Record]]:
    """The lines so that the answer to a request comes before the next line of the client.

    The recorded client did not wait for answers; one that waits must get them. A permission that it gave, and a
    cancellation, may be what the answer itself had to wait for.
    """
    lines = list(lines)
    for place, (mine, _, record) in enumerate(lines):
        number = request_id(record) if mine else None
        if number is None:
            continue
        later = range(place + 1, len(lines))
        answer = next((at for at in later if not lines[at][0] and answer_id(lines[at][2]) == number), None)
        if answer is not None and any(each[0] and not _is_of_the_turn(each[2]) for each in lines[place + 1 : answer]):
            lines.insert(place + 1, lines.pop(answer))
    return lines


def request_id(record: Record) -> Any:
    """The id of a request that expects an answer; `None` if it is none."""
    if record.get("type") == "control_request":
        return record["request_id"]
    return record.get("id") if "method" in record else None


def _is_of_the_turn(record: Record) -> bool:
    return answer_id(record) is not None or record.get("method") == "session/cancel"


def answer_id(record: Record) -> Any:
    """The id that an answer is for; `None` if it is none."""
    if record.get("type") == "control_response":
        return record["response"]["request_id"]
    return record.get("id") if "method" not in record else None


def kind(record: Record) -> tuple[str, str]:
    """What a client says, as far as it has to be the same."""
    if "type" in record:
        request = record.get("request") or {}
        return record["type"], str(request.get("subtype", ""))
    return "rpc", str(record.get("method", "answer"))


class Client:
    """The client of the replayed program."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.ids: dict[Any, Any] = {}

    def wait_for_prompt(self) -> None:
        """Wait until there is a question, if the arguments say that one comes on standard input."""
        if value("--input-format") == "stream-json":
            self.expect({"type": "user"})
        elif "exec" in sys.argv or value("--output-format") == "stream-json":
            self.wire.rest()

    def answer_to_the_end(self) -> None:
        """Answer with nothing whatever else is asked, until standard input ends."""
        with suppress(Ended):
            while True:
                self.answer(self.wire.receive() or {})

    def play(self, lines: list[tuple[bool, bytes, Record]]) -> None:
        """Play all lines."""
        for mine, data, record in lines:
            if mine:
                self.expect(record)
            else:
                self.say(data, record)

    def expect(self, recorded: Record) -> None:
        """Wait until the client says that; what else it asks is answered with nothing."""
        try:
            while kind(record := self.wire.receive() or {}) != kind(recorded):
                self.answer(record)
        except Ended:
            sys.exit(f"replay: standard input ended before {' '.join(kind(recorded))}")
        if (number := request_id(recorded)) is not None:
            self.ids[number] = request_id(record)

    def say(self, data: bytes, record: Record) -> None:
        """Say what was recorded, with this client's ids."""
        number = answer_id(record)
        own = self.ids.get(number, number)
        if own == number:
            self.wire.write(data + b"\n")
        elif "response" in record:
            self.wire.send({**record, "response": {**record["response"], "request_id": own}})
        else:
            self.wire.send({**record, "id": own})

    def answer(self, record: Record) -> None:
        """Answer a request that was not recorded."""
        number = request_id(record)
        if number is None:
            return
        if "type" in record:
            response = {"subtype": "success", "request_id": number, "response": {}}
            self.wire.send({"type": "control_response", "response": response})
        else:
            self.wire.send({"id": number, "result": {}})
