"""Confining this very process, between fork and exec: limits, no capabilities, Landlock, a filter of system calls.

A supervisor runs this file by its path, with an interpreter that sees nothing but the standard library.
Structures and numbers: `linux/landlock.h`, `linux/seccomp.h`, `linux/prctl.h` and `linux/capability.h` of Linux 6.18.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost a third of the start
    from typing import Any

LIMITS = {"memory": "RLIMIT_DATA", "cpu": "RLIMIT_CPU", "processes": "RLIMIT_NPROC", "file_size": "RLIMIT_FSIZE"}
LATER = 5
"""Seconds of processor time between the signal that a program can catch and the one that it cannot."""

_PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 22, 24, 38, 47
_SECCOMP_MODE_FILTER, _PR_CAP_AMBIENT_CLEAR_ALL = 2, 4
_CAPABILITY_VERSION = 0x20080522
_MOST_CAPABILITIES = 64

# The same numbers on every processor.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH, _RULE_PORT = 1, 2
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
_ALL = {1: _REFER - 1, 2: 2 * _REFER - 1, 3: 2 * _TRUNCATE - 1, 5: 2 * _IOCTL_DEVICE - 1}
"""Rights that a version of the interface knows."""
_CONNECT_TCP = 1 << 1
_SCOPES = 3
_WITH_PORTS, _WITH_SCOPES = 4, 6


def confine(order: dict[str, Any]) -> None:
    """Confine this process and all that it will start, for good.

    Args:
        order: JSON data with any of these keys:
            `limits`: name -> number, as in `LIMITS`: bytes, seconds, processes, bytes;
            `drop`: whether it gives up all capabilities;
            `files`: `{"read": paths, "list": paths, "write": paths}`, to which files are then confined; `list` are
            folders below which names may be listed;
            `ports`: TCP ports to which alone it may connect;
            `calls`: a filter of system calls, in hexadecimal.

    Raises:
        OSError: the system refuses one of these; the process must not go on.
    """
    _limit(order.get("limits", {}))
    if order.get("drop"):
        _drop_capabilities()
    _control(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if "files" in order or "ports" in order:
        _landlock(order.get("files"), order.get("ports"))
    if "calls" in order:
        _filter(bytes.fromhex(order["calls"]))


def landlock_abi() -> int:
    """The version of Landlock's interface that this kernel has, 0 if there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return _call(_CREATE_RULESET, None, 0, 1)
    except OSError:
        return 0


def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    import ctypes

    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _call(number: int, *arguments: Any) -> int:
    import ctypes

    given = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return _checked(_libc().syscall(ctypes.c_long(number), *given), f"system call {number}")


def _control(option: int, *arguments: Any) -> None:
    import ctypes

    given = [ctypes.c_ulong(each) if isinstance(each, int) else each for each in arguments]
    _checked(_libc().prctl(option, *given), f"prctl {option}")


def _limit(limits: dict[str, int]) -> None:
    import resource

    for name, value in limits.items():
        kind = getattr(resource, LIMITS[name])
        highest = resource.getrlimit(kind)[1]
        hard = value + LATER if name == "cpu" else value
        if highest != resource.RLIM_INFINITY:
            hard = min(hard, highest)
        resource.setrlimit(kind, (min(value, hard), hard))


def _drop_capabilities() -> None:
    """Give up all capabilities, also those that root would get back with exec."""
    import ctypes
    import struct

    _control(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(_MOST_CAPABILITIES):
        try:
            _control(_PR_CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:
            break  # The last one was before it; or none may be dropped, and then there is none to be had.
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _checked(_libc().capset(ctypes.c_char_p(header), ctypes.c_char_p(bytes(24))), "capset")


def _landlock(files: dict[str, list[str]] | None, ports: list[int] | None) -> None:
    import ctypes
    import struct

    abi = landlock_abi()
    known = _ALL[max(version for version in _ALL if version <= abi)] if abi else 0
    words = [known if files is not None else 0]
    if abi >= _WITH_PORTS:
        words.append(_CONNECT_TCP if ports is not None else 0)
    if abi >= _WITH_SCOPES:
        words.append(_SCOPES if files is not None else 0)
    attributes = struct.pack(f"={len(words)}Q", *words)
    rules = _call(_CREATE_RULESET, ctypes.c_char_p(attributes), len(attributes), 0)
    try:
        read = _EXECUTE | _READ_FILE | _READ_DIR
        # Renaming into another folder is decided by the rights of both, so it is allowed where writing is.
        for paths, rights in (("list", _READ_DIR), ("read", read), ("write", known)):
            for path in (files or {}).get(paths, ()):
                _allow(rules, path, rights & known)
        for port in ports or () if abi >= _WITH_PORTS else ():
            rule = struct.pack("=QQ", _CONNECT_TCP, port)
            _call(_ADD_RULE, rules, _RULE_PORT, ctypes.c_char_p(rule), 0)
        _call(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    import ctypes
    import stat
    import struct

    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return  # It is gone, and so there is nothing to allow.
    try:
        mode = os.fstat(place).st_mode
        if stat.S_ISLNK(mode):
            return
        rights &= rights if stat.S_ISDIR(mode) else _OF_FILES
        if rights:
            rule = struct.pack("=Qi", rights, place)
            _call(_ADD_RULE, rules, _RULE_PATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(place)


def _filter(program: bytes) -> None:
    import ctypes

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    wanted = Program(len(program) // 8, program)
    _control(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0)
