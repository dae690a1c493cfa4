"""The bench's own end of a connection, and each way in which it finds fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from socklab.lesson import Failure, Peer

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]

SERVE = """
import socket
server = socket.create_server(("127.0.0.1", 5000))
while True:
    c, _ = server.accept()
"""


def served(bench: Bench, *lines: str) -> Peer:
    """A peer of a server that does `lines` with each of its clients."""
    text = SERVE + "".join(f"    {line}\n" for line in lines)
    return bench.serve(text).connect()


def failure(call: object, *arguments: object, **options: object) -> Failure:
    with pytest.raises(Failure) as caught:
        call(*arguments, **options)  # type: ignore[operator]
    return caught.value


# -- what it takes ---------------------------------------------------------------------------


def test_expect_takes_what_is_due_and_leaves_the_rest(bench: Bench) -> None:
    peer = served(bench, "c.sendall(b'one two three')", "c.recv(1)")
    peer.expect(b"one ")
    peer.expect(b"two", b" ")
    assert peer.read(2) == b"th"
    assert peer.received == b"one two three"
    peer.expect(b"")
    peer.expect(b"ree")
    peer.expect_nothing()


def test_lines(bench: Bench) -> None:
    peer = served(bench, r"c.sendall(b'one\r\n\ntwo\n')", r"c.sendall(b'rest')", "c.close()")
    assert [peer.read_line() for _ in range(3)] == [b"one\r\n", b"\n", b"two\n"]
    error = failure(peer.read_line)
    assert (error.kind, error.got) == ("newline", b"rest")


def test_a_line_that_is_too_long(bench: Bench) -> None:
    peer = served(bench, r"c.sendall(b'0123456789\n')", "c.recv(1)")
    assert failure(peer.read_line, limit=9).kind == "wrong"
    assert peer.read_line(limit=10) == b"0123456789\n"


def test_a_line_without_end(bench: Bench) -> None:
    peer = served(bench, "while True: c.sendall(b'x' * 1000)")
    assert failure(peer.read_line).kind == "wrong"


def test_read_all(bench: Bench) -> None:
    peer = served(bench, "c.sendall(b'one')", "c.recv(1)", "c.sendall(b' two')", "c.close()")
    peer.expect(b"on")
    peer.send(b"x")
    assert peer.read_all() == b"e two"
    assert peer.read_all() == b""


def test_receive_takes_whatever_comes(bench: Bench) -> None:
    peer = served(bench, "c.sendall(b'one')", "c.recv(1)", "c.sendall(b'two')", "c.recv(1)")
    assert peer.receive() == b"one"
    assert peer.receive() == b""
    peer.send(b"x")
    assert peer.receive() == b"two"


# -- how it fails ----------------------------------------------------------------------------


def test_missing_bytes(bench: Bench) -> None:
    peer = served(bench, "c.sendall(b'hel')", "c.recv(1)")
    error = failure(peer.expect, b"hello")
    assert (error.kind, error.expected, error.got) == ("still", b"hello", b"hel")
    assert error.outcome is not None
    assert error.outcome.waits["server.py"][0][:4] == ("main", "recv", "server.py", 7)


def test_wrong_bytes_are_told_before_the_rest_comes(bench: Bench) -> None:
    peer = served(bench, "c.sendall(b'hexxx and more')", "c.recv(1)")
    error = failure(peer.expect, b"hello, this is much longer")
    assert (error.kind, error.got) == ("wrong", b"hexxx and more")


def test_the_end_comes_too_early(bench: Bench) -> None:
    peer = served(bench, "c.sendall(b'hel')", "c.close()")
    for call in (lambda: peer.expect(b"hello"), lambda: peer.read(4), peer.expect_nothing):
        error = failure(call)
        assert error.kind in ("closed", "wrong")
    error = failure(peer.expect, b"hello")
    assert (error.kind, error.ended, error.got) == ("closed", "end", b"hel")


@pytest.mark.parametrize("lines", [["1/0"], ["c.sendall(b'hel')", "1/0"]])
def test_a_crash_stands_before_everything(bench: Bench, lines: list[str]) -> None:
    peer = served(bench, *lines)
    error = failure(peer.expect, b"hello")
    assert error.kind == "crashed" and error.crash is not None
    assert error.crash.note == "ZeroDivisionError"


def test_a_program_that_has_ended(bench: Bench) -> None:
    peer = served(bench, "import os; os._exit(0)")
    assert failure(peer.expect, b"hello").kind in ("closed", "exited")


def test_something_comes_though_nothing_is_due(bench: Bench) -> None:
    peer = served(bench, "c.sendall(b'hello')", "c.recv(1)")
    error = failure(peer.expect_nothing)
    assert (error.kind, error.expected, error.got) == ("wrong", b"", b"hello")


def test_the_end_is_due_but_the_connection_stays(bench: Bench) -> None:
    peer = served(bench, "c.recv(1)")
    assert failure(peer.expect_end).kind == "still"


def test_the_end_is_due_but_bytes_come(bench: Bench) -> None:
    peer = served(bench, "c.sendall(b'hello')", "c.close()")
    error = failure(peer.expect_end)
    assert (error.kind, error.got) == ("wrong", b"hello")


def test_bytes_without_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socklab.exchange.RECEIVED_LIMIT", (5_000_000, 20))
    peer = served(bench, "while True: c.sendall(b'x' * 1_000_000)")
    error = failure(peer.read_all)
    assert error.kind == "flooded"


# -- ends --------------------------------------------------------------------------------------


def test_half_close(bench: Bench) -> None:
    peer = served(bench, "data = b''.join(iter(lambda: c.recv(10), b''))", "c.sendall(data)",
                  "c.close()")
    peer.send(b"hello ")
    peer.send(b"world")
    peer.expect_nothing()
    peer.half_close()
    peer.half_close()  # once more does no harm
    peer.expect(b"hello world")
    peer.expect_end()
    with pytest.raises(ValueError):
        peer.send(b"x")


def test_a_reset_counts_as_an_end(bench: Bench) -> None:
    """Who closes with unread bytes resets the connection."""
    peer = served(bench, "c.recv(1)", "c.close()")
    peer.send(b"hello")
    peer.expect_end()
    assert peer.ended in ("reset", "end")


def test_close_and_reset_reach_the_program(bench: Bench) -> None:
    server = bench.serve(SERVE + """
    try:
        print("end" if c.recv(10) == b"" else "data")
    except ConnectionResetError:
        print("reset")
