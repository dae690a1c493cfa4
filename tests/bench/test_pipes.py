"""Pipes inside a program, and raw descriptors of sockets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]

ECHO = """
    import os, select, selectors, socket, threading
    listening = socket.create_server(("127.0.0.1", 5000))
    c, _ = listening.accept()
    fd = c.fileno()
"""
no_windows = pytest.mark.skipif(sys.platform == "win32", reason="POSIX alone has it")

READERS = {
    "select": "select.select([inside], [], []); data = os.read(inside, 100)",
    "selectors": "s = selectors.DefaultSelector(); s.register(inside, 1); s.select(); "
                 "data = os.read(inside, 100)",
    "os.read": "data = os.read(inside, 100)",
}


@pytest.mark.parametrize("how", READERS)
def test_a_byte_in_a_pipe_wakes_a_thread(bench: Bench, how: str) -> None:
    """Stillness is proven before and after it, in no time."""
    if sys.platform == "win32" and how != "os.read":
        pytest.skip("select() knows sockets only there")
    server = bench.serve(ECHO + f"""
    inside, outside = os.pipe()
    def work():
        while True:
            {READERS[how]}
            c.sendall(data)
    threading.Thread(target=work, daemon=True).start()
    while data := c.recv(100):
        os.write(outside, data)
""".replace("\n    ", "\n    "))
    peer = server.connect()
    for number in range(100):
        peer.expect_nothing()
        peer.send(b"%d" % number)
        peer.expect(b"%d" % number)
    assert not server.untracked


def test_many_writers_and_one_reader(bench: Bench) -> None:
    """What is in the pipe is on its way to somebody, at every moment."""
    program = bench.run("""
        import os, threading
        inside, outside = os.pipe()
        def write():
            for _ in range(500):
                os.write(outside, b"x")
        for _ in range(8):
            threading.Thread(target=write).start()
        size = 0
        while size < 4000:
            size += len(os.read(inside, 3))
        print(size)
        os.read(inside, 1)
    """)
    program.expect_output("4000\n")
    outcome = bench.lab.settle()
    assert [wait[1] for wait in outcome.waits[program.name]] == ["read"]


def test_the_end_of_a_pipe(bench: Bench) -> None:
    assert bench.output("""
        import os, threading
        inside, outside = os.pipe()
        threading.Timer(5, os.close, [outside]).start()
        print(os.read(inside, 1))
        os.close(inside)
        try:
            os.read(inside, 1)
        except OSError as error:
            print(error.errno == 9)
    """) == "b''\nTrue\n"


def test_a_file_on_a_pipe_is_not_counted(bench: Bench) -> None:
    program = bench.run("""
        import os
        inside, outside = os.pipe()
        with os.fdopen(outside, "wb") as file:
            file.write(b"hello")
        print(os.read(inside, 100))
        input()
    """)
    program.expect_output("b'hello'\n")
    bench.lab.settle()
    assert program.untracked


@no_windows
@pytest.mark.parametrize("how", [
    "while data := os.read(fd, 100): os.write(fd, data)",
    "while data := os.read(fd, 100): c.sendall(data)",
    "select.select([fd], [], []); "
    "\n    while data := c.recv(100): os.write(fd, data)",
])
def test_a_socket_by_its_descriptor(bench: Bench, how: str) -> None:
    server = bench.serve(ECHO + f"    {how}\n    os.close(c.detach())\n")
    peer = server.connect()
    for word in (b"hello", b"again"):
        peer.expect_nothing()
        peer.send(word)
        peer.expect(word)
    peer.half_close()
    peer.expect_end()


@pytest.mark.parametrize("how", [
    "socket.socket(fileno=c.detach())", "socket.fromfd(fd, socket.AF_INET, socket.SOCK_STREAM)"])
def test_a_socket_made_of_a_descriptor(bench: Bench, how: str) -> None:
    """It is the same connection: counted, cut, and proven still."""
    server = bench.serve(ECHO + f"""
    again = {how}
    while data := again.recv(100):
        again.sendall(data)
    again.close()
    c.close()
""")
    peer = server.connect(recv_max=1)
    for word in (b"hello", b"again"):
        peer.expect_nothing()
        peer.send(word)
        peer.expect(word)
    assert not server.untracked
    peer.half_close()
    peer.expect_end()
