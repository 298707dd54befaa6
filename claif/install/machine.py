"""The machine that a program has to run on, by the names that packages of native programs use."""

from __future__ import annotations

import os
import platform
import sys

_PROCESSORS = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def this_machine() -> str:
    """Such as `linux-x64`, `linux-arm64-musl`, `darwin-arm64` or `win32-x64`; others as the system names them."""
    processor = platform.machine().lower()
    name = f"{sys.platform}-{_PROCESSORS.get(processor, processor)}"
    return f"{name}-musl" if sys.platform == "linux" and not _has_glibc() else name


def _has_glibc() -> bool:
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, OSError, ValueError):
        return False
