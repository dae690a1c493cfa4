"""The tap's sockets: every byte is counted, every fault is exact, and nothing else changes."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import pytest
from socklab.lesson import random_bytes

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]

ACCEPT = """
import array, socket, sys
server = socket.create_server(("127.0.0.1", 5000))
c, _ = server.accept()
"""


# -- every way to receive is counted ---------------------------------------------------------

RECEIVES = {
    "recv": "c.recv(100)",
    "recv of one byte": "b''.join(c.recv(1) for _ in range(12))",
    "recv of more than there is": "c.recv(1_000_000)",
    "recv after recv(0)": "c.recv(0) + c.recv(100)",
    "recv_into": "(lambda b: bytes(b[:c.recv_into(b)]))(bytearray(100))",
    "recv_into some": "(lambda b: bytes(b[:c.recv_into(b, 12)]))(bytearray(100))",
    "recv_into a memoryview": "(lambda b: bytes(b[:c.recv_into(memoryview(b))]))(bytearray(99))",
    "recv_into integers": "(lambda a: c.recv_into(a) and a.tobytes()[:12])"
                          "(array.array('i', [0]*9))",
    "recv_into exactly": "(lambda a: c.recv_into(a) and a.tobytes())(array.array('i', [0]*3))",
    "recvfrom": "c.recvfrom(100)[0]",
    "recvfrom_into": "(lambda b: bytes(b[:c.recvfrom_into(b)[0]]))(bytearray(100))",
    "recvmsg": "c.recvmsg(100)[0]",
    "recvmsg_into": "(lambda b: bytes(b[:c.recvmsg_into([b])[0]]))(bytearray(100))",
    "makefile": "c.makefile('rb').read(12)",
    "makefile read1": "c.makefile('rb').read1(100)",
    "makefile unbuffered": "c.makefile('rb', buffering=0).read(100)",
    "makefile text": "c.makefile('r').read(12).encode()",
    "makefile line": "c.makefile('rb').readline()",
    "peek": "c.recv(100, socket.MSG_PEEK)[:0] + c.recv(100)",
    "peek twice": "c.recv(5, socket.MSG_PEEK) and c.recv(9, socket.MSG_PEEK) and c.recv(100)",
    "waitall": "c.recv(12, socket.MSG_WAITALL)",
    "recv_into waitall": "(lambda b: c.recv_into(b, 12, socket.MSG_WAITALL) and bytes(b[:12]))"
                         "(bytearray(50))",
    "with a timeout": "(c.settimeout(5), c.recv(100))[1]",
    "without blocking": "(__import__('select').select([c], [], []), c.setblocking(False), "
                        "c.recv(100), c.setblocking(True))[2]",
}
POSIX = {"recvmsg", "recvmsg_into"}


@pytest.mark.parametrize("how", RECEIVES)
def test_what_is_received_is_counted(bench: Bench, how: str) -> None:
    if how in POSIX and sys.platform == "win32":
        pytest.skip("not on Windows")
    server = bench.serve(ACCEPT + f"""
for _ in range(2):
    c.sendall({RECEIVES[how]})
c.recv(1)
""")
    peer = server.connect()
    for data in (b"hello world\n", b"good bye all"):
        peer.send(data)
        if how == "makefile line" and not data.endswith(b"\n"):
            peer.expect_nothing()
            continue
        peer.expect(data)
        peer.expect_nothing()  # proven, so all that was given is known to be taken
    taken = next(sent[2] for key, sent in server.sent.items() if key[1] == peer.port)
    assert taken == peer.given == 24


def test_a_peek_takes_nothing(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
print(c.recv(2, socket.MSG_PEEK), c.recv(100, socket.MSG_PEEK))
input()
print(c.recv(100), c.recv(100, socket.MSG_PEEK))
""")
    peer = server.connect()
    peer.send(b"hello")
    server.expect_output("b'he' b'hello'")
    bench.lab.settle()
    assert server.sent[peer.far_port, peer.port][2] == 0
    server.type("")
    bench.lab.settle()  # and it waits in the last peek, since all is taken
    assert server.sent[peer.far_port, peer.port][2] == 5
    peer.half_close()
    server.expect_output("b'hello' b''")


