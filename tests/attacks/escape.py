"""What an agent that means harm tries from inside of the sandbox: attack 44, each try by itself.

Runs with nothing but the standard library. Prints JSON: name of the try -> `ESCAPED …` or how it was refused.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import glob
import json
import os
import signal
import socket
import stat
import struct
import sys
from contextlib import suppress

libc = ctypes.CDLL(None, use_errno=True)
TRIES = {}
REMOUNT, BIND, READ_ONLY, RECURSIVE = 32, 4096, 1, 16384
NEW_USER, NEW_MOUNT, NEW_PIDS = 0x10000000, 0x20000, 0x20000000
NUMBERS = {"x86_64": 0, "aarch64": 1}[os.uname().machine]
IO_URING, KEYCTL, ADD_KEY, BPF = 425, (250, 219)[NUMBERS], (248, 217)[NUMBERS], (321, 280)[NUMBERS]
OPEN_BY_HANDLE = (304, 265)[NUMBERS]


def attempt(function):
    """One of the tries; it returns what it got, or nothing."""
    TRIES[function.__name__] = function
    return function


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def mount(source, target, kind, flags):
    given = [None if each is None else os.fsencode(each) for each in (source, target, kind)]
    return checked(libc.mount(*given, ctypes.c_ulong(flags), None))


def write(path, text="claif was here"):
    with open(path, "w") as file:
        file.write(text)
    return f"wrote {path}"


def read(path):
    with open(path, "rb") as file:
        found = file.read(200)
    return f"read {found!r} from {path}" if found.strip(b"\0 \n") else None


def each(paths, what):
    """The first of the paths with which it works."""
    problem = FileNotFoundError(errno.ENOENT, "there is none")
    for path in paths:
        try:
            if found := what(path):
                return found
        except OSError as error:
            problem = error
    raise problem


def in_child(function):
    """Do it in a child, so that a namespace of its own does not change this process; what it says comes by a pipe."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        try:
            said = function() or ""
        except OSError as error:
            said = f"?{error}"
        os.write(theirs, said.encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as file:
        said = file.read()
    os.waitpid(child, 0)
    if said.startswith("?"):
        raise OSError(said[1:])
    return said


@attempt
def write_outside():
    return each(WISH["outside"], write)


@attempt
def write_through_a_link():
    return each(WISH["outside"], through_link)


def through_link(path):
    os.symlink(path, "link")
    try:
        return write("link")
    finally:
        os.unlink("link")


@attempt
def link_from_outside():
    os.link(WISH["outside"][0], "hard")
    try:
        return write("hard")
    finally:
        os.unlink("hard")


@attempt
def truncate_outside():
    os.truncate(WISH["outside"][0], 0)
    return "emptied it"


@attempt
def delete_outside():
    os.unlink(WISH["outside"][0])
    return "deleted it"


@attempt
def read_secrets():
    return each(WISH["secrets"], read)


@attempt
def remount():
    return each(["/", os.path.dirname(WISH["outside"][0]), WISH["home"]], remounted)


def remounted(path):
    mount(None, path, None, REMOUNT | BIND)
    return write(WISH["outside"][0])


@attempt
def unmount():
    return each([WISH["home"] + "/.ssh", "/tmp", "/run", "/proc"], unmounted)


def unmounted(path):
    checked(libc.umount2(os.fsencode(path), 2))
    return f"unmounted {path}"


@attempt
def bind_around_the_covers():
    os.makedirs("around", exist_ok=True)
    try:
        mount("/", "around", None, BIND)
        return read("around" + WISH["secrets"][0])
    finally:
        with suppress(OSError):
            os.rmdir("around")


def in_user_namespace(then):
    """As root of a new user namespace with a new mount namespace, which is allowed; what is not is to get anywhere."""
    user, group = os.getuid(), os.getgid()
    checked(libc.unshare(NEW_USER | NEW_MOUNT))
    with suppress(OSError):
        write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"0 {user} 1")
    write("/proc/self/gid_map", f"0 {group} 1")
    return then()


def tries_as_root_of_a_namespace():
    for function in (remount, unmount, bind_around_the_covers, write_outside, read_secrets, write_to_the_kernel):
        try:
            if found := function():
                return f"{function.__name__}: {found}"
        except OSError:
            continue
    mounts = os.makedirs("mnt", exist_ok=True) or "mnt"
    with suppress(OSError):
        mount("proc", mounts, "proc", 0)
        return each(glob.glob("mnt/[0-9]*/environ"), canary)
    return ""


@attempt
def nested_user_namespace():
    return in_child(lambda: in_user_namespace(tries_as_root_of_a_namespace))


