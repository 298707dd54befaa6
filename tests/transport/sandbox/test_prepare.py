"""From a command and a policy to what is started: at every level, and through the proxy."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import trio
from transport.sandbox.places import USERS, Places, places

from claif.errors import InvalidQueryError, SandboxError
from claif.transport.process.command import Command
from claif.transport.sandbox import prepare
from claif.transport.sandbox.choose import inner_bubblewrap_works
from claif.transport.sandbox.levels import Available, Tool
from claif.transport.sandbox.policy import Limits, Policy

NONE = Tool(None, "the test wants none")


@pytest.fixture(params=USERS)
def spot(request):
    with places(request.param) as found:
        yield found


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def command(work: Path, *arguments: str, program: str = "/bin/echo") -> Command:
    return Command(program=Path(program), arguments=arguments, directory=work)


async def prepared(work: Path, **policy) -> prepare.Prepared:
    """What would be started, and is not."""
    async with trio.open_nursery() as nursery:
        wanted = Policy(directory=work, **policy)
        try:
            async with prepare.prepared(
                command(work, "hello"), wanted, {"A": "b"}, nursery, home=work.parent / "claif"
            ) as found:
                return found
        except SandboxError as error:
            refusal = error
    raise refusal


async def test_off_starts_the_command_as_it_is(work):
    found = await prepared(work, wish="off", network="none", limits=Limits(cpu=1))
    assert (found.argv, found.environment) == (["/bin/echo", "hello"], {"A": "b"})
    assert (found.level, found.fds, found.confine) == ("environment", (), None)
    assert found.notes == ("The network is not confined.", "Its limits are not applied.")


@pytest.mark.parametrize(("wish", "level"), [("off", "environment"), ("auto", "bubblewrap")])
async def test_a_script_comes_after_what_runs_it_and_both_are_seen(work, wish, level):
    script, interpreter = work.parent / "agent" / "agent.js", work.parent / "node" / "bin" / "node"
    for path in (script, interpreter):
        path.parent.mkdir(parents=True)
    script.write_text("canary")
    shutil.copy("/bin/cat", interpreter)  # what runs it shows it
    run = Command(program=script, interpreter=interpreter, arguments=("-u",), directory=work)
    async with (
        trio.open_nursery() as nursery,
        prepare.prepared(run, Policy(directory=work, wish=wish), {}, nursery, home=work.parent / "claif") as found,
    ):
        assert (found.level, found.argv[-3:]) == (level, [str(interpreter), str(script), "-u"])
        done = await trio.run_process(
            found.argv, env={}, pass_fds=found.fds, capture_stdout=True, capture_stderr=True, check=False
        )
        assert (done.stdout, done.stderr) == (b"canary", b"")


async def test_the_descriptors_are_closed_with_the_block_or_before(work):
    before = set(os.listdir("/proc/self/fd"))
    async with (
        trio.open_nursery() as nursery,
        prepare.prepared(command(work), Policy(directory=work), {}, nursery, home=work.parent / "claif") as found,
    ):
        assert found.level == "bubblewrap"
        assert found.fds
        found.close_fds()
        assert found.fds == ()
        found.close_fds()
    found = await prepared(work, writable=True)
    assert found.fds == ()
    assert {name for name in os.listdir("/proc/self/fd") if name not in before} <= {str(max(map(int, before)) + 1)}


async def test_text_that_no_program_can_be_given_is_refused_before_anything_is_done(work):
    async with trio.open_nursery() as nursery:
        for words, environment in ((("a\0b",), {}), ((), {"A": "b\0c"}), ((), {"A\0": "b"})):
            with pytest.raises(InvalidQueryError, match="NUL"):
                async with prepare.prepared(
                    command(work, *words), Policy(directory=work), environment, nursery, home=work
                ):
                    raise AssertionError("it was prepared")


async def test_a_directory_that_is_not_there_is_refused(work):
    with pytest.raises(SandboxError, match="cannot be used"):
        await prepared(work / "nowhere")


async def test_what_is_required_and_not_there_is_refused(work, monkeypatch):
    machine = Available()
    machine.bubblewrap, machine.landlock = NONE, 0
    monkeypatch.setattr(prepare, "available", lambda: machine)
    with pytest.raises(SandboxError, match="the test wants none"):
        await prepared(work, wish="require")
    assert (await prepared(work)).level == "group"


async def test_limits_that_cannot_be_set_are_told(work, monkeypatch):
    machine = Available()
    machine.prlimit = NONE
    monkeypatch.setattr(prepare, "available", lambda: machine)
    found = await prepared(work, limits=Limits(cpu=1))
    assert "Its limits are not applied: the test wants none." in found.notes


async def test_a_folder_that_is_closed_to_root_without_its_rights_is_refused(work, monkeypatch):
    if os.getuid() != 0:
        pytest.skip("only root has rights to lose")
    os.chown(work, 1234, 1234)
    work.chmod(0o700)
    with pytest.raises(SandboxError, match="closed to other users"):
        await prepared(work)
    work.chmod(0o755)
    found = await prepared(work, writable=True)
    assert any("belongs to user 1234" in note for note in found.notes)


async def test_a_cancelled_start_leaves_nothing_behind(work):
    for name in ("prepare", "body"):
        async with trio.open_nursery() as nursery:
            with trio.CancelScope() as scope:
                if name == "prepare":
                    scope.cancel()
                async with prepare.prepared(
                    command(work),
                    Policy(directory=work, writable=True, network="proxy", hosts=frozenset({"a.test"})),
                    {},
                    nursery,
                    home=work.parent / "claif",
                ) as found:
                    (work / ".git").mkdir()
                    found.close_fds()
                    scope.cancel()
                    await trio.sleep_forever()
        assert os.listdir(work) == []


class Server:
    """Answers every connection with a word, in a thread."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_server((host, 0))
        self.port = self.socket.getsockname()[1]
        self.count = 0
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.count += 1
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join()


