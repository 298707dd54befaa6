"""Filters of system calls: programs in the kernel's packet filter language, as seccomp takes them.

Numbers of calls: `asm/unistd_64.h` (x86-64) and `asm-generic/unistd.h` (aarch64) of Linux 6.18.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER, _PROCESSOR, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
"""From here on calls of x86-64 are those of another, rarely used interface, which would go around the filter."""

_PROCESSORS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_REFUSED = {
    # name: x86-64, aarch64
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "quotactl": (179, 60),
    "syslog": (103, 116),
}
"""Calls of the administrator, and those to what no namespace separates (keys of the kernel, its tracing)."""
_UNKNOWN = {"userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426)} | {
    "io_uring_register": (427, 427)
}
"""Calls for which programs have something else; through io_uring sockets are made that no filter sees."""
_SOCKET, _IOCTL = (41, 198), (16, 29)
_CLONE, _UNSHARE, _CLONE3, _SETNS = (56, 220), (272, 97), (435, 435), (308, 268)
_NEW_USER = 0x10000000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
"""Both put characters into the input of a terminal."""

UNIX, INET, INET6, NETLINK = 1, 2, 10, 16
_STREAM, _TYPE_BITS, _TCP = 1, 0xF, 6

Instruction = tuple[int, int, int, int]


def processor() -> str | None:
    """This machine's processor, if its calls are known."""
    name = os.uname().machine if hasattr(os, "uname") else ""
    return name if name in _PROCESSORS and struct.calcsize("P") == 8 else None  # noqa: PLR2004 - 64 bits


def call_filter(machine: str, *, families: Iterable[int], tcp_only: bool = False, namespaces: bool = True) -> bytes:
    """A filter that refuses what no agent needs, and sockets other than these.

    Args:
        machine: the processor, as `processor` names it.
        families: numbers of the address families of which sockets may be made.
        tcp_only: whether sockets of the internet may only be TCP.
        namespaces: whether namespaces of users may be made. In one of its own even root without capabilities can mount
            the control groups, whose files belong to root.
    """
    column = list(_PROCESSORS).index(machine)
    program: list[Instruction] = [
        (_LOAD, 0, 0, _PROCESSOR),
        (_EQUAL, 1, 0, _PROCESSORS[machine]),
        _error(errno.ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        program += [(_AT_LEAST, 0, 1, _X32), _error(errno.ENOSYS)]
    for number in _REFUSED.values():
        program += _if(number[column], [_error(errno.EPERM)])
    for number in _UNKNOWN.values():
        program += _if(number[column], [_error(errno.ENOSYS)])
    program += _if(_SOCKET[column], _sockets(sorted(set(families)), tcp_only=tcp_only))
    program += _if(_IOCTL[column], _ioctls())
    if not namespaces:
        for number in (_CLONE, _UNSHARE):
            program += _if(number[column], _without(_NEW_USER))
        # Its flags are out of a filter's sight; programs go back to the older call.
        program += _if(_CLONE3[column], [_error(errno.ENOSYS)])
        program += _if(_SETNS[column], [_error(errno.EPERM)])
    program.append(_ALLOWED)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


_ALLOWED: Instruction = (_RETURN, 0, 0, _ALLOW)


def _error(number: int) -> Instruction:
    return _RETURN, 0, 0, _ERROR | number


def _if(value: int, then: list[Instruction]) -> list[Instruction]:
    """What is done if the loaded value is this one; `then` must end with a return."""
    return [(_EQUAL, 0, len(then), value), *then]


def _argument(index: int) -> Instruction:
    """Load the lower half of an argument, which is all of it where the kernel takes an `int`."""
    return _LOAD, 0, 0, _ARGUMENTS + 8 * index


def _sockets(families: list[int], *, tcp_only: bool) -> list[Instruction]:
    found = [_argument(0)]
    for family in families:
        found += _if(family, _tcp() if tcp_only and family in {INET, INET6} else [_ALLOWED])
    return [*found, _error(errno.EACCES)]


def _tcp() -> list[Instruction]:
    # Not MPTCP, which is a stream too, but to which rules for TCP did not always apply.
    return [
        _argument(1),
        (_AND, 0, 0, _TYPE_BITS),
        (_EQUAL, 0, 4, _STREAM),
        _argument(2),
        *_if(0, [_ALLOWED]),
        (_EQUAL, 1, 0, _TCP),
        _error(errno.EACCES),
        _ALLOWED,
    ]


def _without(flag: int) -> list[Instruction]:
    return [_argument(0), (_ANY_BIT, 0, 1, flag), _error(errno.EPERM), _ALLOWED]


def _ioctls() -> list[Instruction]:
    return [_argument(1), *_if(_TIOCSTI, [_error(errno.EPERM)]), *_if(_TIOCLINUX, [_error(errno.EPERM)]), _ALLOWED]
