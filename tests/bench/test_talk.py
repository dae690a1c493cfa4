"""talk: typed lines travel, each recv is shown, and every end is told in words."""

from __future__ import annotations

import argparse
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from socklab import talk
from socklab.talk import encode
from terminal import CTRL_C, CTRL_D, PATIENCE, Tool, run_tool

pty = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")
RESET = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.settimeout(PATIENCE)
        yield sock


def port_of(listening: socket.socket) -> str:
    return str(listening.getsockname()[1])


def accept(listening: socket.socket) -> socket.socket:
    connection, _ = listening.accept()
    connection.settimeout(PATIENCE)
    return connection


def exactly(connection: socket.socket, size: int) -> bytes:
    """Receive so many bytes, or fewer if they end."""
    data = b""
    while len(data) < size and (piece := connection.recv(size - len(data))):
        data += piece
    return data


def serving(listening: socket.socket, serve: Callable[[socket.socket], None]) -> threading.Thread:
    def run() -> None:
        with accept(listening) as connection:
            serve(connection)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_what_is_typed_travels_and_each_recv_is_shown(listening: socket.socket) -> None:
    with Tool("talk", port_of(listening)) as tool, accept(listening) as connection:
        tool.until(f"Connected with 127.0.0.1, port {port_of(listening)}")
        tool.type("Zoë\n")
        assert exactly(connection, 5) == "Zoë\n".encode()
        tool.until("send(5 bytes)  b'Zo\\xc3\\xab\\n'")
        for data in (b"one", b"\x00\xff\n"):
            connection.sendall(data)
            tool.until(f"recv(1024): 3 bytes  {data!r}")
        connection.close()
        assert tool.status() == 0
        assert "recv(1024): b''  The server has ended its stream" in tool.shown


def test_a_reset_is_told_in_words(listening: socket.socket) -> None:
    with Tool("talk", port_of(listening)) as tool, accept(listening) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.close()
        assert tool.status() == 1
        assert "broken the connection off: a reset" in tool.shown
        assert "Traceback" not in tool.shown


def test_the_end_of_input_half_closes(listening: socket.socket) -> None:
    with Tool("talk", port_of(listening)) as tool, accept(listening) as connection:
        tool.type("last\n")
        tool.end_input()
        assert exactly(connection, 100) == b"last\n"  # and then b"": the end
        tool.until("your stream has ended")
        connection.sendall(b"still here")
        tool.until("recv(1024): 10 bytes  b'still here'")
        connection.close()
        assert tool.status() == 0


@pytest.mark.parametrize(("options", "typed", "due"), [
    (["--no-newline"], "ab\ncd\n", b"abcd"),
    (["--escapes"], "a\\x00\\\\n\n", b"a\x00\\n\n"),
    (["--no-newline", "--escapes"], "\\x00\\x00\\x00\\x02ok\n", b"\x00\x00\x00\x02ok"),
    ([], "a\\n\n", b"a\\n\n"),
    ([], "no newline at the end", b"no newline at the end"),
])
def test_options(options: list[str], typed: str, due: bytes, listening: socket.socket) -> None:
    with Tool("talk", port_of(listening), *options) as tool, accept(listening) as connection:
        tool.type(typed)
        tool.end_input()
        assert exactly(connection, 1000) == due


def test_zero_bytes_are_no_message(listening: socket.socket) -> None:
    with Tool("talk", port_of(listening), "--no-newline") as tool, \
            accept(listening) as connection:
        tool.type("\n")
        tool.until("nothing is sent")
        tool.type("x\n")
        assert exactly(connection, 1) == b"x"


def test_a_flood_both_ways_comes_to_its_end(listening: socket.socket) -> None:
    """The server reads on only when its answers are read: a plain sendall() would wait."""
    def echo(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            connection.sendall(data)

    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        listening.setsockopt(socket.SOL_SOCKET, option, 8192)
    serving(listening, echo)
    line = b"x" * 8_000_000 + b"\n"
    done = run_tool("talk", port_of(listening), typed=line)
    assert done.returncode == 0, done.stderr
    received = [int(n.replace(",", "")) for n in
                re.findall(r"recv\(1024\): ([0-9,]+) byte", done.stdout)]
    assert sum(received) == len(line) and max(received) <= 1024
    assert re.search(r"send\(8,000,001 bytes\): only [0-9,]+ taken", done.stdout)


def test_nobody_listens(listening: socket.socket) -> None:
    number = port_of(listening)
    listening.close()
    done = run_tool("talk", number)
    assert done.returncode == 1
    assert done.stdout == f"Nobody listens on 127.0.0.1, port {number}. Start the server " \
                          "first, in another terminal.\n"


def test_another_machine_is_refused_with_the_reason() -> None:
    done = run_tool("talk", "5050", "example.org")
    assert done.returncode == 2 and not done.stdout
    assert "example.org is not an address of loopback" in done.stderr
    assert "stays on this machine" in done.stderr


@pytest.mark.parametrize("text", ["192.168.1.5", "0.0.0.0", "::", "8.8.8.8", "local host", ""])
def test_what_is_no_host_for_it(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="not an address of loopback"):
        talk.host(text)


def test_hosts_of_loopback() -> None:
    for text in ("127.0.0.1", "127.0.0.53", "::1", "localhost"):
        assert talk.host(text) == text


def test_a_port_that_is_none_gets_one_sentence() -> None:
    done = run_tool("talk", "abc")
    assert done.returncode == 2 and "'abc' is no port" in done.stderr
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("text", ["0", "65536", "-1", "50 50", "५०५०", "", "1.0"])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="from 1 to 65535"):
        talk.port(text)


def test_loopback_over_ipv6() -> None:
    try:
        listening = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no ::1")
    with listening:
        listening.settimeout(PATIENCE)
        with Tool("talk", port_of(listening), "::1") as tool, accept(listening):
            tool.until("Connected with ::1")


@pty
def test_the_keys_of_a_terminal(listening: socket.socket) -> None:
    """Ctrl-D ends the stream; Ctrl-C ends all, without a traceback."""
    with Tool("talk", port_of(listening), terminal=True) as tool, \
            accept(listening) as connection:
        tool.until("Connected")
        tool.type("hello\n")
        assert exactly(connection, 6) == b"hello\n"
        tool.until("send(6 bytes)")
        tool.type(CTRL_D)
        assert exactly(connection, 1) == b""
        tool.until("your stream has ended")
        tool.type(CTRL_C)
        assert tool.status() == 130
        assert tool.shown.endswith("\nStopped.\n") and "Traceback" not in tool.shown


@pty
def test_ctrl_c_while_the_server_does_not_read(listening: socket.socket) -> None:
    with Tool("talk", port_of(listening), terminal=True) as tool, accept(listening):
        tool.until("Connected")
        tool.type("one line\n")
        tool.until("send(9 bytes)")
        tool.type(CTRL_C)
        assert tool.status() == 130 and "Traceback" not in tool.shown


def test_encode() -> None:
    assert encode("ü\n", b"\n", False) == b"\xc3\xbc\n"
    assert encode("ü", b"\n", False) == b"\xc3\xbc"  # Ctrl-D came before Enter
    assert encode("\\x4g\\x41\\\\x41\\q\n", b"", True) == b"\\x4gA\\x41\\q"
    assert encode("\udcff\n", b"\n", False) == b"\xff\n"  # came through a pipe