def test_waitall_gives_what_there_is_before_the_end(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
print(c.recv(10, socket.MSG_WAITALL))
print(c.recv(10, socket.MSG_WAITALL))
""")
    peer = server.connect()
    peer.send(b"hello")
    peer.half_close()
    server.expect_output("b'hello'\nb''\n")


# -- every way to send is counted ------------------------------------------------------------

SENDS = {
    "send": "c.send(b'hello world!')",
    "sendall": "c.sendall(b'hello world!')",
    "a bytearray": "c.sendall(bytearray(b'hello world!'))",
    "a memoryview": "c.sendall(memoryview(b'hello world!'))",
    "integers": "c.send(array.array('i', b'hello world!'))",
    "a memoryview of integers": "c.sendall(memoryview(array.array('h', b'hello world!')))",
    "sendmsg": "c.sendmsg([b'hello ', b'', bytearray(b'world!')])",
    "sendto": "c.sendto(b'hello world!', ('127.0.0.1', 1))",
    "sendfile": "c.sendfile(open('data.txt', 'rb'))",
    "sendfile of a part": "c.sendfile(open('more.txt', 'rb'), 1, 12)",
    "makefile": "(lambda f: (f.write(b'hello world!'), f.flush()))(c.makefile('wb'))",
    "makefile text": "print('hello world!', end='', file=c.makefile('w'))",
    "with a timeout": "(c.settimeout(5), c.sendall(b'hello world!'))",
    "nothing as well": "(c.send(b''), c.sendall(b''), c.send(memoryview(b'')), "
                       "c.send(array.array('i')), c.send(b'hello world!'))",
}


@pytest.mark.parametrize("how", SENDS)
def test_what_is_sent_is_counted(bench: Bench, how: str) -> None:
    if how == "sendmsg" and sys.platform == "win32":
        pytest.skip("not on Windows")
    bench.file("hello world!", "data.txt")
    bench.file("xhello world!y", "more.txt")
    server = bench.serve(ACCEPT + f"""
result = {SENDS[how]}
c.recv(1)
""")
    peer = server.connect()
    peer.expect(b"hello world!")
    peer.expect_nothing()
    assert server.sent[peer.far_port, peer.port][0] == 12


def test_results_and_errors_are_those_of_the_system(bench: Bench) -> None:
    text = """
import array, socket, sys
server = socket.create_server(("127.0.0.1", 5000))
a = socket.create_connection(server.getsockname())
b, _ = server.accept()
def show(call, *arguments):
    try:
        print(call.__name__, call(*arguments))
    except Exception as error:
        print(call.__name__, type(error).__name__)
show(a.send, b"hello"), show(a.sendall, b"hello"), show(a.send, b"")
show(a.send, "text"), show(a.sendall, None), show(a.send, 5), show(a.sendall)
show(b.recv, 3), show(b.recv, 0), show(b.recv, -1), show(b.recv, "5"), show(b.recv)
show(b.recv_into, bytearray(2)), show(b.recv_into, bytearray(0)), show(b.recv_into, b"xx")
show(b.recv_into, bytearray(2), 5), show(b.recv_into, bytearray(2), -1)
if sys.platform != "win32":  # recvfrom() gives an address of no meaning there
    show(b.recvfrom, 2), show(b.recvfrom_into, bytearray(1)), show(server.recv, 5)
b.setblocking(False)
show(b.recv, 1), show(b.recv, 5), show(b.recv, 5), show(b.recv_into, bytearray(3))
show(a.connect, ("127.0.0.1", 5000)), show(a.connect_ex, ("127.0.0.1", 5000))
show(server.send, b"x"), show(socket.socket().recv, 5)
show(socket.socket().accept), show(a.getpeername), show(b.getsockname)
a.shutdown(socket.SHUT_WR)
show(a.send, b"x")
b.setblocking(True)
show(b.recv, 5), show(b.recv, 5)
a.close()
show(a.recv, 5), show(a.send, b"x"), show(a.getsockname), show(a.close), show(a.fileno)
"""
    bench.file(text)
    import subprocess

    plain = subprocess.run(
        [sys.executable, "-c", text.replace("5000", "0", 1).replace(
            '("127.0.0.1", 5000)', "server.getsockname()")],
        capture_output=True, text=True, timeout=60).stdout

    def without_ports(lines: str) -> list[str]:
        import re

        return re.sub(r"\('127.0.0.1', \d+\)", "address", lines).splitlines()

    assert without_ports(bench.output(text)) == without_ports(plain)
    assert len(without_ports(plain)) > 30


# -- faults are exact ------------------------------------------------------------------------

PIECES = ACCEPT + """
while data := c.recv(1000):
    print(len(data), end=" ")
print("end")
"""


def test_no_recv_crosses_a_cut(bench: Bench) -> None:
    server = bench.serve(PIECES)
    peer = server.connect(cuts=[3, 4, 9])
    peer.send(b"hello world!")
    peer.half_close()
    server.expect_output("3 1 5 3 end")


def test_cuts_hold_whatever_the_segments(bench: Bench) -> None:
    server = bench.serve(PIECES)
    peer = server.connect(cuts=[3, 9])
    for data in (b"he", b"llo wor", b"ld!"):
        peer.send(data)
        bench.lab.settle()
    peer.half_close()
    server.expect_output("2 1 6 3 end")


def test_cuts_hold_for_every_way_to_receive(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
b = bytearray(100)
print(c.recv_into(b), c.recv_into(memoryview(b)[1:]), c.recvfrom_into(b)[0], end=" ")
print(len(c.recvfrom(9)[0]), c.makefile("rb").readinto1(b))
""")
    peer = server.connect(cuts=[1, 3, 6, 10])
    peer.send(b"0123456789abcdef")
    server.expect_output("1 2 3 4 6")