@attempt
def write_to_the_kernel():
    names = ["kernel/core_pattern", "kernel/modprobe", "kernel/hotplug", "vm/drop_caches"]
    paths = [f"/proc/sys/{name}" for name in names] + ["/proc/sysrq-trigger", "/sys/kernel/uevent_helper"]
    paths += glob.glob("/sys/fs/cgroup/*/release_agent") + glob.glob("/sys/fs/cgroup/*/cgroup.procs")
    return each(paths, opened_for_writing)


def opened_for_writing(path):
    # Only opened: what is written there would change this machine.
    os.close(os.open(path, os.O_WRONLY))
    return f"could write {path}"


@attempt
def make_a_device():
    number = os.stat("/").st_dev
    os.mknod("disk", stat.S_IFBLK | 0o600, number)
    os.unlink("disk")
    return "made the device of the disk"


@attempt
def open_a_device():
    return each(["/dev/mem", "/dev/kmem", "/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/kvm", "/dev/fuse"], read)


def canary(path):
    with open(path, "rb") as file:
        return f"read the canary in {path}" if WISH["canary"].encode() in file.read() else None


@attempt
def environment_of_the_parent():
    return each([f"/proc/{os.getppid()}/environ", *glob.glob("/proc/[0-9]*/environ")], canary)


@attempt
def memory_of_the_parent():
    return each([f"/proc/{WISH['pid']}/mem"], memory)


def memory(path):
    with open(path, "rb+", buffering=0):
        return f"opened {path}"


@attempt
def files_of_the_parent():
    parent = os.path.join("/proc", str(WISH["pid"]))
    return each([os.path.join(parent, "root", "etc", "passwd"), *glob.glob(f"{parent}/fd/*")], read)


@attempt
def trace_the_parent():
    checked(libc.ptrace(16, WISH["pid"], None, None))
    return "attached to it"


@attempt
def signal_the_parent():
    os.kill(WISH["pid"], signal.SIGURG)
    return "sent it a signal"


@attempt
def unix_socket():
    return each(WISH["sockets"], talked)


def talked(path):
    with socket.socket(socket.AF_UNIX) as ours:
        ours.connect(path)
        return f"connected to {path}"


@attempt
def abstract_socket():
    return talked("\0" + WISH["abstract"])


@attempt
def tcp_to_the_host():
    with socket.create_connection(("127.0.0.1", WISH["tcp"]), timeout=2):
        return "connected"


@attempt
def udp_to_the_host():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.connect(("127.0.0.1", WISH["udp"]))
        ours.send(b"claif was here")
        ours.settimeout(1)
        return ours.recv(10) and "talked to it"


@attempt
def other_families():
    return each([17, 38, 40, 44], made)


def made(family):
    socket.socket(family, socket.SOCK_DGRAM if family != 40 else socket.SOCK_STREAM).close()
    return f"a socket of family {family}"


def call(number, *arguments):
    return f"call {number} gave {checked(libc.syscall(ctypes.c_long(number), *arguments))}"


@attempt
def io_uring():
    return call(IO_URING, 8, ctypes.create_string_buffer(256))


@attempt
def kernel_keys():
    return call(ADD_KEY, b"user", b"claif", b"x", ctypes.c_size_t(1), -3) or call(KEYCTL, 0, -3)


@attempt
def kernel_programs():
    return call(BPF, 0, ctypes.create_string_buffer(128), 128)


@attempt
def files_by_handle():
    return call(OPEN_BY_HANDLE, -100, ctypes.create_string_buffer(struct.pack("=Ii8s", 8, 1, b"\2\0\0\0\0\0\0\0")), 0)


@attempt
def type_into_the_terminal():
    for letter in b"claif\n":
        fcntl.ioctl(0, 0x5412, bytes([letter]))
    return "typed"


@attempt
def open_the_terminal():
    os.close(os.open("/dev/tty", os.O_RDWR))
    return "opened it"


@attempt
def leave_a_daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            null = os.open(os.devnull, os.O_RDWR)
            for number in range(3):
                os.dup2(null, number)
            with suppress(OSError):
                os.execve(sys.executable, ["python", "-c", "import time; time.sleep(60)", WISH["mark"]], {})
        os._exit(0)


@attempt
def limits_raised():
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1000, hard + 1000))
    return "raised a hard limit"


@attempt
def become_another():
    os.setresuid(12345, 12345, 12345)
    return "became another user"


@attempt
def own_root():
    os.chroot(".")
    return "changed the root"


def outcomes():
    """What came of each try."""
    found = {}
    for name, function in TRIES.items():
        try:
            got = function()
            found[name] = f"ESCAPED: {got}" if got else "got nothing"
        except (OSError, ValueError) as error:
            found[name] = f"refused: {error}"
    return found


if __name__ == "__main__":
    WISH = json.loads(sys.argv[1])
    print(json.dumps(outcomes()))