""")
    for how in ("close", "reset", "half_close", "reset", "close"):
        peer = server.connect()
        bench.lab.settle()
        getattr(peer, how)()
        server.expect_output("reset" if how == "reset" else "end")


def test_a_connection_that_is_gone_before_it_is_accepted(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        s = socket.create_server(("127.0.0.1", 5000))
        input()
        while True:
            c, _ = s.accept()
            try:
                print("got", c.recv(10))
            except ConnectionResetError:
                print("reset")
    """)
    for how, data in (("close", b""), ("close", b"hi"), ("reset", b"")):
        peer = server.connect()
        peer.send(data)
        getattr(peer, how)()
    server.type("")
    server.expect_output("got b''", "got b'hi'", "reset")
    bench.lab.settle()


def test_the_with_statement_closes(bench: Bench) -> None:
    server = bench.serve(SERVE + "    print(c.recv(10))")
    with server.connect() as peer:
        peer.send(b"hello")
        server.expect_output("b'hello'")
    assert peer.closed
    with server.connect():
        pass
    server.expect_output("b''")
    with pytest.raises(ZeroDivisionError), server.connect() as peer:
        raise ZeroDivisionError
    assert not peer.closed  # the report may still want to know how it stands


# -- sending -----------------------------------------------------------------------------------


def test_slowly_means_one_recv_for_each_byte(bench: Bench) -> None:
    server = bench.serve(SERVE + """
    while data := c.recv(100):
        print(len(data), end=" ")
    print("end")
""")
    peer = server.connect()
    peer.send_slowly(b"hello")
    peer.half_close()
    server.expect_output("1 1 1 1 1 end")


def test_slowly_to_a_program_that_does_not_read_ends(bench: Bench) -> None:
    peer = served(bench, "input()", "print(c.recv(100))")
    peer.send_slowly(b"hello")
    assert peer.program is not None
    peer.program.type("")
    peer.program.expect_output("b'hello'")


