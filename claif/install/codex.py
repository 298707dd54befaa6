"""Codex: its packages and fingerprints. Its programs for Linux are static, so that they need no particular libc."""

from __future__ import annotations

from ..downloads.wheels import Wheel
from .program import LoginFile, NpmPackage, Program, WheelPackage, executable_file

VERSION = "0.169.0"
_WHEEL_VERSION = "0.163.0"

_NPM = {
    "linux-x64": (
        "x86_64-unknown-linux-musl",
        "o05NyAOCDygSPRo1yinzxvkRSdmsZyBD9E7mbpmjRanSfM8lypqWtQgEo4XfNkwhuCR2aFu8mlGOsQGFXVbVww==",
    ),
    "linux-arm64": (
        "aarch64-unknown-linux-musl",
        "NZ/DaQUpcQmxmqee7Z9uC1rzw3GhSbooawcaTe1LN5Yk+WlinUKGdTXJgClRT/9ogQEEM9TWxYzvxPfj5G/xFg==",
    ),
    "darwin-x64": (
        "x86_64-apple-darwin",
        "K1FKSsSLl9v3z5TeagBQXyQRDBIGB5Jncy5dxsRxwT3aaTqN3AI8VrCfoxBxKMOOU9O2QX1vg7WkBwNVth/s9A==",
    ),
    "darwin-arm64": (
        "aarch64-apple-darwin",
        "5WsWFBbVP78D+6FvNo1MMVxLPZdmcoQlqVJFrF4qx/TmvneLnMQKtLyXkUo54XOTDfoYKpNouTJ/F7gTVA8FnQ==",
    ),
    "win32-x64": (
        "x86_64-pc-windows-msvc",
        "nC+McFU8xRNL9tk3IhxcKdhcyOElwF/HhPO+gzSQCY7yjh3XdzSajX+MYWcHUVHWRHajfwn3/WgJYJK2wS+XWg==",
    ),
    "win32-arm64": (
        "aarch64-pc-windows-msvc",
        "nTN9SpkacGohq60+I80R3t0R8Mhbnlt3OVYNahgAv1Gu77KFwhPc0vz9Ou/DAGDtYhKVWA/jiYXJXnlzkwb/JA==",
    ),
}
_WHEELS = {
    "linux-x64": ("manylinux_2_17_x86_64", "76db41fb07fdf9ddacbe892b48d21dfde270031ec0f5666b5e558114355f006d"),
    "linux-arm64": ("manylinux_2_17_aarch64", "bb2b0d117eeb02608738cf2bcdf51f6a036343d0028272e11a94e72b0d23b141"),
    "linux-x64-musl": ("musllinux_1_1_x86_64", "0e2984865a16661eddf431ff26d5effd24fa00175b9e8b7a7e2c889276707cca"),
    "linux-arm64-musl": ("musllinux_1_1_aarch64", "64eca5277cf5158e43f78a231e51d7650d42071d5555b86de29cfffc86b700e1"),
    "darwin-x64": ("macosx_10_9_x86_64", "6b4a9e614e30442f9c2b804604b7fba12f218627f709fe5ba1960c01dac15ca1"),
    "darwin-arm64": ("macosx_11_0_arm64", "dd0e6570930167f0e15ec94c5fb494a4a5a9dceb0a97113176c7b47c826cda05"),
    "win32-x64": ("win_amd64", "b759f212cc0deec6da9f297800797232c73d3f0d963842deaa02df965ee0b8b6"),
    "win32-arm64": ("win_arm64", "64c7d113e1bf6cefa87159c1d21115654a716e1b505295d8520aa91e399ad115"),
}


def _npm(machine: str, target: str, integrity: str) -> NpmPackage:
    return NpmPackage(
        name="@openai/codex",
        suffix=f"-{machine}",
        program=f"vendor/{target}/bin/{executable_file('codex', machine)}",
        integrity=f"sha512-{integrity}",
        megabytes=430,
    )


def _wheel(machine: str, tag: str, sha256: str) -> WheelPackage:
    file = f"openai_codex_cli_bin-{_WHEEL_VERSION}-py3-none-{tag}.whl"
    return WheelPackage(
        wheel=Wheel(project="openai-codex-cli-bin", version=_WHEEL_VERSION, file=file, sha256=sha256),
        version=_WHEEL_VERSION,
        keep=("codex_cli_bin/",),
        program=f"codex_cli_bin/bin/{executable_file('codex', machine)}",
        megabytes=380,
    )


_PACKAGES = {machine: _npm(machine, *rest) for machine, rest in _NPM.items()}

CODEX = Program(
    name="codex",
    title="Codex",
    executable="codex",
    version=VERSION,
    npm=_PACKAGES | {f"{machine}-musl": _PACKAGES[machine] for machine in ("linux-x64", "linux-arm64")},
    wheels={machine: _wheel(machine, *rest) for machine, rest in _WHEELS.items()},
    plugin="claif-codex",
    key_variables=("CODEX_API_KEY", "OPENAI_API_KEY"),
    login_files=(
        LoginFile(path="~/.codex/auth.json", keys=("OPENAI_API_KEY", "tokens.access_token"), variable="CODEX_HOME"),
    ),
    login=("login",),
)
