"""The journal of a folder of answers: which question each answers, so that no file is asked about twice."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from ...errors import PermissionError

if TYPE_CHECKING:
    from ...models import Query

NAME = ".claif-done.jsonl"
"""The file's name: a line of JSON for each answer, of which the last counts."""


def question_key(query: Query) -> str:
    """What is the same for the same question, file and options, and for no others."""
    from ...codec import dumps

    return sha256(dumps(query).encode()).hexdigest()


class Journal:
    """Remembers what was answered in a folder, which is made if there is none.

    Raises:
        PermissionError: the folder cannot be made or read.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._path = os.path.join(folder, NAME)
        self._keys: dict[str, str] = {}
        try:
            os.makedirs(folder, exist_ok=True)
            with suppress(FileNotFoundError), open(self._path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    self._take(line)
        except OSError as error:
            raise _unwritable(folder, error) from None

    def _take(self, line: str) -> None:
        """Note a line; one that was cut off, or is no line of a journal, is passed over."""
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            self._keys[str(entry["answer"])] = str(entry["key"])

    def knows(self, place: str) -> bool:
        """Whether there is an answer at this path, to whatever question."""
        return self._name(place) in self._keys and os.path.isfile(place)

    def has(self, place: str, key: str) -> bool:
        """Whether there is an answer at this path, and to this question."""
        return self.knows(place) and self._keys[self._name(place)] == key

    def write(self, place: str, key: str, text: str) -> None:
        """Put an answer at its path, whole or not at all, and remember what it answers.

        Raises:
            PermissionError: it cannot be written.
        """
        entry = {"answer": self._name(place), "key": key}
        try:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            _replace(place, text)
            with open(self._path, "ab") as file:
                # After a line that was cut off, the next must not begin within it.
                file.write(b"\n" * self._is_torn() + json.dumps(entry).encode() + b"\n")
        except OSError as error:
            raise _unwritable(place, error) from None
        self._keys[entry["answer"]] = key

    def _is_torn(self) -> bool:
        with open(self._path, "rb") as file:
            if not file.seek(0, os.SEEK_END):
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"

    def _name(self, place: str) -> str:
        return os.path.relpath(place, self._folder)


def _replace(place: str, text: str) -> None:
    """Write a file beside the place, then move it there."""
    temporary = os.path.join(os.path.dirname(place), f".{os.path.basename(place)[:100]}.{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _unwritable(path: str, error: OSError) -> PermissionError:
    return PermissionError(
        f"{path} cannot be written ({error.strerror}).", hint="Check the permissions and the space left."
    )
