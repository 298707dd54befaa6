"""Which model is meant: one that Claif knows, or the user's own file."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from claif.api import InvalidConfigError, ModelNotFoundError

from .weights import KNOWN, Weights, find

GGUF = b"GGUF"


@frozen
class Choice:
    """A model: its name and the file it is in; `weights` if it is one that Claif knows."""

    name: str
    path: Path
    weights: Weights | None = None


def own_model(path: str | None) -> Path | None:
    """The user's own file, absolute."""
    return Path(path).expanduser().absolute() if path else None


def choose(wanted: str | None, own: Path | None, folder: Path, provider: str = "local") -> Choice:
    """The model that is meant.

    Args:
        wanted: a name; the user's own model, or else the first known one, when `None`.
        own: the user's own file.
        folder: where the known weights are, or would be.
        provider: name of the provider, for the hints of errors.

    Raises:
        ModelNotFoundError: there is no model of this name.
        InvalidConfigError: the user's own file is no model.
    """
    if own is not None and (wanted is None or wanted in {own.name, own.stem, str(own)}):
        _check_own(own, f"providers.{provider}.path")
        return Choice(own.stem, own)
    weights = KNOWN[0] if wanted is None else find(wanted)
    if weights is None:
        known = ", ".join([*([own.stem] if own else []), *(item.name for item in KNOWN)])
        raise ModelNotFoundError(
            f"There is no embedded model {wanted}; there is {known}.",
            model=wanted,
            hint=f"To use a GGUF file of your own: claif config set providers.{provider}.path FILE",
        )
    return Choice(weights.name, folder / weights.file, weights)


def _check_own(path: Path, key: str) -> None:
    problem = None
    try:
        with path.open("rb") as file:
            if file.read(len(GGUF)) != GGUF:
                problem = "it is no GGUF file"
    except OSError as error:
        problem = f"it cannot be read ({error.strerror})"
    if problem is not None:
        raise InvalidConfigError(
            f"The model file {path} cannot be used: {problem}.",
            problems=(f"{key}: {problem}",),
            hint=f"Set {key} to a GGUF file, or remove it: claif config unset {key}",
        )