def test_recv_max(bench: Bench) -> None:
    server = bench.serve(PIECES)
    peer = server.connect(recv_max=5)
    peer.send(b"hello world!")
    peer.half_close()
    server.expect_output("5 5 2 end")


def test_recv_max_for_the_whole_program(bench: Bench) -> None:
    server = bench.serve(PIECES, recv_max=7)
    peer = server.connect(cuts=[2])
    peer.send(b"hello world!")
    peer.half_close()
    server.expect_output("2 7 3 end")


def test_a_cut_is_no_loss_for_select(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
import select
while True:
    select.select([c], [], [])
    data = c.recv(1000)
    print(len(data), end=" ")
""")
    peer = server.connect(cuts=[1, 2, 7])
    peer.send(b"hello world!")
    server.expect_output("1 1 5 5")
    peer.expect_nothing()


def test_send_max_makes_send_short_but_not_sendall(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
data = b"hello world!"
print(c.send(data), c.send(data[:3]), c.sendall(data), c.sendmsg([data, data]))
""" if sys.platform != "win32" else ACCEPT + """
data = b"hello world!"
print(c.send(data), c.send(data[:3]), c.sendall(data), c.send(data + data))
""", send_max=5)
    peer = server.connect()
    peer.expect(b"hello" b"hel" b"hello world!" b"hello")
    server.expect_output("5 3 None 5")


def test_send_max_and_a_makefile_or_sendfile_lose_nothing(bench: Bench) -> None:
    data = random_bytes(5_000, seed=1)
    (bench.folder / "data.bin").write_bytes(data)
    server = bench.serve(ACCEPT + """
data = open("data.bin", "rb")
print(c.sendfile(data))
data.seek(0)
with c.makefile("wb") as f:
    f.write(data.read())
""", send_max=7)
    peer = server.connect()
    peer.expect(data, data)
    server.expect_output("5000")


