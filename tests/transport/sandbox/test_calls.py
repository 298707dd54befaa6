"""Filters of system calls, run by a small interpreter of the kernel's language, and by the kernel itself."""

from __future__ import annotations

import errno
import os
import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.transport.sandbox import confine
from claif.transport.sandbox.calls import _PROCESSORS, INET, INET6, NETLINK, UNIX, call_filter, processor

ALLOW = "allow"
MACHINES = {"x86_64": {"socket": 41, "ioctl": 16, "clone": 56, "unshare": 272}} | {
    "aarch64": {"socket": 198, "ioctl": 29, "clone": 220, "unshare": 97}
}
STREAM, DATAGRAM, CLOSE_ON_EXEC = 1, 2, 0o2000000
TCP, UDP, MPTCP = 6, 17, 262


def judge(program: bytes, machine: int, number: int, *arguments: int) -> str | int:
    """What the kernel would say: `allow`, or the number of the error."""
    data = struct.pack("=iIQ6Q", number, machine, 0, *arguments, *[0] * (6 - len(arguments)))
    instructions = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    at = value = 0
    while True:
        code, yes, no, operand = instructions[at]
        at += 1
        match code:
            case 0x20:
                (value,) = struct.unpack_from("=I", data, operand)
            case 0x54:
                value &= operand
            case 0x15 | 0x35 | 0x45:
                met = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[code]
                at += yes if met else no
            case 0x06:
                return ALLOW if operand == 0x7FFF0000 else operand & 0xFFFF
            case _:
                raise AssertionError(f"the kernel knows no {code:#x}")


@pytest.fixture(params=MACHINES)
def machine(request) -> str:
    return request.param


def call(program: bytes, machine: str, name: str, *arguments: int) -> str | int:
    return judge(program, _PROCESSORS[machine], MACHINES[machine][name], *arguments)


def test_only_sockets_of_the_named_families_are_made(machine):
    program = call_filter(machine, families={UNIX, INET})
    assert call(program, machine, "socket", UNIX, STREAM) == ALLOW
    assert call(program, machine, "socket", INET, DATAGRAM, UDP) == ALLOW
    for family in (INET6, NETLINK, 17, 38, 40, 43, 44, 0, 2**31):
        assert call(program, machine, "socket", family, STREAM) == errno.EACCES


@given(family=st.integers(0, 50), kind=st.integers(0, 15), flags=st.sampled_from([0, 0o4000, CLOSE_ON_EXEC]))
@pytest.mark.parametrize("protocol", [0, TCP, UDP, MPTCP, 256, 255])
def test_where_only_tcp_is_wanted_nothing_else_of_the_internet_passes(family, kind, flags, protocol):
    program = call_filter("x86_64", families={NETLINK, INET, INET6}, tcp_only=True)
    got = call(program, "x86_64", "socket", family, kind | flags, protocol)
    tcp = family in {INET, INET6} and kind == STREAM and protocol in {0, TCP}
    assert (got == ALLOW) == (tcp or family == NETLINK)


@given(st.integers(0, 2**64 - 1))
def test_the_upper_half_of_an_argument_does_not_deceive(value):
    """The kernel takes an int: what is in the upper half is not looked at by it either."""
    program = call_filter("x86_64", families={UNIX})
    assert (call(program, "x86_64", "socket", value, STREAM) == ALLOW) == (value & 0xFFFFFFFF == UNIX)


def test_nothing_is_typed_into_a_terminal(machine):
    program = call_filter(machine, families=())
    for request in (0x5412, 0x541C, 0x5412 | 7 << 32):
        assert call(program, machine, "ioctl", 0, request) == errno.EPERM
    assert call(program, machine, "ioctl", 0, 0x5413) == ALLOW


def test_namespaces_of_users_are_refused_if_they_are_not_wanted(machine):
    wanted, unwanted = (call_filter(machine, families=(), namespaces=each) for each in (True, False))
    for name in ("clone", "unshare"):
        assert call(wanted, machine, name, 0x10000000) == ALLOW
        assert call(unwanted, machine, name, 0x10000000 | 0x20000) == errno.EPERM
        assert call(unwanted, machine, name, 0x01200011) == ALLOW, "an ordinary fork"
    assert judge(unwanted, _PROCESSORS[machine], 435) == errno.ENOSYS
    assert judge(wanted, _PROCESSORS[machine], 435) == ALLOW


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**31 - 1))
def test_another_processors_calls_and_those_of_x32_are_unknown(other, number):
    program = call_filter("x86_64", families={UNIX})
    if other != _PROCESSORS["x86_64"]:
        assert judge(program, other, number) == errno.ENOSYS
    if number >= 0x40000000:
        assert judge(program, _PROCESSORS["x86_64"], number) == errno.ENOSYS


@given(number=st.integers(0, 460), arguments=st.lists(st.integers(0, 2**64 - 1), max_size=6))
@pytest.mark.parametrize("namespaces", [True, False])
@pytest.mark.parametrize("tcp_only", [True, False])
def test_every_call_gets_an_answer(number, arguments, namespaces, tcp_only):
    for machine in MACHINES:
        program = call_filter(machine, families={INET, INET6}, tcp_only=tcp_only, namespaces=namespaces)
        assert judge(program, _PROCESSORS[machine], number, *arguments) in {
            ALLOW,
            errno.EPERM,
            errno.EACCES,
            errno.ENOSYS,
        }


def test_calls_that_every_program_makes_are_allowed(machine):
    program = call_filter(machine, families=(), namespaces=False)
    numbers = {"x86_64": (0, 1, 2, 9, 11, 12, 57, 58, 59, 60, 231, 202, 257), "aarch64": (56, 63, 64, 214, 215, 221)}
    for number in numbers[machine]:
        assert judge(program, _PROCESSORS[machine], number, 17) == ALLOW


TRY = """
import ctypes, importlib.util, json, socket, sys
spec = importlib.util.spec_from_file_location("confine", sys.argv[1])
confine = importlib.util.module_from_spec(spec)
spec.loader.exec_module(confine)
confine.confine({"calls": sys.argv[2]})
found = []
for family, kind in ((1, 1), (2, 1), (2, 2), (16, 3)):
    try:
        socket.socket(family, kind).close()
        found.append(0)
    except OSError as error:
        found.append(error.errno)
libc = ctypes.CDLL(None, use_errno=True)
found.append(libc.syscall(425, 8, ctypes.create_string_buffer(200)) or ctypes.get_errno())
print(json.dumps([found, ctypes.get_errno()]))
"""


def test_the_kernel_takes_the_filter_and_judges_alike():
    machine = processor()
    assert machine is not None, "the tests run where the calls are known"
    program = call_filter(machine, families={INET, NETLINK}, tcp_only=True)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", TRY, confine.__file__, program.hex()],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == f"[[{errno.EACCES}, 0, {errno.EACCES}, 0, -1], {errno.ENOSYS}]".split(), done.stderr


def test_a_processor_whose_calls_are_not_known_has_no_filter(monkeypatch):
    monkeypatch.setattr(os, "uname", lambda: type("Name", (), {"machine": "riscv64"}))
    assert processor() is None
