"""A connection that nobody has accepted waits at the listening socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]

CLIENT = """
    import socket
    second = socket.create_connection(("127.0.0.1", 5000))
    second.sendall(b"hello")
    print(second.recv(100))
"""


def test_a_client_that_is_never_accepted_is_still(bench: Bench) -> None:
    bench.serve("""
        import socket
        listening = socket.create_server(("127.0.0.1", 5000))
        input()
    """)
    client = bench.run(CLIENT)
    client.expect_waits_for("recv")


def test_a_server_that_comes_back_to_its_listener_is_not_still(bench: Bench) -> None:
    bench.serve("""
        import socket, time
        listening = socket.create_server(("127.0.0.1", 5000))
        time.sleep(20)
        connection, address = listening.accept()
        connection.sendall(connection.recv(100))
    """)
    client = bench.run(CLIENT)
    client.expect_output("b'hello'")
    client.expect_exit(0)


def test_a_listener_that_closes_ends_the_wait(bench: Bench) -> None:
    """The system resets what stood in the queue."""
    bench.serve("""
        import socket, time
        listening = socket.create_server(("127.0.0.1", 5000))
        time.sleep(20)
        listening.close()
        input()
    """)
    client = bench.run(CLIENT)
    client.expect_exit(None)
    assert "ConnectionResetError" in (client.traceback or "")