@pytest.mark.parametrize("after", [0, 1, 5, 12])
def test_a_pause_blocks_after_exactly_so_many_bytes(bench: Bench, after: int) -> None:
    server = bench.serve(ACCEPT + """
c.recv(1)
c.sendall(b"hello world!")
c.sendall(b"more")
print("sent")
c.recv(1)
""")
    peer = server.connect()
    peer.pause(after=after)
    peer.send(b"x")
    peer.expect(b"hello world!more"[:after])
    peer.expect_nothing()
    server.expect_waits_for("send")
    assert server.output == ""
    peer.resume()
    peer.expect(b"hello world!more"[after:])
    server.expect_output("sent")
    peer.expect_nothing()


@pytest.mark.parametrize("wait", [
    "select.select([], [c], [])",
    "(lambda p: (p.register(c, select.POLLOUT), p.poll()))(select.poll())",
    "(lambda p: (p.register(c, select.EPOLLOUT), p.poll()))(select.epoll())",
    "(lambda p: (p.register(c, selectors.EVENT_WRITE), p.select()))(selectors.DefaultSelector())",
    "(c.settimeout(1000), c.send(b'x'))",
])
def test_a_pause_blocks_every_way_to_wait_for_room(bench: Bench, wait: str) -> None:
    import select

    if not hasattr(select, "epoll") and "poll(" in wait:
        pytest.skip("not on this system")
    server = bench.serve(ACCEPT + f"""
import select, selectors
c.recv(1)
{wait}
c.send(b"y")
c.recv(1)
""")
    peer = server.connect()
    peer.pause()
    peer.send(b"x")
    peer.expect_nothing()
    assert server.running
    peer.resume()
    bench.lab.settle()
    assert peer.received.endswith(b"y")


def test_a_paused_send_that_may_not_wait(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
c.recv(1)
for seconds in 0, 5:
    c.settimeout(seconds)
    try:
        c.send(b"x")
    except OSError as error:
        print(type(error).__name__, end=" ")
""")
    peer = server.connect()
    peer.pause()
    peer.send(b"x")
    server.expect_output("BlockingIOError TimeoutError")
    assert peer.received == b""


def test_pause_and_resume_again_and_again(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
while c.recv(1):
    c.sendall(b"hello world!")
""")
    peer = server.connect()
    for n in range(20):
        peer.pause(after=n % 13)
        peer.send(b"x")
        peer.expect(b"hello world!"[: n % 13])
        peer.expect_nothing()
        peer.resume()
        peer.expect(b"hello world!"[n % 13 :])


def test_a_large_transfer_passes_through_any_faults(bench: Bench) -> None:
    data = random_bytes(200_000, seed=2)
    server = bench.serve(ACCEPT + """
while data := c.recv(65536):
    while data:
        data = data[c.send(data):]
""", recv_max=999, send_max=777)
    peer = server.connect()
    peer.send(data)
    peer.expect(data)
    peer.expect_nothing()


# -- ends ------------------------------------------------------------------------------------


def test_the_end_is_counted(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
print(c.recv(10), c.recv(10), c.recv(10))
c.close()
input()
""")
    peer = server.connect()
    peer.send(b"hello")
    peer.half_close()
    server.expect_output("b'hello' b'' b''")
    peer.expect_end()
    server.expect_waits_for("input")


def test_a_reset_is_an_error_once(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
try:
    c.recv(10)
except ConnectionError as error:
    print(type(error).__name__, c.recv(10))
""")
    peer = server.connect()
    bench.lab.settle()
    peer.reset()
    server.expect_output("ConnectionResetError b''")


