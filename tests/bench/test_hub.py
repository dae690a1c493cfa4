"""The switchboard: warden, spare processes, strangers at the door, and nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from socklab import hub as hub_module
from socklab import killing, wire
from socklab.hub import Hub, KitError
from socklab.lesson import Lab
from socklab.submission import Submission


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub of its own for each test here, as they do it harm."""
    hub = Hub(spares=1)
    yield hub
    hub.close()


def hello(hub: Hub, folder: Path) -> None:
    """Run a program, to see that the hub works."""
    (folder / "hello.py").write_text("print('hello')")
    lab = Lab(hub, Submission("00", folder))
    try:
        program = lab.program("hello.py")
        program.expect_output("hello")
        program.expect_exit(0)
    finally:
        lab.close()


def kill_warden(hub: Hub) -> None:
    before = hub.warden_losses
    assert hub._process is not None
    hub._process.kill()
    hub.until(lambda: hub.warden_losses > before, 60, "the loss of the warden")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def wait_until_dead(*pids: int) -> None:
    end = time.monotonic() + 30
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < end, f"still alive: {[p for p in pids if is_alive(p)]}"


def test_spares_are_ready_before_they_are_needed(hub: Hub) -> None:
    first = hub.take()
    hub.until(lambda: hub._ready, 60, "a spare")
    second = hub.take(to_come=0)
    assert first.pid != second.pid and first.name != second.name
    hub.end(first, thorough=False)
    hub.end(second, thorough=False)
    assert not hub._ready and not hub._coming


def test_close_ends_every_process(hub: Hub) -> None:
    links = [hub.take() for _ in range(3)]
    hub.until(lambda: hub._ready, 60, "a spare")
    spare = next(iter(hub._ready.values()))
    assert hub._process is not None
    pids = [link.pid for link in [*links, spare]] + [hub._process.pid]
    hub.close()
    hub.close()  # once more does no harm
    if sys.platform != "win32":
        wait_until_dead(*pids)


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_closed_before_the_warden_has_been_welcomed(hub: Hub, seconds: float) -> None:
    """A wrong option ends pytest at once: nobody waits for a warden that is on its way."""
    hub.start()
    process = hub._process
    assert process is not None
    time.sleep(seconds)  # the warden is on its way, or waits at the door
    hub.close()
    if sys.platform != "win32":
        assert process.returncode in (0, 1), "it had to be killed"


@pytest.mark.skipif(sys.platform == "win32", reason="counts processes by POSIX means")
def test_a_killed_grader_takes_everything_along(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
        "time.sleep(1000)\n")
    grader = subprocess.Popen([sys.executable, "-c", f"""
import sys
sys.path.insert(0, {str(hub_module.FOLDER.parent)!r})
from pathlib import Path
from socklab.hub import Hub
from socklab.lesson import Lab
from socklab.submission import Submission
hub = Hub()
lab = Lab(hub, Submission("00", Path({str(tmp_path)!r})))
program = lab.program("program.py")
lab.wait(lambda: program.started_processes)
print(program.pid, hub._process.pid, flush=True)
lab.wait(lambda: False, horizon=1e9)
"""], stdout=subprocess.PIPE, text=True)
    assert grader.stdout is not None
    pids = [int(pid) for pid in grader.stdout.readline().split()]
    grader.kill()
    grader.wait()
    wait_until_dead(*pids)


def test_a_killed_warden_is_replaced(hub: Hub, tmp_path: Path) -> None:
    hello(hub, tmp_path)
    for _ in range(3):
        kill_warden(hub)
        hello(hub, tmp_path)


def test_a_program_under_a_killed_warden_is_ended_all_the_same(hub: Hub) -> None:
    link = hub.take()
    kill_warden(hub)
    hub.end(link, thorough=False)
    if sys.platform != "win32":
        wait_until_dead(link.pid)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such signal")
def test_a_program_whose_warden_does_not_get_to_its_end(hub: Hub) -> None:
    """The order to end it is given, and then the warden is killed."""
    link = hub.take()
    assert hub._process is not None
    os.kill(hub._process.pid, signal.SIGSTOP)
    hub.end(link, thorough=False)  # nobody waits for it
    kill_warden(hub)
    wait_until_dead(link.pid)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such signal")
def test_a_spare_that_dies_is_replaced(hub: Hub, tmp_path: Path) -> None:
    hub.start()
    hub.until(lambda: hub._ready, 60, "a spare")
    os.kill(next(iter(hub._ready.values())).pid, signal.SIGKILL)
    hub.until(lambda: not hub._ready or hub._exits, 60, "its end")
    hello(hub, tmp_path)


@pytest.mark.parametrize("data", [
    b"", b"GET / HTTP/1.1\r\n\r\n", bytes(4), bytes(100), b"\xff" * 1000,
    wire.encode("hello", "nobody", 1, ""), wire.encode("hello"), wire.encode(),
    wire.encode(None), wire.encode("hello", None, None, None),
    wire.encode("hello", ("x",), "y", b"z"), wire.encode("exited", "x", 0),
])
def test_strangers_at_the_door_are_shown_out(hub: Hub, tmp_path: Path, data: bytes) -> None:
    hub.start()
    with socket.create_connection(("127.0.0.1", hub._port)) as stranger:
        stranger.sendall(data)
        stranger.shutdown(socket.SHUT_WR)
        stranger.setblocking(False)

        def shown_out() -> bool:
            try:
                return stranger.recv(1) == b""
            except BlockingIOError:
                return False
            except ConnectionError:
                return True

        hub.until(shown_out, 60, "the end of the stranger's connection")
    hello(hub, tmp_path)


@pytest.mark.parametrize("data", [
    bytes(4), b"\xff" * 1000, bytes(1000), wire.encode(7), wire.encode("no such word"),
    wire.encode("still"), wire.encode("still", 1, True, (), (), ()),
    wire.encode("calls", "x"), wire.encode("ask", 1, "bind"), wire.encode("_on_exit", 0),
    wire.encode("end", 0, ()), wire.encode("result", 1, True, ()), wire.encode("free", 1, 2),
    wire.encode("output", 1.0, 1, ("", 0, ""), "text"), wire.encode("connected", None, ()),
])
def test_what_a_program_writes_into_the_bench_harms_only_itself(
    hub: Hub, tmp_path: Path, data: bytes
) -> None:
    """It finds the connection among its open descriptors."""
    (tmp_path / "hostile.py").write_text(f"""
import os, socket, stat
for fd in range(3, 100):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            os.write(fd, {data!r})
    except OSError:
        pass
""" if sys.platform != "win32" else "pass")
    lab = Lab(hub, Submission("00", tmp_path))
    program = lab.program("hostile.py")
    program.expect_exit(None)
    lab.close()
    hello(hub, tmp_path)


def test_a_wait_that_takes_too_long_is_the_kit_s_fault(hub: Hub) -> None:
    with pytest.raises(KitError, match="the impossible did not happen within 0 s"):
        hub.until(lambda: False, 0.1, "the impossible")


def test_exit_status_of_a_process(hub: Hub) -> None:
    link = hub.take()
    ends: list[int] = []
    hub.on_exit[link.name] = ends.append
    killing.kill_process(link.pid)
    hub.until(lambda: ends, 60, "its end")
    assert hub.exit_status(link.name) == ends[0]
    hub.end(link, thorough=False)