def test_much_data_to_a_program_that_reads_late(bench: Bench) -> None:
    peer = served(bench, "input()", "size = 0",
                  "while data := c.recv(65536): size += len(data)", "print(size)")
    peer.send(bytes(30_000_000))
    assert peer.outbox  # the system does not take it all
    bench.lab.settle()
    assert peer.program is not None
    peer.program.type("")
    peer.half_close()
    peer.program.expect_output("30000000")


def test_sending_to_who_has_left_does_no_harm(bench: Bench) -> None:
    peer = served(bench, "c.close()")
    peer.expect_end()
    for _ in range(5):
        peer.send(b"hello")
        bench.lab.settle()
    peer.close()


def test_hundreds_of_connections(bench: Bench) -> None:
    """Ports of connections that were reset are free again at once; no count may suffer."""
    server = bench.serve(SERVE + """
    try:
        while data := c.recv(10):
            c.sendall(data)
    except ConnectionResetError:
        pass
    c.close()
""")
    ports = set()
    for n in range(400):
        peer = server.connect()
        peer.send(b"x")
        peer.expect(b"x")
        peer.reset() if n % 2 else peer.close()
        ports.add(peer.port)
    bench.lab.settle()
    assert len(ports) == 400


# -- the bench as a server -------------------------------------------------------------------


def test_listening_for_a_client(bench: Bench) -> None:
    listener = bench.lab.listen(5000)
    client = bench.run("""
        import socket
        for n in range(3):
            c = socket.create_connection(("localhost", 5000))
            c.sendall(b"%d" % n)
            print(c.recv(10))
    """)
    for n in range(3):
        peer = listener.accept()
        peer.expect(b"%d" % n)
        peer.send(b"ok")
    client.expect_output("b'ok'\n" * 3)
    listener.expect_no_connection()


def test_a_client_that_does_not_come(bench: Bench) -> None:
    listener = bench.lab.listen(5000)
    bench.run("input()")
    assert failure(listener.accept).kind == "still"
    bench.run("pass", "other.py")
    assert failure(listener.accept).kind == "exited"


def test_a_client_that_comes_twice(bench: Bench) -> None:
    listener = bench.lab.listen(5000)
    bench.run("import socket\nx = [socket.create_connection(('', 5000)) for _ in 'ab']\ninput()"
              .replace("''", "'127.0.0.1'"))
    listener.accept()
    assert failure(listener.expect_no_connection).kind == "wrong"


def test_a_closed_door(bench: Bench) -> None:
    listener = bench.lab.listen(5000)
    with pytest.raises(ValueError):
        bench.lab.listen(5000)
    listener.close()
    listener.close()
    assert bench.output("import socket\nprint(socket.socket().connect_ex(('127.0.0.1', 5000)))"
                        ) != "0\n"
    bench.lab.listen(5000)


def test_faults_for_who_connects(bench: Bench) -> None:
    listener = bench.lab.listen(5000, cuts=[2], recv_max=3)
    client = bench.run("""
        import socket
        c = socket.create_connection(("127.0.0.1", 5000))
        while data := c.recv(100):
            print(data)
    """)
    peer = listener.accept()
    peer.send(b"0123456789")
    peer.half_close()
    client.expect_output("b'01'\nb'234'\nb'567'\nb'89'\n")


def test_a_shutdown_frees_the_send_that_a_paused_peer_holds(bench: Bench) -> None:
    text = """
        import socket, threading
        server = socket.create_server(("127.0.0.1", 5000))
        connection, _ = server.accept()

        def send():
            connection.recv(1)
            try:
                connection.sendall(b"something")
            except OSError:
                print("failed")

        sender = threading.Thread(target=send)
        sender.start()
        server.accept()
        connection.shutdown(socket.SHUT_RDWR)
        sender.join()
    """
    server = bench.serve(text)
    paused = server.connect()
    paused.pause(after=4)
    paused.send(b"!")
    bench.lab.settle()
    server.connect()
    server.expect_exit(0)
    assert server.output.split() == ["failed"]
    assert paused.received == b"some"