def test_a_program_that_has_ended_its_stream_still_hears(bench: Bench) -> None:
    listener = bench.lab.listen(5000)
    client = bench.run("""
        import socket
        c = socket.create_connection(("127.0.0.1", 5000))
        c.sendall(b"question")
        c.shutdown(socket.SHUT_WR)
        size = 0
        while data := c.recv(65536):
            size += len(data)
        print(size)
    """)
    peer = listener.accept()
    peer.expect(b"question")
    peer.expect_end()
    data = random_bytes(5_000_000, seed=3)
    peer.send(data[:100])
    bench.lab.settle()
    peer.send(data[100:])
    peer.close()
    client.expect_output("5000000")


def test_a_socket_that_nobody_holds_is_closed(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
c.sendall(b"hello")
c = None
server = None
input()
""")
    peer = server.connect()
    peer.expect(b"hello")
    peer.expect_end()
    assert server.connect_refused()


def test_what_is_empty_is_sent_once(bench: Bench) -> None:
    if sys.platform == "win32":
        pytest.skip("no pairs of this kind")
    assert bench.output("""
import socket
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
for timeout in (None, 5):
    a.settimeout(timeout)
    a.send(b"")
    a.send(b"x")
    print(b.recv(10), b.recv(10))
""").splitlines() == ["b'' b'x'"] * 2


def test_a_send_that_comes_to_an_end_in_its_middle_tells_how_far_it_came(bench: Bench) -> None:
    if sys.platform != "linux":
        pytest.skip("the rules of Linux")
    program = bench.run("""
import socket, threading
a, b = socket.socketpair()
threading.Thread(target=lambda: (input(), a.shutdown(socket.SHUT_WR))).start()
print(0 < a.send(bytes(30_000_000)) < 30_000_000)
try:
    a.send(b"x")
except BrokenPipeError:
    print("broken")
""")
    bench.lab.settle()
    program.type("")
    program.expect_exit(0)
    assert program.output == "True\nbroken\n"


def test_a_makefile_holds_its_socket_open(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
file = c.makefile("rwb")
c.close()
file.write(file.readline())
file.flush()
input()
file.close()
input()
""")
    peer = server.connect()
    peer.send(b"hello\n")
    peer.expect(b"hello\n")
    peer.expect_nothing()
    assert server.calls("kept open") == 1 and not server.calls("close")
    server.type("")
    peer.expect_end()


def test_closing_while_another_thread_waits(bench: Bench) -> None:
    """On POSIX that thread waits on, and the other side sees no end before it is over."""
    if sys.platform != "linux":
        pytest.skip("the rules of Linux")
    for wait in ("c.recv(10)", "(c.settimeout(9e9), c.recv(10))", "select.select([c], [], [])"):
        server = bench.serve(ACCEPT + f"""
import select, threading
t = threading.Thread(target=lambda: {wait})
t.start()
input()
c.close()
print("closed")
t.join()
print("over")
""")
        peer = server.connect()
        bench.lab.settle()  # now that thread waits
        server.type("")
        server.expect_output("closed")
        peer.expect_nothing()
        peer.send(b"x")
        peer.expect_end()
        server.expect_output("over")
        server.stop()


WAITS = ["c.recv(10)", "(c.settimeout(9e9), c.recv(10))", "select.select([c], [], [])"]


@pytest.mark.parametrize("wait", WAITS)
def test_shutdown_while_another_thread_waits(bench: Bench, wait: str) -> None:
    """On Windows that thread waits on, elsewhere it goes on; the bench knows it of both."""
    server = bench.serve(ACCEPT + f"""
import select, threading
t = threading.Thread(target=lambda: {wait})
t.start()
input()
c.shutdown(socket.SHUT_RDWR)
input()
t.join()
print("over")
""")
    peer = server.connect()
    bench.lab.settle()  # now that thread waits
    server.type("")
    peer.expect_end()
    server.expect_waits_for("input")
    peer.close()
    server.type("")
    server.expect_output("over")