@pytest.fixture
def servers():
    """One that is named, and one that is not."""
    found = Server(), Server()
    yield found
    for server in found:
        server.close()


ASK = """
import json, os, sys, urllib.request
found = []
for port in sys.argv[1:]:
    try:
        found.append(urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read().decode())
    except OSError as error:
        found.append(getattr(error, "code", 0))
import socket
for port in sys.argv[1:]:
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=2)
        found.append("direct")
    except OSError as error:
        found.append("no way")
print(json.dumps([found, sorted(name for name in os.environ if name.lower().endswith("_proxy"))]))
"""


@pytest.mark.parametrize("level", ["bubblewrap", "landlock"])
def test_through_the_proxy_only_what_is_named_is_reached(spot: Places, servers, level):
    named, other = servers
    result = spot.run(
        ASK, str(named.port), str(other.port), level=level, network="proxy", hosts=[f"127.0.0.1:{named.port}"]
    )
    assert result["level"] == level
    found, variables = json.loads(result["out"])
    assert found == ["hello", 403, "no way", "no way"]
    assert variables == ["HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "https_proxy"]
    assert (named.count, other.count) == (1, 0)


def test_a_program_behind_the_relay_has_no_child_that_it_did_not_start_and_ends_with_it(spot: Places):
    script = """
import os, sys
try:
    print(os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("no child", os.getpid() < 10, sys.stdin.isatty())
sys.exit(7)
"""
    result = spot.run(script, network="proxy", hosts=["a.test"])
    assert (result["out"], result["code"]) == ("no child True True\n", 7)


def test_its_own_servers_are_reached_directly(spot: Places):
    script = """
import os, urllib.request, threading, socket
server = socket.create_server(("127.0.0.1", 0))
def serve():
    connection, _ = server.accept()
    connection.recv(1000)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nown")
threading.Thread(target=serve).start()
print(urllib.request.urlopen(f"http://127.0.0.1:{server.getsockname()[1]}").read(), os.environ["NO_PROXY"])
"""
    result = spot.run(script, network="proxy", hosts=["a.test"])
    assert result["out"] == "b'own' localhost,127.0.0.1,::1\n", result


def test_where_a_proxy_leads_on_the_relay_passes_much_both_ways(spot: Places):
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(65_536):
                connection.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]
    script = """
import os, socket, sys, threading
stream = socket.create_connection(("127.0.0.1", 3128))
stream.sendall(f"CONNECT 127.0.0.1:{sys.argv[1]} HTTP/1.1\\r\\n\\r\\n".encode())
head = b""
while b"\\r\\n\\r\\n" not in head:
    head += stream.recv(1)
def send():
    for _ in range(100):
        stream.sendall(b"x" * 100_000)
    stream.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
count = 0
while data := stream.recv(65_536):
    count += len(data)
print(count)
"""
    result = spot.run(script, str(port), network="proxy", hosts=[f"127.0.0.1:{port}"], seconds=60)
    thread.join(10)
    listener.close()
    assert result["out"] == "10000000\n", result


def test_a_bubblewrap_of_its_own_works_within_ours_unless_we_are_root(spot: Places):
    """Which is why `nested` exists."""
    inner = "exec /usr/bin/bwrap --ro-bind / / --dev /dev --proc /proc --unshare-pid -- /bin/echo inner"
    machine = Available()
    machine.root = spot.uid == 0
    result = spot.run("-c", inner, program="/bin/sh")
    assert (result["out"] == "inner\n") == inner_bubblewrap_works(machine)
    result = spot.run("-c", inner, program="/bin/sh", nested=True)
    assert result["out"] == "inner\n", result
    assert result["level"] == ("bubblewrap" if spot.uid else "group")
    result = spot.run("-c", inner, program="/bin/sh", level="landlock")
    assert result["out"] == "", "and why Landlock is none for such an agent"


def test_confining_needs_no_more_than_the_standard_library():
    """The supervisor's interpreter has no site-packages, and runs it by its path."""
    for name in ("confine", "relay"):
        path = importlib.util.find_spec(f"claif.transport.sandbox.{name}").origin
        code = f"import runpy; runpy.run_path({path!r}); print('fine')"
        done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60)
        assert done.stdout == "fine\n", done.stderr
