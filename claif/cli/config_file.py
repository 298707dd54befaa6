"""What `claif config set` needs to know of the world: the user's file, standard input, and when to warn."""

from __future__ import annotations

from pathlib import Path

from ..config.dotted import join, split
from ..config.limits import MAX_TEXT
from ..config.loader import USER_FILE, claif_home
from ..config.places import is_secret
from ..errors import InvalidQueryError


def user_file() -> Path:
    """Where the user's configuration file is, or would be."""
    return claif_home() / USER_FILE


def value_from_stdin() -> str:
    """A value from standard input: its text without the newline at the end.

    Raises:
        InvalidQueryError: standard input is a terminal, is not text, or too long.
    """
    from .stdin import read_bytes

    try:
        return read_bytes(4 * MAX_TEXT).decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise InvalidQueryError(
            f"Standard input is not UTF-8 text: byte {error.start} is invalid.", hint="Convert it to UTF-8."
        ) from None


def secret_advice(name: str, text: str) -> str | None:
    """What to tell somebody who has written a secret into the file in clear."""
    path = split(name)
    if not is_secret(path) or "${" in text:
        return None
    provider = path[1].upper().replace("-", "_").replace(".", "_") if path[0] == "providers" and path[2:] else "MY"
    return (
        f"{join(path)} now stands in the file in clear. Safer: claif keys set {path[1] if path[1:] else 'NAME'}, and "
        f"remove it here; or set the variable {provider}_API_KEY, and then "
        f"claif config set {join(path)} '${{{provider}_API_KEY}}'"
    )