@pytest.mark.parametrize("wait", WAITS)
def test_shutdown_and_close_end_the_wait_of_another_thread(bench: Bench, wait: str) -> None:
    """One of the two does, on every system: hard_chat_server.py lives on it."""
    server = bench.serve(ACCEPT + f"""
import select, threading
t = threading.Thread(target=lambda: {wait})
t.start()
input()
c.shutdown(socket.SHUT_RDWR)
c.close()
t.join()
print("over")
input()
""")
    peer = server.connect()
    bench.lab.settle()
    server.type("")
    server.expect_output("over")
    server.expect_waits_for("input")
    peer.expect_end()


def test_a_race_of_macos_is_a_broken_pipe(bench: Bench) -> None:
    """A send in the moment of a reset; elsewhere, and a moment later there, it is EPIPE."""
    server = bench.serve(ACCEPT + """
import errno
def racing(self, *arguments):
    raise OSError(errno.EPROTOTYPE, "Protocol wrong type for socket")
socket.socket.__mro__[1].send = racing  # the system's own
try:
    c.sendall(b"x")
except BrokenPipeError as error:
    print("broken pipe", error.errno == errno.EPIPE)
""")
    server.connect()
    server.expect_output("broken pipe True")


def test_a_client_that_breaks_off_in_the_queue(bench: Bench) -> None:
    """accept() takes it out of the queue, be it with an error (Windows) or not."""
    server = bench.serve("""
        import socket
        listening = socket.create_server(("127.0.0.1", 5000))
        input()
        for _ in range(2):
            try:
                c, _ = listening.accept()
                print("accepted")
            except OSError:
                print("gone")
        print(c.recv(10))
    """)
    server.connect().reset()
    server.type("")
    server.expect_waits_for("accept")
    peer = server.connect()
    server.expect_waits_for("recv")
    peer.send(b"x")
    server.expect_output("b'x'")


def test_a_socketpair_is_counted(bench: Bench) -> None:
    program = bench.run("""
        import socket, threading
        a, b = socket.socketpair()
        def echo():
            while data := b.recv(65536):
                b.sendall(data)
            print("end of b")
        threading.Thread(target=echo).start()
        while line := input():
            a.sendall(line.encode())
            print(a.recv(100))
        a.close()
    """)
    for n in range(20):
        program.type(f"line {n}")
        program.expect_output(f"b'line {n}'")
        program.expect_waits_for("input")
    program.type("")
    program.expect_output("end of b")


def test_a_large_transfer_through_a_socketpair_is_not_still(bench: Bench) -> None:
    program = bench.run("""
        import socket, threading
        a, b = socket.socketpair()
        threading.Thread(target=a.sendall, args=(bytes(4_000_000),)).start()
        size = 0
        while size < 4_000_000:
            size += len(b.recv(100))
        print(size)
    """)
    program.expect_output("4000000")


def test_what_cannot_be_counted_is_never_called_still(bench: Bench) -> None:
    """It runs on, in real time; here it ends by itself."""
    server = bench.serve(ACCEPT + """
import os
import _socket
s = _socket.socket(fileno=c.detach())
print(s.recv(10))
""")
    peer = server.connect()
    bench.lab.wait(lambda: server.untracked)
    peer.send(b"hello")
    server.expect_output("b'hello'")


def test_udp_between_sockets_of_a_program(bench: Bench) -> None:
    assert bench.output("""
        import socket
        a = socket.socket(type=socket.SOCK_DGRAM)
        a.bind(("127.0.0.1", 0))
        b = socket.socket(type=socket.SOCK_DGRAM)
        b.sendto(b"hello", a.getsockname())
        data, address = a.recvfrom(100)
        print(data, address == b.getsockname() or address[0])
    """).startswith("b'hello' ")


