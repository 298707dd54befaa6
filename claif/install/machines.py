"""The machines for which there are packages, by the names that packages of native programs use."""

from __future__ import annotations

MACHINES = (
    *("linux-x64", "linux-arm64", "linux-x64-musl", "linux-arm64-musl"),
    *("darwin-x64", "darwin-arm64", "win32-x64", "win32-arm64"),
)