def test_subclasses_and_old_names_are_watched_too(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        from socket import socket as Socket, SocketType, create_server

        class Mine(socket.socket):
            def say(self, text):
                self.sendall(text.encode())

        s = Mine()
        s.bind(("127.0.0.1", 5000))
        s.listen()
        with s, s.accept()[0] as c:
            print(isinstance(c, Socket), isinstance(s, socket.socket), type(s).__name__)
            c.sendall(c.recv(10))
            c.recv(10)
    """)
    peer = server.connect()
    peer.send(b"hello")
    peer.expect(b"hello")
    peer.expect_nothing()
    assert server.output == "True True Mine\n"


def test_a_program_that_talks_to_itself(bench: Bench) -> None:
    output = bench.output("""
        import socket
        s = socket.create_server(("127.0.0.1", 5000))
        a = socket.create_connection(("127.0.0.1", 5000))
        b, address = s.accept()
        print(address == a.getsockname(), b.getpeername() == a.getsockname())
        a.sendall(b"hello")
        print(b.recv(10))
        b.close()
        print(a.recv(10))
    """)
    assert output == "True True\nb'hello'\nb''\n"


def test_connecting_without_blocking(bench: Bench) -> None:
    listener = bench.lab.listen(5000)
    client = bench.run("""
        import errno, select, socket
        c = socket.socket()
        c.setblocking(False)
        code = c.connect_ex(("127.0.0.1", 5000))
        print(code in (0, errno.EINPROGRESS, errno.EWOULDBLOCK, 10035))
        select.select([], [c], [])
        print(c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        c.send(b"hello")
        select.select([c], [], [])
        print(c.recv(10))
    """)
    peer = listener.accept()
    peer.expect(b"hello")
    peer.expect_nothing()
    peer.send(b"world")
    client.expect_output("True\n0\nb'world'\n")


def test_a_small_send_does_not_wait_for_an_acknowledgement(bench: Bench) -> None:
    """On both sides: or each second small segment takes up to 200 ms (Nagle's algorithm)."""
    server = bench.serve(ACCEPT + """
other = socket.create_connection(("127.0.0.1", 5000))
print(*[bool(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)) for s in (c, other)])
""")
    server.connect()
    server.expect_output("True True")


def test_a_short_queue_makes_nobody_wait(bench: Bench) -> None:
    """The system would let the fourth client try again after a second of real time."""
    server = bench.serve("""
        import socket
        listening = socket.create_server(("127.0.0.1", 5000), backlog=1)
        input()
        while True:
            listening.accept()[0].sendall(b"hello")
    """)
    peers = [server.connect() for _ in range(20)]
    server.type("go")
    for peer in peers:
        peer.expect(b"hello")


def test_a_copy_of_a_connected_socket(bench: Bench) -> None:
    """One thread reads through the copy; the connection ends with the last of the two."""
    server = bench.serve(ACCEPT + """
import threading
copy = c.dup()
def read():
    while data := copy.recv(100):
        c.sendall(data)
    copy.close()
thread = threading.Thread(target=read)
thread.start()
thread.join()
input()
c.sendall(b"still open")
c.close()
input()
""")
    peer = server.connect()
    peer.send(b"hello")
    peer.expect(b"hello")
    peer.half_close()
    peer.expect_nothing()
    server.type("go on")
    peer.expect(b"still open")
    peer.expect_end()
    assert not server.untracked


def test_another_socket_object_with_the_same_descriptor(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
other = socket.socket(fileno=c.fileno())
while data := other.recv(100):
    c.sendall(data)
other.close()
try:
    c.close()
except OSError:
    print("was closed")
input()
""")
    peer = server.connect()
    peer.send(b"hello")
    peer.expect(b"hello")
    peer.expect_nothing()
    peer.half_close()
    peer.expect_end()
    assert not server.untracked


@pytest.mark.parametrize("offset", [0, 2])
def test_a_file_is_sent_from_its_start_wherever_it_stands(bench: Bench, offset: int) -> None:
    """os.sendfile() does not go by that; sendfile() without it, as on Windows, does."""
    server = bench.serve(ACCEPT + f"""
import tempfile
with tempfile.TemporaryFile() as file:
    file.write(b"hello")
    file.flush()
    print(c.sendfile(file, {offset}), file.tell())
""")
    peer = server.connect()
    lost = sys.platform == "win32" and offset == 0
    peer.expect(b"" if lost else b"hello"[offset:])
    peer.expect_end()


@pytest.mark.parametrize("call", [
    "a.recv(5)", "a.recv_into(bytearray(5))", "server.accept()", "timed.recv(5)",
    "next(iter(a.makefile('rb', 0)))",
])
def test_a_call_on_a_closed_socket_is_no_wait(bench: Bench, call: str) -> None:
    """It fails at once: at no moment is such a program still."""
    assert bench.output(f"""
        import socket
        server = socket.create_server(("127.0.0.1", 5000))
        a = socket.create_connection(server.getsockname())
        b, _ = server.accept()
        timed = socket.create_connection(server.getsockname(), timeout=5)
        c, _ = server.accept()
        for one in (a, server, timed):
            one.close()
        errors = 0
        for _ in range(2000):
            try:
                {call}
            except OSError:
                errors += 1
        print(errors)
    """) == "2000\n"


@pytest.mark.parametrize("call, wrong", [
    ("c.send(data)", "BrokenPipeError"), ("c.sendall(data)", "BrokenPipeError"),
    ("n.send(data)", "BlockingIOError"), ("n.recv_into(data)", "BlockingIOError")])
def test_an_error_leaves_a_bytearray_free(bench: Bench, call: str, wrong: str) -> None:
    """Inside of the except clause it can be cleared, as with the system's own sockets."""
    server = bench.serve("""
        import socket
        listening = socket.create_server(("127.0.0.1", 5000))
        (c, _), (n, _) = listening.accept(), listening.accept()
        n.setblocking(False)
        input()
        data = bytearray(100_000)
        try:
            while True:
                CALL
        except OSError as error:
            data.clear()
            print(type(error).__name__.replace("ConnectionResetError", "BrokenPipeError")
                  .replace("ConnectionAbortedError", "BrokenPipeError"))
    """.replace("CALL", call))
    gone, slow = server.connect(), server.connect()
    slow.pause()
    gone.reset()
    server.type("go")
    server.expect_output(f"{wrong}\n")


@pytest.mark.skipif(not hasattr(socket, "MSG_DONTWAIT"), reason="Windows does not know it")
def test_a_flag_that_makes_a_call_wait_not(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
def ask(call, *values):
    try:
        print(call(*values, socket.MSG_DONTWAIT))
    except BlockingIOError:
        print("would wait")
input()
ask(c.recv, 10)
ask(c.send, b"x" * 100)
input()
""")
    peer = server.connect()
    peer.pause()
    server.type("go")
    server.expect_output("would wait\nwould wait\n")
    peer.expect_nothing()


def test_what_was_looked_at_is_there(bench: Bench) -> None:
    """A recv after a look with MSG_PEEK gives as much at least, wherever the stream is cut."""
    server = bench.serve(ACCEPT + """
while data := c.recv(256, socket.MSG_PEEK):
    print(data == c.recv(len(data)), len(data))
""")
    peer = server.connect(cuts=[3], recv_max=2)
    peer.send(b"hello")
    server.expect_output("True 5\n")
    peer.send(b"again")
    server.expect_output("True 5\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not know it")
def test_looking_at_so_many_bytes(bench: Bench) -> None:
    server = bench.serve(ACCEPT + """
whole = socket.MSG_PEEK | socket.MSG_WAITALL
print(c.recv(5, whole), c.recv(5))
""")
    peer = server.connect()
    for byte in b"hell":
        peer.send(bytes([byte]))
        peer.expect_nothing()
    peer.send(b"o")
    server.expect_output("b'hello' b'hello'\n")
